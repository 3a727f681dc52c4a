import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from framesel import planning
from framesel import recipe as recipes
from framesel.catalog import Catalog
from framesel.errors import SelectionError
from framesel.stages.density_file import (
    COUNTS,
    DOES_NOT_COUNT,
    read_density,
    weighted,
    write_density,
)
from framesel.stages.gathered import Dataset
from framesel.stages.selection import Selection
from tests.pipeline.conftest import Bench


def frames(catalog: Catalog, count: int = 3) -> Dataset:
    """As many frames of the first live video, and one of the last."""
    first, last = min(catalog.live), max(catalog.live)
    columns = {
        "video_no": np.array([first] * count + [last], np.int32),
        "pts": np.arange(count + 1, dtype=np.int64),
    }
    return Dataset(columns, np.ones((count + 1, 1), np.float32))


def written(path: Path, digests: list[str], pts: list[int], density: list[float]) -> str:
    write_density(path, digests, pts, density)
    return str(path)


def test_frames_are_found_by_what_their_video_holds(tmp_path: Path, finished: Bench) -> None:
    catalog = Catalog(finished.workspace)
    digest = catalog.videos[min(catalog.live)]["digest"]
    path = written(tmp_path / "d", [digest, digest, "elsewhere"], [2, 0, 1], [4.0, 0.5, 9.0])
    data = frames(catalog)
    assert read_density(path, catalog, data).tolist() == [0.5, 1.0, 4.0, 1.0]
    utility = np.array([2.0, 3.0, 0.5, 7.0], np.float32)
    found = weighted(utility, path, catalog, data)
    assert found is not None
    assert found.tolist() == [1.0, 3.0, 2.0, 7.0]
    alone = weighted(None, path, catalog, data)
    assert alone is not None
    assert alone.tolist() == [0.5, 1.0, 4.0, 1.0]
    assert weighted(utility, "", catalog, data) is utility
    assert weighted(None, "", catalog, data) is None


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), float("inf")])
def test_weights_that_are_none_are_refused(tmp_path: Path, finished: Bench, value: float) -> None:
    catalog = Catalog(finished.workspace)
    path = written(tmp_path / "d", ["x"], [0], [value])
    with pytest.raises(SelectionError, match="not above 0"):
        read_density(path, catalog, frames(catalog))


def test_other_files_are_refused(tmp_path: Path, finished: Bench) -> None:
    catalog = Catalog(finished.workspace)
    (tmp_path / "text").write_text("no table")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "other")
    pq.write_table(pa.table({"digest": ["x"], "pts": ["y"], "density": [1.0]}), tmp_path / "texts")
    for name in ("text", "other", "texts", "missing"):
        with pytest.raises(SelectionError, match="is no density"):
            read_density(str(tmp_path / name), catalog, frames(catalog))


def test_a_selection_is_known_by_what_its_density_holds(tmp_path: Path) -> None:
    one = written(tmp_path / "one", ["x"], [0], [2.0])
    same = written(tmp_path / "same", ["x"], [0], [2.0])
    other = written(tmp_path / "other", ["x"], [0], [3.0])
    identity = [Selection(density=path).identity("exact", {}) for path in (one, same, other, "")]
    assert identity[0] == identity[1] != identity[2]
    assert "density" not in identity[3]["fields"]
    assert identity[3]["assets"] == {}


def test_a_missing_density_is_named(tmp_path: Path, finished: Bench) -> None:
    recipe = recipes.load(None, [f"selection.density={tmp_path / 'gone'}"])
    with pytest.raises(SelectionError, match=r"gone cannot be read.*drift --accept"):
        planning.plan(finished.workspace, recipe)


@pytest.mark.parametrize(("strategy", "said"), [("cover", COUNTS), ("k_center", DOES_NOT_COUNT)])
def test_whether_the_density_counts_is_said(
    tmp_path: Path, finished: Bench, strategy: str, said: str
) -> None:
    shutil.copytree(finished.root, tmp_path / "ws")
    own, path = Bench(tmp_path / "ws", finished.videos), tmp_path / "d"
    digests = [str(row["digest"]) for row in Catalog(own.workspace).videos.values()]
    density = written(path, digests, [0] * len(digests), [2.0] * len(digests))
    _, watch = own.run(f"selection.density={density}", f"selection.strategy.name={strategy}")
    assert [note for note in watch.notes if note in (COUNTS, DOES_NOT_COUNT)] == [said]
