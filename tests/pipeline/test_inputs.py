"""Stills, sequences, sidecars, masks: other inputs than plain videos."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import planning
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.stages.catalog import CatalogSettings, Piece, ProbeTask, scan
from framesel.task import Outcome
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench, picks

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth


def test_stills_and_sequences(tmp_path: Path) -> None:
    folder = tmp_path / "stills"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for name in ("1.png", "2.png", "10.png"):
        cv2.imwrite(str(folder / name), rng.integers(0, 255, (40, 60, 3), np.uint8))
    shutil.copy(folder / "1.png", folder / "copy_of_1.png")
    Bench(tmp_path / "ws", folder).run()
    kinds = [v["kind"] for v in Catalog(Workspace.open(tmp_path / "ws")).videos.values()]
    assert kinds == ["image"] * 3
    sequence = Bench(tmp_path / "ws2", folder)
    sequence.run("catalog.sequence=true")
    (video,) = Catalog(sequence.workspace).videos.values()
    assert (video["kind"], video["frames"]) == ("sequence", 4)


@pytest.mark.parametrize(("files", "pieces"), [(3, 3), (70, 35), (1030, 32 + 6)])
def test_few_files_are_opened_by_many_workers_and_many_in_few_goes(
    tmp_path: Path, files: int, pieces: int
) -> None:
    for n in range(files):
        image = np.full((1, 2, 3), (n % 256, n // 256, 0), np.uint8)
        (tmp_path / f"{n:04d}.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
    done: list[int] = []

    def run(task: ProbeTask, given: Sequence[Piece]) -> Iterator[Outcome]:
        open_files = task.open()
        for piece in reversed(given):  # workers end in any order
            done.append(len(piece.paths))
            yield open_files(piece, lambda at, of: None)

    workspace = Workspace.create(tmp_path / "ws")
    scan(workspace, sorted(tmp_path.glob("*.png")), CatalogSettings(), run)
    assert (sum(done), len(done)) == (files, pieces)
    videos = Catalog(workspace).videos.values()
    assert [Path(v["path"]).name for v in videos] == [f"{n:04d}.png" for n in range(files)]
    assert len({v["digest"] for v in videos}) == files


def test_sidecar_columns_travel_to_the_list_of_picks(tmp_path: Path, footage: "Truth") -> None:
    csv = tmp_path / "side.csv"
    lines = [f"{v.name},{'north' if n % 2 else 'south'}" for n, v in enumerate(footage.videos)]
    csv.write_text("path,site\n" + "\n".join(lines), "utf-8")
    bench = Bench(tmp_path / "ws", footage.folder)
    bench.run(f"catalog.metadata={csv}")
    assert {r["site"] for r in picks(bench)} <= {"north", "south"}
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="column `path`"):
        bench.run(f"catalog.metadata={tmp_path / 'bad.csv'}")


def test_without_stored_pixels_later_stages_decode_again(tmp_path: Path, footage: "Truth") -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    report, _ = bench.run("frames.store_px=0")
    assert report.picks == 8
    step = planning.plan(bench.workspace, bench.recipe("frames.store_px=0"))[0]
    for path in bench.workspace.stage("frames", step.key).glob("*.parquet"):
        assert pq.read_table(path, partitioning=None)["jpeg"].null_count > 0


def test_a_masked_clock_makes_no_frame_new(tmp_path: Path) -> None:
    folder = tmp_path / "stills"
    folder.mkdir()
    rng = np.random.default_rng(0)
    wall = cv2.resize(rng.integers(0, 255, (6, 8, 3), np.uint8), (160, 120))
    for number in range(4):
        image = wall.copy()
        image[:60, :80] = rng.integers(0, 255, (60, 80, 3), np.uint8)  # a very large clock
        cv2.imwrite(str(folder / f"{number}.png"), image)
    tau, gate = "duplicates.tau_cos=0.995", "duplicates.gate.enabled=false"
    plain = Bench(tmp_path / "plain", folder)
    assert plain.run(tau, gate)[0].picks > 1
    masked = Bench(tmp_path / "masked", folder)
    report, _ = masked.run(tau, gate, "frames.regions=[{match: '*', mask: [[0, 0, 0.51, 0.51]]}]")
    assert report.picks == 1
    image = cv2.imread(str(next((masked.root / "rounds/0001/export/images").iterdir())))
    assert image[:60, :80].std() > 10  # people see the whole picture
