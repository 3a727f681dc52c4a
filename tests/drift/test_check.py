import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from framesel import recipe as recipes
from framesel.catalog import Catalog
from framesel.cli.app import app
from framesel.drift.check import Asked, Checked, accept, check
from framesel.drift.compare import compare
from framesel.drift.drift import Drift
from framesel.drift.footage import Both
from framesel.drift.looking import look
from framesel.drift.newness import new_videos
from framesel.drift.reading import read
from framesel.drift.regions import regions
from framesel.errors import StageError, UsageError, WorkspaceError
from framesel.exporting import last_recipe
from framesel.pipeline import Pipeline
from framesel.sources import expand
from framesel.upkeep import forget
from framesel.workspace import write_json
from tests.drift.conftest import Site
from tests.drift.streams import around, footage
from tests.pipeline.conftest import Bench, Recorder
from tests.resume.faults import Inline

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

STRICT = Asked(alpha=0.01, permutations=199)
"""At this rate the few videos of a test are too few."""


def checked(site: Site, watch: Recorder | None = None, asked: Asked = STRICT) -> Checked:
    return check(site.workspace, [str(site.new)], asked, watch or Recorder(), Inline)


def test_new_footage_is_looked_at_as_the_workspace_looks(site: Site) -> None:
    """The workspace's own videos, looked at aside, have the vectors and boxes that it has."""
    recipe = last_recipe(site.workspace)
    mine = Catalog(site.workspace)
    wanted = [mine.find("gate.mp4"), mine.find("night.mp4")]
    paths = [str(mine.videos[v]["path"]) for v in wanted]
    aside = look(site.workspace, recipe, paths, Recorder(), Inline)
    everything = read(site.workspace, recipe)
    known = everything.videos([everything.digests.index(digest) for digest in aside.digests])
    np.testing.assert_array_equal(aside.pts, known.pts)
    np.testing.assert_array_equal(aside.vectors, known.vectors)
    assert aside.guesses is not None
    assert known.guesses is not None
    assert len(known.guesses.frame)
    assert 0 < known.guesses.area.max() <= 1.0
    np.testing.assert_array_equal(np.sort(aside.guesses.area), np.sort(known.guesses.area))


def test_footage_may_be_looked_at_coarse_to_fine(
    tmp_path: Path, looked: Bench, elsewhere: "Truth"
) -> None:
    bench = Bench(tmp_path / "ws", looked.videos)
    bench.run("coarse={every_s: 1, new_cos: 0.999, share: 0.4}")
    paths = sorted(str(row["path"]) for row in Catalog(bench.workspace).videos.values())
    recipe = last_recipe(bench.workspace)
    assert recipe.coarse
    known = read(bench.workspace, recipe)
    aside = look(bench.workspace, recipe, paths, Recorder(), Inline)
    assert aside.digests == known.digests
    np.testing.assert_array_equal(aside.pts, known.pts)
    np.testing.assert_array_equal(aside.vectors, known.vectors)
    found = checked(Site(bench, elsewhere.folder))
    assert {video["name"] for video in found.drift.json()["videos"]} == {
        "street.mp4",
        "harbour.mp4",
    }


def test_what_is_new_is_told_taken_up_and_chosen(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(site.workspace.root / "sources.json", [str(site.bench.videos)])
    found = checked(site)
    told = found.drift.json()
    assert told["verdict"] == "too little footage"
    assert json.loads((found.folder / "report.json").read_text()) == json.loads(json.dumps(told))
    assert {video["name"] for video in told["videos"]} == {"street.mp4", "harbour.mp4"}
    assert str(site.bench.root.parent) not in json.dumps(told)

    watch = Recorder()
    monkeypatch.setattr("framesel.drift.check.look", lambda *a: look(*a[:3], watch, Inline))
    words = ["drift", str(site.bench.root), str(site.new), "--alpha", "0.01", "--accept"]
    for _ in range(2):  # saying it twice changes nothing
        result = CliRunner().invoke(app, [*words, "--permutations", "199"])
        assert result.exit_code == 0, result.output
        assert set(watch.todo) <= {"catalog"}  # nothing is decoded a second time
    assert "too little footage" in result.output
    assert f"{found.folder.name}/report.json" in result.output.replace("\n", "")
    assert json.loads((found.folder / "report.json").read_text()) == json.loads(json.dumps(told))
    sources = json.loads((site.workspace.root / "sources.json").read_text())
    assert sources == [str(site.bench.videos), str(site.new)]
    assert "{workspace}/drift/" in site.workspace.recipe.read_text()
    density = pq.read_table(found.folder / "density.parquet", partitioning=None)
    videos = set(found.both.known.digests + found.both.new.digests)
    assert set(density["digest"].to_pylist()) == videos

    recipe = recipes.load(site.workspace.recipe)
    few = recipe.selection.model_copy(update={"budget": 2})
    flat = few.model_copy(update={"density": ""})
    weighed = new_picks(site, recipe.model_copy(update={"selection": few}), sources)
    assert weighed > new_picks(site, recipe.model_copy(update={"selection": flat}), sources)
    # once they are in the workspace, they can be held against the others again
    repeated = checked(site)
    assert repeated.drift.again == 2
    assert repeated.drift.known == found.drift.known


def new_picks(site: Site, recipe: recipes.Recipe, sources: list[str]) -> int:
    """How many picks are of the new videos."""
    report = Pipeline(site.workspace, recipe, Recorder(), Inline).run(expand(sources))
    videos = Catalog(site.workspace).videos
    picked = report.round.picks(site.workspace)["video_no"].to_pylist()
    return sum(Path(videos[v]["path"]).parent == site.new for v in picked)


def test_strange_names_do_no_harm_on_a_terminal() -> None:
    rng = np.random.default_rng(0)
    known = footage(around(rng, [0, 1, 2] * 8))
    new = replace(footage(around(rng, [5])), names=("a\u202eb\x1b[31m.mp4",))
    both = Both(known, new)
    told = compare(both, 0.05, 99, 0)
    drift = Drift(told, (24, 240), (1, 10), 0, new_videos(both), regions(both, told, 0))
    shown = "".join("".join(row) for row in [*drift.newest(), *drift.grown(), *drift.tests()])
    assert "a\\u202eb" in shown
    assert shown.isprintable()
    assert all(line.isprintable() for line in drift.lines())


def test_footage_that_is_all_there_is_has_nothing_to_be_compared_with(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "framesel.drift.check.look", lambda workspace, recipe, *_: read(workspace, recipe)
    )
    with pytest.raises(WorkspaceError, match="nothing to compare with"):
        checked(site)


def test_footage_like_the_known_is_added_without_a_density(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def some(workspace: object, recipe: recipes.Recipe, *_: object) -> object:
        whole = read(site.workspace, recipe)
        return whole.videos(range(0, len(whole.names), 2))

    monkeypatch.setattr("framesel.drift.check.look", some)
    loose = Asked(alpha=0.2, permutations=99)
    found = checked(site, asked=loose)
    assert found.drift.again == len(found.both.new.names)
    assert found.drift.compared.verdict == "not told apart"
    before = site.workspace.recipe.read_bytes()
    with pytest.raises(WorkspaceError, match="is missing"):
        accept(site.workspace, found, [str(site.bench.videos)])
    write_json(site.workspace.root / "sources.json", [str(site.bench.videos)])
    assert accept(site.workspace, found, [str(site.bench.videos)]) is None
    assert site.workspace.recipe.read_bytes() == before


def test_nothing_is_looked_at_where_nothing_is_named(site: Site) -> None:
    with pytest.raises(UsageError, match="no videos or images"):
        check(site.workspace, [str(site.bench.root / "none")], STRICT, Recorder(), Inline)


@pytest.mark.parametrize(("alpha", "permutations"), [(0.0, 99), (1.0, 99), (0.05, 18), (0.01, 98)])
def test_rates_that_no_test_can_keep_are_refused(alpha: float, permutations: int) -> None:
    with pytest.raises(UsageError, match="--"):
        Asked(alpha, permutations)
    Asked(0.05, 19)


def test_what_was_looked_at_is_forgotten_with_a_video(site: Site) -> None:
    folder = site.workspace.root / "drift"
    kept = folder / "12345678/density.parquet"
    gone = [folder / "footage/frames/all.parquet", folder / "12345678/report.json"]
    for path in (kept, *gone):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    catalog = Catalog(site.workspace)
    path = str(catalog.videos[min(catalog.live)]["path"])
    touched = forget(site.workspace, min(catalog.live))
    assert {folder / "footage", gone[1]} <= set(touched)
    assert not (folder / "footage").exists()
    assert not gone[1].exists()
    assert kept.exists()
    # nor is it looked at again
    with pytest.raises(StageError, match="forgotten on request"):
        check(site.workspace, [path], STRICT, Recorder(), Inline)
