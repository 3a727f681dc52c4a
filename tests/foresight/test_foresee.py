"""A prediction of rendered footage, beside the run."""

from pathlib import Path
from typing import TYPE_CHECKING

import av
import pytest

from framesel import tables
from framesel.catalog import Catalog
from framesel.errors import StageError, UsageError
from framesel.foresight import advice, prediction
from framesel.foresight.foresee import foresee
from framesel.foresight.prediction import Prediction
from framesel.looping import choosing
from framesel.looping.silent import Silent
from tests.pipeline.conftest import Bench
from tests.resume.faults import Inline

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

STAGES = ["catalog", "frames", "embeddings", "shots", "duplicates", "selection", "export"]


def sizes(root: Path, pattern: str) -> int:
    """Bytes on disk."""
    return sum(path.stat().st_size for path in root.glob(pattern))


def test_frames_and_disk_are_as_the_run_made_them(told: Prediction, finished: Bench) -> None:
    assert [row.stage for row in told.rows] == STAGES
    root = finished.root
    came = sum(tables.footer(path)["rows"] for path in root.glob("frames/*/s*.parquet"))
    assert told.frames == pytest.approx(came, abs=1)  # one of the videos has a variable rate
    rows = {row.stage: row for row in told.rows}
    assert rows["frames"].disk == pytest.approx(sizes(root, "frames/*/s*.parquet"), rel=0.25)
    assert rows["embeddings"].disk == pytest.approx(sizes(root, "embeddings/*/s*.parquet"), rel=0.5)
    assert rows["export"].amount == finished.recipe().selection.budget
    assert rows["catalog"].amount == len(Catalog(finished.workspace).live)
    assert all(row.seconds >= row.start_s for row in told.rows)
    assert all(row.memory > 0 for row in told.rows if row.stage != "catalog")


def test_what_is_done_is_not_planned_and_nothing_is_touched(own_bench: Bench) -> None:
    bench, before = own_bench, _content(own_bench.root)
    found = foresee([str(bench.videos)], bench.recipe(), bench.root, 1.0)
    assert (found.rows, found.notes) == ((), ("nothing is left to do",))
    changed = bench.recipe("selection.seed=7", "selection.budget=5")
    found = foresee([str(bench.videos)], changed, bench.root, 1.0)
    assert [row.stage for row in found.rows] == ["selection", "export"]
    assert [row.amount for row in found.rows] == [found.frames, 5]
    assert _content(bench.root) == before


def test_only_new_footage_is_decoded(own_bench: Bench, tmp_path: Path) -> None:
    new = tmp_path / "more" / "gate.mp4"
    new.parent.mkdir()
    content = (own_bench.videos / "gate.mp4").read_bytes()
    new.write_bytes(content + b"\0\0\0\x08free")  # other bytes, the same footage
    both = [str(own_bench.videos), str(new)]
    found = foresee(both, own_bench.recipe(), own_bench.root, 1.0)
    rows = {row.stage: row for row in found.rows}
    assert rows["catalog"].amount == 1
    assert rows["frames"].amount == rows["embeddings"].amount == 8  # eight seconds of it
    assert rows["duplicates"].amount == found.frames > 8


def test_the_run_writes_down_how_it_was(
    told: Prediction, footage: "Truth", finished: Bench, tmp_path: Path
) -> None:
    chosen, sources = finished.recipe(), [str(footage.folder)]
    workspace = choosing.opened(tmp_path / "ws", chosen, sources)
    planned = {"recipe": prediction.digest_of(chosen, workspace.root)}
    prediction.save(workspace, told.model_copy(update=planned))
    choosing.choose(workspace, chosen, sources, Silent(), runner=Inline)
    found = prediction.read(workspace)
    assert found is not None
    assert (set(found.taken), found.complete) == (set(STAGES), True)
    again = finished.recipe("selection.budget=3")
    choosing.choose(workspace, again, sources, Silent(), runner=Inline)
    assert prediction.read(workspace) == found


def test_denser_sampling_an_asked_threshold_and_an_open_budget(
    told: Prediction, footage: "Truth"
) -> None:
    settings = ["duplicates.tau_cos=auto", "selection.budget=null", "frames.sample.fps=4"]
    recipe = Bench(Path("unused"), footage.folder).recipe(*settings)
    found = foresee([str(footage.folder)], recipe, measure_s=1.0)
    assert found.frames == pytest.approx(4 * told.frames, rel=0.1)
    assert found.disk > 2 * told.disk
    rows = {row.stage: row for row in found.rows}
    assert rows["tau"].amount == found.frames
    assert rows["tau"].seconds > rows["tau"].start_s
    assert any("1,000 picks are assumed" in note for note in found.notes)


def test_other_settings_are_asked_of_the_same_model(
    told: Prediction, footage: "Truth", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advice, "MATTERS", -1.0)
    monkeypatch.setattr(advice, "WORTH", 1e9)
    recipe = Bench(Path("unused"), footage.folder).recipe("run.workers=1", "catalog.shard_mb=64")
    found = foresee([str(footage.folder)], recipe, measure_s=1.0)
    changes = {change.settings[0].partition("=")[0]: change for change in found.changes}
    assert {"selection.budget", "frames.sample.fps", "frames.sample", "coarse"} <= set(changes)
    frames, export = (next(r for r in told.rows if r.stage == s) for s in ("frames", "export"))
    half = changes["frames.sample.fps"]
    assert half.settings == ("frames.sample.fps=0.5",)
    assert found.disk - half.disk == pytest.approx(frames.disk / 2, rel=0.4)
    assert found.disk - changes["selection.budget"].disk == pytest.approx(export.disk / 2, rel=0.3)
    assert [c.seconds for c in found.changes] == sorted(c.seconds for c in found.changes)


def test_keyframes_are_counted_on_the_sample(footage: "Truth") -> None:
    recipe = Bench(Path("unused"), footage.folder).recipe("frames.sample={mode: keyframes}")
    found = foresee([str(footage.folder / "gate.mp4")], recipe, measure_s=1.0)
    with av.open(str(footage.folder / "gate.mp4")) as opened:
        true = sum(packet.is_keyframe for packet in opened.demux(video=0) if packet.size)
    assert found.frames == pytest.approx(true, rel=0.1)


def test_sources_that_are_no_use(footage: "Truth", tmp_path: Path) -> None:
    recipe = Bench(tmp_path, tmp_path).recipe()
    with pytest.raises(UsageError, match="no videos or images in"):
        foresee(["nowhere"], recipe)
    with pytest.raises(StageError, match=r"none of 1 files could be opened:\n.*is text"):
        foresee([str(footage.folder / "no_video.mp4")], recipe)


def _content(root: Path) -> dict[str, bytes]:
    """Everything in a workspace, but for the log."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != "framesel.log"
    }


def test_a_coarse_pass_is_counted_with_what_it_leaves_to_do(
    told: Prediction, footage: "Truth"
) -> None:
    settings = ["coarse={every_s: 2, share: 0.5, window_s: 1}", "selection.budget=4"]
    recipe = Bench(Path("unused"), footage.folder).recipe(*settings)
    found = foresee([str(footage.folder)], recipe, measure_s=1.0)
    rows = {row.stage: row for row in found.rows}
    first = ["frames@coarse", "embeddings@coarse", "windows"]
    assert [row.stage for row in found.rows][1:6] == [*first, "frames", "embeddings"]
    plain = {row.stage: row for row in told.rows}
    looked = rows["frames@coarse"].amount
    assert 0 < looked < plain["frames"].amount
    assert rows["windows"].amount == rows["embeddings@coarse"].amount == looked
    # half of the work, without the first look, is windows and what is decoded before them
    half = 0.5 * plain["frames"].amount - 0.5 * looked
    assert 0.5 * half < rows["frames"].amount - looked <= half
    assert rows["frames"].amount == rows["shots"].amount
    assert found.frames == rows["duplicates"].amount == rows["frames"].amount
    # what the first look embedded is not embedded again
    each = [
        (rows[name].seconds - rows[name].start_s) / rows[name].amount
        for name in ("embeddings@coarse", "embeddings")
    ]
    assert each[1] < 0.8 * each[0]
    assert any("50% of the work of an exact pass were done" in note for note in found.notes)
