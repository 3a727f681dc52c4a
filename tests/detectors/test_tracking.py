"""Tracks: every box has an id, objects keep theirs, and what the tracker drops stands alone."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.detectors.tracking import FrameBoxes, clips, track
from framesel.errors import UsageError


@pytest.fixture(autouse=True)
def library(require) -> None:
    present = importlib.util.find_spec("trackers") is not None
    require("tracking", present, "the package trackers is not installed")


def frame(*boxes: tuple[float, float, float], class_no: int = 0) -> FrameBoxes:
    """Boxes of 40 x 40 pixels by left, top and confidence."""
    rows = np.array(boxes, np.float32).reshape(-1, 3)
    xyxy = np.concatenate([rows[:, :2], rows[:, :2] + 40], axis=1)
    return xyxy, rows[:, 2].copy(), np.full(len(rows), class_no, np.int64)


def as_lists(ids: list[np.ndarray]) -> list[list[int]]:
    assert all(row.dtype == np.int64 for row in ids)
    return [row.tolist() for row in ids]


def test_two_objects_keep_their_ids_whatever_the_order_of_their_boxes() -> None:
    frames = []
    for t in range(8):
        right, left = (10 + 4.0 * t, 20, 0.9), (300 - 5.0 * t, 100, 0.8)
        frames.append(frame(right, left) if t % 2 == 0 else frame(left, right))
    assert as_lists(track(frames)) == [[0, 1], [1, 0]] * 4


def test_a_track_goes_on_through_boxes_of_little_confidence() -> None:
    sure = [0.9, 0.8, 0.1, 0.06, 0.7, 0.1]
    ids = track([frame((10 + 3.0 * t, 10, c)) for t, c in enumerate(sure)])
    assert as_lists(ids) == [[0]] * 6


def test_faint_boxes_without_a_track_stand_alone_unless_they_may_begin_one() -> None:
    frames = [frame((10, 10, 0.1), (200, 10, 0.9)) for _ in range(3)]
    assert as_lists(track(frames)) == [[0, 1], [2, 1], [3, 1]]
    assert as_lists(track(frames, confident=0.05)) == [[0, 1]] * 3


def test_a_box_seen_once_is_a_track_of_length_one() -> None:
    frames = [frame((10, 10, 0.9)) for _ in range(5)]
    frames[2] = frame((400, 300, 0.9), (10, 10, 0.9))
    assert as_lists(track(frames)) == [[0], [0], [1, 0], [0], [0]]


def test_a_gap_is_bridged_even_behind_the_first_box() -> None:
    frames = [frame((10 + 2.0 * t, 10, 0.9)) for t in range(6)]
    frames[1] = frames[4] = frame()
    assert as_lists(track(frames)) == [[0], [], [0], [0], [], [0]]


def test_frames_far_apart_forget_sooner() -> None:
    there, nothing = frame((10, 10, 0.9)), frame()
    frames = [there, there, *[nothing] * 12, there]
    assert track(frames, fps_gap=1)[-1].tolist() == [0]
    assert track(frames, fps_gap=10)[-1].tolist() == [1]


def test_a_track_may_change_its_class() -> None:
    frames = [frame((10, 10, 0.9), class_no=t % 2) for t in range(4)]
    assert as_lists(track(frames)) == [[0]] * 4


def test_threshold_and_confidence_that_round_apart_do_not_mix_up_tracks() -> None:
    # In float32 0.7 lies below 0.7, so the first box begins no track and the second does.
    frames = [frame((10, 10, 0.7), (200, 10, 0.9)) for _ in range(3)]
    assert as_lists(track(frames, confident=0.7)) == [[0, 1], [2, 1], [3, 1]]


@st.composite
def clip(draw: st.DrawFn) -> list[FrameBoxes]:
    place = st.tuples(st.integers(0, 60), st.integers(0, 60), st.sampled_from([0.05, 0.3, 0.9]))
    return [frame(*boxes) for boxes in draw(st.lists(st.lists(place, max_size=5), max_size=6))]


@settings(max_examples=60)
@given(clip())
def test_ids_are_dense_distinct_in_a_frame_and_the_same_again(frames: list[FrameBoxes]) -> None:
    ids = track(frames)
    assert [len(row) for row in ids] == [len(xyxy) for xyxy, _, _ in frames]
    assert all(len(set(row.tolist())) == len(row) for row in ids)
    flat = [number for row in ids for number in row.tolist()]
    assert list(dict.fromkeys(flat)) == list(range(len(set(flat))))
    assert as_lists(track(frames)) == as_lists(ids)


def test_nothing_in_nothing_out() -> None:
    assert track([]) == []
    assert as_lists(track([frame(), frame()])) == [[], []]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_boxes_that_are_not_finite_are_refused(value: float) -> None:
    with pytest.raises(UsageError, match=r"frame 1: .*finite"):
        track([frame((0, 0, 0.9)), frame((value, 0, 0.9))])


def test_arrays_that_do_not_fit_are_refused() -> None:
    xyxy, confidence, class_no = frame((0, 0, 0.9), (1, 1, 0.9))
    with pytest.raises(UsageError, match=r"frame 0: .*\(1,\)"):
        track([(xyxy, confidence[:1], class_no)])
    with pytest.raises(UsageError, match="fps_gap is 0"):
        track([], fps_gap=0)


def test_tracking_loads_no_torch_and_says_nothing() -> None:
    program = (
        "import sys, numpy as np\n"
        "from framesel.detectors.tracking import track\n"
        "box = (np.float32([[0, 0, 9, 9]]), np.float32([0.9]), np.int64([0]))\n"
        "assert [ids.tolist() for ids in track([box, box])] == [[0], [0]]\n"
        "assert not {'torch', 'ultralytics'} & set(sys.modules)\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_clips_end_where_the_video_or_the_distance_does() -> None:
    video_no = np.array([0, 0, 0, 0, 1, 1, 3])
    index = np.array([4, 6, 8, 30, 31, 33, 0])
    assert clips(video_no, index, 2) == [range(3), range(3, 4), range(4, 6), range(6, 7)]
    assert clips(video_no, index, 22) == [range(4), range(4, 6), range(6, 7)]
    assert clips(video_no[:0], index[:0], 2) == []


@pytest.mark.parametrize(
    ("video_no", "index"), [([1, 0], [0, 1]), ([0, 0], [5, 4]), ([0, 0], [5, 5]), ([0], [1, 2])]
)
def test_frames_out_of_order_are_refused(video_no: list[int], index: list[int]) -> None:
    with pytest.raises(UsageError):
        clips(np.array(video_no), np.array(index), 2)
    with pytest.raises(UsageError, match="most_gap 0"):
        clips(np.array([0]), np.array([0]), 0)
