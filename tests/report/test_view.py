"""A selection opened for reading agrees with the tables that it was read from."""

import json
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from framesel import tables
from framesel.errors import WorkspaceError
from framesel.report.cards import card, number, pick_cards
from framesel.report.view import FATES, View
from framesel.video import jpeg
from tests.pipeline.conftest import Bench, picks


def rows_on_disk(looked: Bench, view: View, stage: str) -> list[dict[str, object]]:
    paths = sorted(looked.workspace.stage(stage, view.keys[stage]).glob("s*.parquet"))
    return [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]


def test_every_sampled_frame_is_there_once_in_order(looked: Bench, view: View) -> None:
    rows = [r for r in rows_on_disk(looked, view, "frames") if not r["companion"]]
    wanted = sorted((r["video_no"], r["pts"], r["t_s"]) for r in rows)
    frames = view.frames
    assert list(zip(frames.video_no, frames.pts, frames.t_s, strict=True)) == wanted
    assert frames.rows_of(frames.video_no, frames.pts).tolist() == list(range(len(frames)))
    assert frames.row_of(999, 0) == -1
    low, high = frames.span(int(frames.video_no[-1]))
    assert high == len(frames)
    assert set(frames.video_no[low:high].tolist()) == {int(frames.video_no[-1])}


def test_pixels_and_vectors_belong_to_their_frames(looked: Bench, view: View) -> None:
    stored = {(r["video_no"], r["pts"]): r["jpeg"] for r in rows_on_disk(looked, view, "frames")}
    dim = view.vectors[0].size
    vectors = {
        (r["video_no"], r["pts"]): np.frombuffer(r["vector"], np.float16).astype(np.float32)
        for r in rows_on_disk(looked, view, "embeddings")
    }
    for row in range(len(view.frames)):
        key = int(view.frames.video_no[row]), int(view.frames.pts[row])
        assert view.jpeg(row) == stored[key]
        known = vectors[key] / np.linalg.norm(vectors[key])
        np.testing.assert_allclose(view.vectors[row], known, atol=1e-6)
        assert known.shape == (dim,)


def test_the_full_picture_is_the_stored_one_but_larger(view: View) -> None:
    row = int(view.pick_rows[0])
    stored = view.jpeg(row)
    assert stored is not None
    small = jpeg.decode(stored)
    full = jpeg.shrink(view.picture(row), max(small.shape))
    assert np.abs(full.astype(int) - small.astype(int)).mean() < 8


def test_fates_are_those_of_the_tables(looked: Bench, view: View) -> None:
    why = view.left_out["why"].cast("string").to_pylist()
    for code, name in enumerate(FATES):
        here = int((view.fate == code).sum())
        assert here == (view.picks.num_rows if name == "pick" else why.count(name))
    assert {"pick", "duplicate"} <= {FATES[code] for code in view.fate}
    for row in np.flatnonzero(view.fate == FATES.index("duplicate")).tolist():
        assert view.keeper[row] >= 0
        assert FATES[view.fate[view.keeper[row]]] != "duplicate"


def test_boxes_are_those_of_the_table(looked: Bench, view: View) -> None:
    assert view.class_counts is not None
    counts = view.class_counts[:]
    assert counts.sum() > 0
    for row, boxes in enumerate(view.boxes(range(len(view.frames)))):
        found = np.bincount([b.class_no for b in boxes], minlength=len(view.classes))
        assert found.tolist() == counts[row].tolist()
        assert all(0 <= b.x1 <= b.x2 <= 1.001 and 0 <= b.y1 <= b.y2 <= 1.001 for b in boxes)
        assert [b.confidence for b in boxes] == sorted((b.confidence for b in boxes), reverse=True)


def test_scores_belong_to_their_frames(looked: Bench, view: View) -> None:
    table = view.inputs.table("scores", None)
    assert view.utility is not None
    for row in table.to_pylist():
        at = view.frames.row_of(row["video_no"], row["pts"])
        assert view.utility[at] == np.float32(row["utility"])


def test_cards_say_what_the_list_of_picks_says(looked: Bench, view: View) -> None:
    listed = picks(looked)
    found = pick_cards(view)
    json.dumps(found, allow_nan=False)
    for one, row in zip(found, listed, strict=True):
        assert one["key"] == f"{row['video_no']}:{row['pts']}"
        assert one["image"] == f"export/images/{row['image']}"
        assert (looked.root / "rounds/0001" / one["image"]).exists()
        assert one["reason"] == row["reason"]
        assert one["rank"] == row["rank"]
        assert one["fate"] == "pick"
        assert view.frames.row_of(row["video_no"], row["pts"]) == one["row"]


def test_a_frame_that_is_no_pick_has_a_card_too(view: View) -> None:
    row = int(np.flatnonzero(view.fate == FATES.index("duplicate"))[0])
    found = card(view, row)
    assert found["fate"] == "duplicate"
    assert found["rank"] is None
    assert found["keeper"] == view.keeper[row]


def test_numbers_that_json_does_not_know_become_null() -> None:
    assert number(float("nan")) is None
    assert number(float("inf")) is None
    assert number(None) is None
    assert number(np.float32(0.5)) == 0.5


def test_reading_again_keeps_the_frames(view: View) -> None:
    again = view.again()
    assert again.frames is view.frames
    assert again.picks.equals(view.picks)


def test_a_crop_moves_boxes_to_where_they_are_in_the_whole_picture(view: View) -> None:
    whole = view.boxes(range(len(view.frames)))
    crop = np.tile(np.float32([0.5, 0.0, 1.0, 0.5]), (len(view.frames), 1))
    cut = replace(view, frames=replace(view.frames, crop=crop))
    for before, after in zip(whole, cut.boxes(range(len(view.frames))), strict=True):
        for a, b in zip(before, after, strict=True):
            assert b.x1 == pytest.approx(0.5 + a.x1 / 2, abs=1e-5)
            assert b.y2 == pytest.approx(a.y2 / 2, abs=1e-5)


def test_the_selection_knows_its_tables(looked: Bench, view: View) -> None:
    told = tables.footer(view.chosen.folder / "all.parquet")["inputs"]
    assert dict(view.keys) == told
    assert all(looked.workspace.stage(name, key).is_dir() for name, key in told.items())


def test_missing_tables_are_named(bench: Bench) -> None:
    opened = View.of(bench.workspace)
    folder = bench.workspace.stage("frames", opened.keys["frames"])
    for path in folder.glob("s*.parquet"):
        path.unlink()
    with pytest.raises(WorkspaceError, match="not complete"):
        View.of(bench.workspace)


def test_pictures_are_decoded_again_where_none_are_kept(bench: Bench) -> None:
    bench.run("frames.store_px=0")
    opened = View.of(bench.workspace)
    frames = opened.inputs.table("frames", ["video_no", "jpeg"])
    assert pc.all(pc.is_null(frames["jpeg"].combine_chunks())).as_py()
    made = opened.jpeg(0)
    assert made is not None
    assert np.abs(jpeg.decode(made).astype(int) - opened.picture(0).astype(int)).mean() < 8
