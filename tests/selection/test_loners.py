"""Frames that look like nothing around them."""

import numpy as np
import pytest

from framesel.selection import Candidates, select
from framesel.selection.engines.loners import loners

from .vectors import make, unit


def footage(**columns: object) -> Candidates:
    """Two videos that change slowly, the second with a broken frame at row 70."""
    vectors = np.concatenate([make("walk", 50, 32, seed) * 1.0 for seed in (1, 2)])
    steps = np.random.default_rng(0).standard_normal((100, 32)) * 0.02
    for start in (0, 50):
        vectors[start : start + 50] = vectors[start] + np.cumsum(steps[start : start + 50], axis=0)
    vectors[70] = np.random.default_rng(5).standard_normal(32)
    video_no = np.repeat([0, 1], 50)
    return Candidates(unit(vectors), video_no=video_no, **columns)  # type: ignore[arg-type]


def test_a_broken_frame_is_one() -> None:
    assert np.flatnonzero(loners(footage())).tolist() == [70]


def test_the_order_of_rows_does_not_matter() -> None:
    candidates = footage(pts_s=np.arange(100) / 3.0)
    order = np.random.default_rng(1).permutation(100)
    assert np.array_equal(loners(candidates.subset(order)), loners(candidates)[order])


def test_what_was_seen_twice_is_none() -> None:
    mass = np.ones(100)
    mass[70] = 2
    assert not loners(footage(mass=mass)).any()


def test_a_picture_that_is_alone_in_its_group_is_none() -> None:
    assert not loners(footage(groups=np.arange(100))).any()


@pytest.mark.parametrize("n", [0, 1, 15])
def test_few_frames_tell_nothing(n: int) -> None:
    assert not loners(footage().subset(np.arange(n) + 60)).any()


def test_the_rare_slice_does_not_begin_with_it() -> None:
    candidates = footage()
    assert 70 in select(candidates, 4, "k_center").indices
    assert 70 not in select(candidates, 20, rare=0.9, control=0.0).indices
