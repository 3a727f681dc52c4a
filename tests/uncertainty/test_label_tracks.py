"""Faults of labels in time, injected into tracks that are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty.label_kernels import apart
from framesel.uncertainty.label_tracks import REACH, LabelsInTime, runs, track_faults, tracks

FRAMES = 30


def moving(seed: int = 0, given_numbers: bool = False) -> tuple[LabelsInTime, np.ndarray]:
    """Three objects that cross a picture in two clips, and which object each label is."""
    rng = np.random.default_rng(seed)
    way = np.arange(FRAMES)[:, None] * np.array([4.0, -3.0, 0.5])
    middle = np.stack([way + np.array([10, 150, 80]), way * 0.3 + np.array([20, 60, 110])], axis=2)
    middle = middle.reshape(-1, 2) + rng.normal(0, 0.2, (3 * FRAMES, 2))
    half = np.tile([[6.0, 4.0], [10, 10], [5, 8]], (FRAMES, 1))
    xyxy = np.concatenate([middle - half, middle + half], axis=1)
    who = np.tile([0, 1, 2], FRAMES)
    t_s = np.arange(FRAMES) / 10 + np.where(np.arange(FRAMES) >= 18, 5.0, 0.0)
    video = np.zeros(FRAMES, np.int64)
    offsets = np.arange(0, 3 * FRAMES + 1, 3)
    numbers = who + 5 if given_numbers else None
    run = runs(video, t_s, 1.0)
    return LabelsInTime(offsets, xyxy, who % 2, t_s, run, numbers), who


def test_close_frames_of_a_video_make_a_run() -> None:
    found = runs(np.array([0, 0, 0, 1, 1]), np.array([0.0, 0.5, 2.0, 2.1, 2.2]), 1.0)
    np.testing.assert_array_equal(found, [0, 0, 1, 2, 2])
    assert len(runs(np.array([], np.int64), np.array([]), 1.0)) == 0


@pytest.mark.parametrize("given_numbers", [False, True])
def test_labels_are_joined_to_the_objects_that_they_show(given_numbers: bool) -> None:
    labels, who = moving(given_numbers=given_numbers)
    found = tracks(labels)
    run = labels.run[labels.frame]
    pairs = {(int(t), int(r), int(w)) for t, r, w in zip(found, run, who, strict=True)}
    assert len(pairs) == 6  # three objects in two runs
    assert len({t for t, _, _ in pairs}) == 6


def plainly_linked(labels: LabelsInTime) -> list[int]:
    """The same by lists: each track is its boxes with their frames."""
    known: list[list[tuple[int, int]]] = []
    for frame, (low, high) in enumerate(zip(labels.offsets[:-1], labels.offsets[1:], strict=True)):
        pairs = []
        for number, boxes in enumerate(known):
            seen, row = boxes[-1]
            if frame - seen > 2 or labels.run[seen] != labels.run[frame]:
                continue
            there = labels.xyxy[row].copy()
            if len(boxes) > 1:
                earlier, other = boxes[-2]
                moved = (labels.xyxy[row] - labels.xyxy[other]).reshape(2, 2).mean(axis=0)
                span = labels.t_s[seen] - labels.t_s[earlier]
                there += np.tile(moved * (labels.t_s[frame] - labels.t_s[seen]) / span, 2)
            pairs += [(apart(there, labels.xyxy[at]), number, at) for at in range(low, high)]
        taken: set[int] = set()
        grown: set[int] = set()
        for away, number, at in sorted(pairs):
            if away < REACH and at not in taken and number not in grown:
                known[number].append((frame, at))
                taken.add(at)
                grown.add(number)
        known += [[(frame, at)] for at in range(low, high) if at not in taken]
    track = {at: number for number, boxes in enumerate(known) for _, at in boxes}
    return [track[at] for at in range(len(labels.xyxy))]


@given(st.integers(0, 2**32 - 1))
def test_the_loop_links_as_lists_do(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, 8)
    low = rng.uniform(0, 30, (counts.sum(), 2))
    labels = LabelsInTime(
        np.cumsum([0, *counts]),
        np.concatenate([low, low + rng.uniform(5, 20, low.shape)], axis=1),
        np.zeros(len(low), np.int64),
        np.cumsum(rng.uniform(0.1, 1.0, 8)),
        np.array([0, 0, 0, 0, 0, 1, 1, 2]),
    )
    assert tracks(labels).tolist() == plainly_linked(labels)


@given(st.integers(0, 2**32 - 1))
def test_a_track_has_one_label_in_a_frame_and_stays_in_its_run(seed: int) -> None:
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 5, 8)
    low = rng.uniform(0, 30, (counts.sum(), 2))
    labels = LabelsInTime(
        np.cumsum([0, *counts]),
        np.concatenate([low, low + rng.uniform(5, 20, low.shape)], axis=1),
        rng.integers(0, 2, len(low)),
        np.arange(8) * 1.0,
        np.array([0, 0, 0, 0, 1, 1, 2, 2]),
        rng.integers(-1, 3, len(low)) if seed % 2 else None,
    )
    track = tracks(labels)
    assert len({*zip(track.tolist(), labels.frame.tolist(), strict=True)}) == len(low)
    of_run = {*zip(track.tolist(), labels.run[labels.frame].tolist(), strict=True)}
    assert len(of_run) == len(set(track.tolist()))


@pytest.mark.parametrize("given_numbers", [False, True])
def test_clean_labels_are_not_suspected(given_numbers: bool) -> None:
    found = track_faults(moving(given_numbers=given_numbers)[0])
    assert len(found.gaps.picture) == 0
    assert found.jump.max() < 0.5
    assert found.renamed.max() == 0


@pytest.mark.parametrize("given_numbers", [False, True])
def test_injected_faults_are_found_where_they_are(given_numbers: bool) -> None:
    labels, _ = moving(given_numbers=given_numbers)
    row = 3 * 7 + 1  # the second object in frame 7
    keep = np.arange(len(labels.xyxy)) != row
    dropped = replace(
        labels,
        offsets=labels.offsets - (labels.offsets > row),
        xyxy=labels.xyxy[keep],
        class_no=labels.class_no[keep],
        given=None if labels.given is None else labels.given[keep],
    )
    gaps = track_faults(dropped).gaps
    np.testing.assert_array_equal(gaps.picture, [7])
    np.testing.assert_allclose(gaps.xyxy[0], labels.xyxy[row], atol=1.5)
    np.testing.assert_array_equal(gaps.class_no, [1])
    assert gaps.score[0] > 0.8

    xyxy = labels.xyxy.copy()
    xyxy[row] += [6, 6, 6, 6]
    jumped = track_faults(replace(labels, xyxy=xyxy))
    assert jumped.jump.argmax() == row
    assert jumped.jump[row] > 0.6
    np.testing.assert_allclose(jumped.expected[row], labels.xyxy[row], atol=1.5)
    assert jumped.jump[[row - 3, row + 3]].max() == 0

    class_no = labels.class_no.copy()
    class_no[row] = 0
    renamed = track_faults(replace(labels, class_no=class_no))
    np.testing.assert_array_equal(np.flatnonzero(renamed.renamed), [row])
    assert renamed.renamed[row] > 0.9
    assert renamed.usual_class[row] == 1


def test_what_another_label_covers_is_no_gap() -> None:
    labels, _ = moving(given_numbers=True)
    row = 3 * 7 + 1
    assert labels.given is not None
    numbers = labels.given.copy()
    numbers[row] = 99  # the same place under another number
    (score,) = track_faults(replace(labels, given=numbers)).gaps.score
    assert score < 0.2


def test_columns_that_do_not_fit_are_refused() -> None:
    labels, _ = moving()
    with pytest.raises(UsageError, match="sort the frames"):
        replace(labels, t_s=labels.t_s[::-1])
    with pytest.raises(UsageError, match="columns of"):
        replace(labels, class_no=labels.class_no[1:])
