"""The whole pipeline on rendered footage: what comes out, and what is computed again."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pyarrow.parquet as pq
import pytest

from framesel import planning, upkeep
from framesel.catalog import Catalog
from framesel.errors import StageError, TooManyFailuresError, UsageError
from framesel.pipeline import Pipeline
from tests.pipeline.conftest import Bench, picks
from tests.resume.faults import Inline, Silent, tree

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth


def test_picks_are_exported_with_pictures_that_say_video_and_time(finished: Bench) -> None:
    rows = picks(finished)
    assert [r["rank"] for r in rows] == list(range(1, 9))
    for row in rows:
        image = cv2.imread(str(finished.root / "rounds/0001/export/images" / str(row["image"])))
        assert image.shape[:2] == (row["height"], row["width"])
        assert Path(str(row["video"])).stem in str(row["image"])
        assert row["mass"] >= 1
        assert row["reason"]


def test_the_unreadable_file_is_an_error_row_with_a_reason(finished: Bench) -> None:
    steps = planning.plan(finished.workspace, finished.recipe())
    rows = planning.failures(finished.workspace, steps)
    unreadable = [r for r in rows if r["stage"] == "catalog"]
    assert [Path(r["path"]).name for r in unreadable] == ["no_video.mp4"]
    assert "text" in unreadable[0]["error"]


EVERYTHING = {"frames", "embeddings", "shots", "duplicates", "selection"}


def test_faulty_frames_are_never_picked(finished: Bench, footage: "Truth") -> None:
    videos = {v.name: v for v in footage.videos}
    for row in picks(finished):
        frame = videos[Path(str(row["video"])).name].frames[int(str(row["index"]))]
        assert frame.fault not in ("black", "blurred")


def test_every_frame_has_a_keeper_and_mass_adds_up(finished: Bench) -> None:
    steps = planning.plan(finished.workspace, finished.recipe())
    step = next(step for step in steps if step.name == "duplicates")
    rows = pq.read_table(
        finished.workspace.stage("duplicates", step.key) / "all.parquet", partitioning=None
    ).to_pylist()
    good = [r for r in rows if not r["rejected"]]
    kept = {(r["video_no"], r["pts"]): r for r in good if r["mass"] > 0}
    assert sum(r["mass"] for r in kept.values()) == len(good)
    for row in good:
        keeper = kept[row["keeper_video_no"], row["keeper_pts"]]
        assert row["keeper_cos"] >= 0.95 or keeper is kept.get((row["video_no"], row["pts"]))
        assert keeper["span_start_s"] <= keeper["span_end_s"]
    assert len(kept) < len(good)


def test_the_same_again_computes_nothing(bench: Bench) -> None:
    before = tree(bench.root)
    _, watch = bench.run()
    assert set(watch.todo) == {"catalog", "export"} - {"export"} or watch.todo.get("export") is None
    assert tree(bench.root) == before


@pytest.mark.parametrize(
    ("setting", "stages"),
    [
        # It chooses the same frames: no picture is missing.
        ("selection.strategy={name: cover, exact_below: 10000}", {"selection"}),
        ("selection.strategy={name: k_center}", {"selection", "export"}),
        ("duplicates.tau_cos=0.9", {"shots", "duplicates", "selection", "export"}),
        ("duplicates.tau_across=0.99", {"duplicates", "selection"}),
        ("frames.sample.fps=2", EVERYTHING | {"export"}),
        ("export.format=png", {"export"}),
        ("run.memory_gb=1", set()),
    ],
)
def test_a_changed_setting_recomputes_what_depends_on_it(
    bench: Bench, setting: str, stages: set[str]
) -> None:
    _, watch = bench.run(setting)
    assert set(watch.todo) - {"catalog"} == stages
    _, watch = bench.run()  # going back is free but for the pictures
    assert set(watch.todo) - {"catalog", "export"} == set()


def test_status_says_why(finished: Bench) -> None:
    steps = planning.plan(finished.workspace, finished.recipe("frames.sample.fps=2"))
    assert [s.why for s in steps] == [
        "sample.fps: 1.0 → 2.0",
        "frames changed",
        "embeddings changed; frames changed",
        "embeddings changed; frames changed; shots changed",
        "duplicates changed; embeddings changed; frames changed",
    ]


def test_new_and_missing_input_touches_only_itself(bench: Bench, footage: "Truth") -> None:
    names = sorted(v.name for v in footage.videos)
    before = {k: v for k, v in tree(bench.root).items() if k.startswith(("frames", "embed"))}
    (bench.videos / names[0]).unlink()
    spare = bench.videos / names[1]
    spare.rename(bench.videos / f"moved_{names[1]}")
    shutil.copy(bench.videos / f"moved_{names[1]}", bench.videos / "twin.bin.mp4")
    (bench.videos / "new.png").write_bytes(_picture())
    report, watch = bench.run()
    assert watch.todo["frames"] == 1
    assert watch.todo["embeddings"] == 1
    assert watch.todo["shots"] == 1
    assert {"duplicates", "selection"} <= set(watch.todo)
    after = tree(bench.root)
    assert {k: after[k] for k in before} == before
    catalog = Catalog(bench.workspace)
    assert len(catalog.live) == len(names)  # one gone, one new; moved and copied are the same
    assert report.picks == 8
    gone = {int(str(r["video_no"])) for r in picks(bench)} - catalog.live
    assert not gone


def _picture() -> bytes:
    import numpy as np

    pixels = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    return bytes(cv2.imencode(".png", pixels)[1].tobytes())


def test_a_video_that_comes_back_is_complete_again(bench: Bench, footage: "Truth") -> None:
    reference = picks(bench)
    name = sorted(v.name for v in footage.videos)[0]
    (bench.videos / name).rename(bench.root.parent / name)
    bench.run()
    assert picks(bench) != reference
    (bench.root.parent / name).rename(bench.videos / name)
    bench.run()
    assert picks(bench) == reference


def test_gc_keeps_what_the_recipe_and_rounds_need(bench: Bench) -> None:
    bench.run("frames.sample.fps=2")
    bench.run()
    folders = upkeep.unreferenced(bench.workspace, bench.recipe())
    assert {f.parent.name for f in folders} == EVERYTHING
    upkeep.remove(folders)
    _, watch = bench.run()
    assert set(watch.todo) == {"catalog"}


def test_gc_drops_converted_backbones_that_are_not_asked_for(bench: Bench) -> None:
    bench.run("embeddings.batch=2")
    both = set(bench.workspace.converted.glob("*/"))
    (gone,) = both & set(upkeep.unreferenced(bench.workspace, bench.recipe()))
    (other,) = both & set(upkeep.unreferenced(bench.workspace, bench.recipe("embeddings.batch=2")))
    assert both == {gone, other}


def test_forget_leaves_no_trace_and_the_video_stays_away(bench: Bench, footage: "Truth") -> None:
    rows = picks(bench)
    number = int(str(rows[0]["video_no"]))
    name = Path(str(rows[0]["video"])).name
    upkeep.forget(bench.workspace, number)
    left = tree(bench.root)
    assert not [k for k in left if name.partition(".")[0] in k]
    for path in [*bench.root.rglob("*.parquet")]:
        table = pq.read_table(path, partitioning=None)
        assert "video_no" not in table.column_names or number not in table["video_no"].to_pylist()
    bench.run()
    assert number not in {r["video_no"] for r in picks(bench)}
    errors = {Path(e["path"]).name: e["error"] for e in Catalog(bench.workspace).errors}
    assert "forgotten" in errors[name]


def test_retry_gives_a_mended_file_another_chance(bench: Bench, footage: "Truth") -> None:
    broken = bench.videos / "no_video.mp4"
    stat = broken.stat()
    good = sorted(v.name for v in footage.videos if not v.damaged)[0]
    content = (bench.videos / good).read_bytes()
    broken.write_bytes(content + b"\0")  # other bytes: not the same video under two names
    import os

    os.utime(broken, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    moved = upkeep.move_failed(bench.workspace, bench.recipe())
    assert moved == 1  # the one that was cut short
    _, watch = bench.run(again=True)
    assert watch.todo["frames"] >= 1
    assert "no_video.mp4" not in {Path(e["path"]).name for e in Catalog(bench.workspace).errors}


def test_too_many_failures_end_with_their_own_exit_code(tmp_path: Path, footage: "Truth") -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    with pytest.raises(TooManyFailuresError, match="2 of 6 files failed") as caught:
        bench.run("run.max_failed=0.1")
    assert caught.value.exit_code == 3
    assert len(picks(bench)) == 8  # everything else is done


def test_nothing_readable_is_an_error_that_lists_reasons(tmp_path: Path) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").write_text("hello")
    with pytest.raises(StageError, match=r"a\.mp4: .*text"):
        Bench(tmp_path / "ws", tmp_path / "videos").run()


def test_memory_that_does_not_suffice_is_said_before_it_is_taken(bench: Bench) -> None:
    with pytest.raises(StageError, match=r"run\.memory_gb"):
        bench.run("run.memory_gb=0.00001", "duplicates.tau_cos=0.5")


def test_a_catalog_number_path_or_name_finds_a_video(finished: Bench) -> None:
    catalog = Catalog(finished.workspace)
    path = Path(catalog.videos[0]["path"])
    assert {catalog.find(n) for n in ("0", str(path), path.name)} == {0}
    with pytest.raises(UsageError, match="no video is called"):
        catalog.find("nobody")


def test_a_closed_round_is_already_for_the_next(bench: Bench) -> None:
    from dataclasses import replace

    from framesel.rounds import state

    first = {(r["video_no"], r["pts"]) for r in picks(bench)}
    state.save(bench.workspace, replace(state.current(bench.workspace), closed=True))
    report, _ = bench.run("selection.budget=4")
    assert report.round.number == 2
    second = pq.read_table(
        bench.root / "rounds/0002/export/picks.parquet", partitioning=None
    ).to_pylist()
    assert len(second) == 4
    assert not first & {(r["video_no"], r["pts"]) for r in second}
    assert all(r["nearest_video_no"] is not None for r in second)


def test_a_moved_pipeline_refuses_to_share_a_fingerprint(finished: Bench) -> None:
    import json

    from framesel.errors import WorkspaceError

    step = planning.plan(finished.workspace, finished.recipe())[0]
    path = finished.workspace.stage("frames", step.key) / "stage.json"
    text = path.read_text("utf-8")
    try:
        path.write_text(json.dumps({**json.loads(text), "version": 99}), "utf-8")
        with pytest.raises(WorkspaceError, match="share the fingerprint"):
            planning.plan(finished.workspace, finished.recipe())
    finally:
        path.write_text(text, "utf-8")


def test_pipeline_writes_its_recipe_down(finished: Bench) -> None:
    from framesel import recipe as recipes

    assert recipes.load(finished.workspace.recipe) == finished.recipe()
    assert Pipeline(finished.workspace, finished.recipe(), Silent(), Inline)
