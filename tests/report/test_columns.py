"""Columns hold what the frames hold, in the order and the types that the page reads."""

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.report.columns import columns, evenly, packed, shown_rows
from framesel.report.neighbours import around, neighbours
from framesel.report.view import FATES, View

KINDS = {"f32": "<f4", "f64": "<f8", "i32": "<i4", "i16": "<i2", "u8": "u1"}


def unpacked(column: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(column["data"]), KINDS[column["type"]])


@given(st.lists(st.integers(0, 10**6), unique=True), st.integers(0, 300))
def test_evenly_keeps_order_and_spreads(values: list[int], most: int) -> None:
    rows = np.array(sorted(values), np.int64)
    found = evenly(rows, most)
    assert len(found) == min(most, len(rows))
    places = np.searchsorted(rows, found)
    assert (np.diff(places) > 0).all()
    if len(found) > 1:
        gaps = np.diff(np.append(places, len(rows)))
        assert gaps.max() - gaps.min() <= 1
        assert places[0] == 0


@given(st.sampled_from(["i32", "i16", "u8"]), st.lists(st.integers(0, 255)))
def test_packed_numbers_come_back(kind: str, values: list[int]) -> None:
    assert unpacked(packed(kind, np.array(values, np.int64))).tolist() == values


@given(st.lists(st.floats(width=32)))
def test_packed_floats_come_back_nan_included(values: list[float]) -> None:
    np.testing.assert_array_equal(unpacked(packed("f32", np.array(values))), values)


@pytest.mark.parametrize("most", [0, 3, 12, 10_000, None])
def test_all_picks_are_shown_whatever_the_limit(view: View, most: int | None) -> None:
    rows = shown_rows(view, most)
    picks = view.pick_rows
    assert set(picks.tolist()) <= set(rows.tolist())
    assert (np.diff(rows) > 0).all()
    if most is None or most >= len(view.frames):
        assert len(rows) == len(view.frames)
    else:
        assert len(rows) == max(most, len(picks))


def test_columns_are_those_of_the_frames(view: View) -> None:
    rows = shown_rows(view, 20)
    n = len(view.frames)
    placed = {"x": np.arange(n) / 7, "y": -np.arange(n), "cluster": np.arange(n) % 5}
    found = {name: unpacked(column) for name, column in columns(view, rows, placed).items()}
    assert found["row"].tolist() == rows.tolist()
    numbers = [video.no for video in view.videos]
    assert [numbers[at] for at in found["video"]] == view.frames.video_no[rows].tolist()
    assert found["pts"].tolist() == view.frames.pts[rows].tolist()
    assert [FATES[code] for code in found["fate"]] == [FATES[view.fate[row]] for row in rows]
    assert found["rank"].tolist() == view.rank[rows].tolist()
    assert found["keeper"].tolist() == view.keeper[rows].tolist()
    assert view.utility is not None
    np.testing.assert_array_equal(found["score"], view.utility[rows])
    np.testing.assert_array_equal(found["x"], placed["x"][rows].astype(np.float32))
    assert found["cluster"].tolist() == placed["cluster"][rows].tolist()
    assert not {"x", "y", "cluster"} & columns(view, rows, None).keys()


def test_neighbours_in_time_are_the_frames_around_in_the_same_video(view: View) -> None:
    frames = view.frames
    for row in range(len(frames)):
        same = np.flatnonzero(frames.video_no == frames.video_no[row])
        wanted = [r for r in same.tolist() if 0 < abs(r - row) <= 2]
        assert around(view, row).tolist() == wanted


def test_the_duplicates_of_a_pick_are_frames_that_it_stands_for(view: View) -> None:
    found = neighbours(view)
    assert list(found) == [str(row) for row in view.pick_rows]
    duplicate = FATES.index("duplicate")
    for pick, near in found.items():
        stood_for = np.flatnonzero((view.keeper == int(pick)) & (view.fate == duplicate))
        assert set(near["duplicates"]) <= set(stood_for.tolist())
        assert len(near["duplicates"]) == min(12, len(stood_for))
    assert any(near["duplicates"] for near in found.values())
