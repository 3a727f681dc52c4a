"""Cuts are found where one step stands out, and shots share the budget."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.engines.cuts import around
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.shot_cut import ShotCut

from .vectors import make, rng, unit


def film(
    *lengths: int, step: float = 0.02, seed: int = 0, video_no: object = None
) -> tuple[Candidates, np.ndarray]:
    """One video of shots of these lengths, each a slow walk from elsewhere; the shot of each."""
    random = rng(seed)
    shots = np.repeat(np.arange(len(lengths)), lengths)
    walks = [
        random.standard_normal(32) + np.cumsum(step * random.standard_normal((length, 32)), axis=0)
        for length in lengths
    ]
    return Candidates(unit(np.concatenate(walks)), video_no=video_no), shots


@pytest.mark.parametrize("step", [0.0, 0.02, 0.2])
def test_cuts_are_found_however_much_the_camera_moves(step: float) -> None:
    candidates, shots = film(30, 12, 50, 5, 40, step=step)
    cuts = ShotCut().cuts(candidates, candidates.timeline())
    assert np.flatnonzero(cuts).tolist() == np.flatnonzero(np.diff(shots, prepend=-1)).tolist()


def test_a_pan_is_no_cut() -> None:
    angles = np.concatenate([np.zeros(20), np.arange(20) * 0.5, np.full(20, 9.5)])
    vectors = unit(np.stack([np.cos(angles / 4), np.sin(angles / 4)], axis=1))
    vectors = unit(np.concatenate([vectors, np.cos(angles)[:, None]], axis=1))
    candidates = Candidates(vectors)
    drops = 1.0 - (vectors[1:] * vectors[:-1]).sum(axis=1)
    assert drops.max() > 0.05
    cuts = ShotCut(least_drop=0.01).cuts(candidates, candidates.timeline())
    assert cuts[21:39].sum() == 0


def test_small_steps_are_no_cuts() -> None:
    candidates, _ = film(20, 20, step=0.0)
    flash = candidates.vectors.copy()
    flash[10] = unit(flash[10:11] + 0.02)[0]
    assert ShotCut().cuts(Candidates(flash[:20]), np.arange(20)).sum() == 1


def test_a_new_video_is_a_new_shot() -> None:
    vectors = np.repeat(make("random", 1, 8, 0), 12, axis=0)
    candidates = Candidates(vectors, video_no=np.repeat([0, 3, 4], 4))
    cuts = ShotCut().cuts(candidates, candidates.timeline())
    assert np.flatnonzero(cuts).tolist() == [0, 4, 8]


def test_cuts_follow_time_not_rows() -> None:
    candidates, shots = film(30, 12, 50)
    order = rng(3).permutation(92)
    mixed = Candidates(candidates.vectors[order], pts_s=candidates.pts_s[order])
    cuts = ShotCut().cuts(mixed, mixed.timeline())
    assert np.flatnonzero(cuts).tolist() == [0, 30, 42]
    picks = ShotCut().select(mixed, 3, mixed.vectors[:0], Limits(), rng())
    assert shots[order[picks.indices]].tolist() == [0, 1, 2]


def test_each_shot_gives_one_and_long_ones_more() -> None:
    candidates, shots = film(100, 4, 100, 4, 25)
    picks = ShotCut().select(candidates, 29, candidates.vectors[:0], Limits(), rng())
    counts = np.bincount(shots[picks.indices], minlength=5)
    # Square roots 10, 2, 10, 2, 5 share 29 among them.
    assert counts.tolist() == [10, 2, 10, 2, 5]
    few = ShotCut(power=0.0).select(candidates, 5, candidates.vectors[:0], Limits(), rng())
    assert shots[few.indices].tolist() == [0, 1, 2, 3, 4]
    assert few.reason[1] == "from a shot of 4 frames"


@given(st.lists(st.floats(0, 2), max_size=30))
def test_mean_of_the_steps_around(steps: list[float]) -> None:
    means = around(np.array(steps))
    for at in range(len(steps)):
        others = steps[max(0, at - 2) : at] + steps[at + 1 : at + 3]
        assert means[at] == pytest.approx(np.mean(others) if others else 0.0, abs=1e-9)
