"""What every strategy promises of frames that are fixed beforehand, checked on each of them."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import ArrayLike

from framesel.selection import STRATEGIES, Candidates
from framesel.selection.picks import FIXED

from .footage import footage
from .test_strategy_contract import draws_lots, pick
from .vectors import make

pytestmark = pytest.mark.parametrize("name", sorted(STRATEGIES))


def holding(candidates: Candidates, rows: ArrayLike) -> Candidates:
    """The same candidates, of whom some are fixed."""
    return replace(candidates, fixed=np.asarray(rows, np.int64))


@pytest.mark.parametrize("fixed", [[41], [60, 3, 77, 4, 5, 33]])
@pytest.mark.parametrize("seeds", [0, 3])
def test_what_is_fixed_comes_first_and_counts(name: str, fixed: list[int], seeds: int) -> None:
    candidates, already = footage(), make("random", seeds, 24, 9)
    picks = pick(name, holding(candidates, fixed), 20, already)
    f = len(fixed)
    assert picks.indices[:f].tolist() == fixed
    assert len(set(picks.indices.tolist())) == 20
    assert picks.source[:f] == (FIXED,) * f
    assert FIXED not in picks.source[f:]
    assert not any(picks.limit)
    bank = np.concatenate([already, candidates.vectors[picks.indices[:-1]]])
    assert picks.nearest_cos[-1] == pytest.approx(
        (bank @ candidates.vectors[picks.indices[-1]]).max()
    )


def test_what_is_fixed_may_be_all_there_is_or_more_than_was_asked(name: str) -> None:
    candidates = footage("random")
    order = np.random.default_rng(4).permutation(80)
    picks = pick(name, holding(candidates, order), 80)
    assert np.array_equal(picks.indices, order)
    assert len(pick(name, holding(candidates, order), 500)) == 80
    fewer = pick(name, holding(candidates, order[:9]), 4)
    assert np.array_equal(fewer.indices, order[:9])
    alone = pick(name, holding(candidates, order[:1]), 1, candidates.vectors[order[:1]])
    assert alone.indices.tolist() == [order[0]]


def test_the_rest_keeps_to_limits_beside_what_is_fixed(name: str) -> None:
    candidates = footage("random")
    video_no, pts_s = candidates.video_no, candidates.pts_s
    crowd = np.flatnonzero(video_no == 1)[:6]
    fixed = [*crowd, int(np.flatnonzero(video_no == 2)[0])]
    already = make("random", 2, 24, 9)
    picks = pick(name, holding(candidates, fixed), 60, already, gap_s=0.4, per_video={"max": 5})
    rest = picks.indices[len(fixed) :]
    assert picks.indices[: len(fixed)].tolist() == fixed
    assert not (video_no[rest] == 1).any()
    for row in range(len(candidates)):
        others = picks.indices[(video_no[picks.indices] == video_no[row]) & (picks.indices != row)]
        near = len(others) and np.abs(pts_s[others] - pts_s[row]).min() < 0.4
        if row in rest:
            assert not near
        elif row not in fixed:
            assert near or len(others) >= 5
            assert picks.refused[row] >= 0
    assert np.bincount(video_no[rest]).max() <= 5


def test_minima_are_met_beside_what_is_fixed(name: str) -> None:
    candidates = footage("random")
    assert candidates.class_counts is not None
    dogs = candidates.class_counts[:, 2] > 0
    fixed = [*np.flatnonzero(~dogs)[:6], np.flatnonzero(dogs)[0]]
    held, limits = holding(candidates, fixed), {"dog": {"min": 6}}
    picks = pick(name, held, 14, classes=limits)
    assert len(picks) == 14
    assert dogs[picks.indices].sum() >= 6
    assert picks.lowered == ()
    short = pick(name, held, 9, classes=limits)
    assert dogs[short.indices].tolist() == [False] * 6 + [True] * 3
    assert short.lowered == ("at least 6 with dog cannot be had beside what is fixed; 3 can",)


def test_what_it_would_have_picked_first_changes_nothing_when_it_is_fixed(name: str) -> None:
    candidates, already = footage("random"), make("random", 3, 24, 9)
    free = pick(name, candidates, 30, already)
    if not STRATEGIES[name].nested or any(free.source) or draws_lots(name, candidates):
        return
    held = pick(name, holding(candidates, free.indices[:7]), 30, already)
    assert np.array_equal(held.indices, free.indices)
    assert np.array_equal(held.gain, free.gain, equal_nan=True)


def test_a_prefix_is_the_answer_for_a_smaller_budget(name: str) -> None:
    held = holding(footage(), [5, 70, 31])
    full = pick(name, held, 40).indices
    agree = all(np.array_equal(full[:k], pick(name, held, k).indices) for k in (3, 4, 9, 39))
    assert agree or not STRATEGIES[name].nested


def test_the_same_frames_in_another_order_are_picked_in_that_order(name: str) -> None:
    candidates = footage()
    one = pick(name, holding(candidates, [9, 50, 2]), 25)
    other = pick(name, holding(candidates, [2, 9, 50]), 25)
    assert one.indices[:3].tolist() == [9, 50, 2]
    assert other.indices[:3].tolist() == [2, 9, 50]
