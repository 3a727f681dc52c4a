"""Object diversity: the farthest object of the class whose turn it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.limits.settings import Limits
from framesel.selection.objects import Objects
from framesel.selection.strategies.object_diversity import ObjectDiversity

from .footage import boxes
from .vectors import make, rng

NOTHING = np.empty((0, 8), np.float32)


def show(*frames: list[tuple[int, int]], confidence: float = 0.9) -> Candidates:
    """Frames with boxes of (class, what it looks like: one of eight)."""
    ones = [one for frame in frames for one in frame]
    features = np.eye(8, dtype=np.float32)[[look for _, look in ones]].reshape(-1, 8)
    objects = Objects(
        np.cumsum([0, *map(len, frames)]).astype(np.int64),
        features,
        np.array([class_ for class_, _ in ones], np.int32),
        np.full(len(ones), confidence, np.float32),
        np.zeros(len(ones), np.float32),
    )
    return Candidates(make("random", len(frames), 8, 5), classes=("car", "dog"), objects=objects)


def best_plain(objects: Objects, picked: list[int], open_: set[int], power: float) -> set[int]:
    """Frames that may be picked next, from the definition."""
    frame_of = objects.frame_of()
    chosen = np.isin(frame_of, picked)
    worth = np.zeros(len(objects))
    for one in range(len(objects)):
        others = chosen & (objects.class_no == objects.class_no[one])
        nearest = (objects.features[others] @ objects.features[one]).max(initial=-1.0)
        worth[one] = objects.confidence[one] * np.sqrt(max(0.0, 2.0 - 2.0 * float(nearest)))
    numbers, counts = np.unique(objects.class_no, return_counts=True)
    have = np.array([(chosen & (objects.class_no == c)).sum() for c in numbers])
    for turn in np.argsort(-(counts.astype(float) ** power) / (have + 1), kind="stable"):
        mine = (objects.class_no == numbers[turn]) & np.isin(frame_of, list(open_))
        if mine.any():
            return set(frame_of[mine & (worth >= worth[mine].max() - 1e-6)].tolist())
    return open_


@settings(deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 25), st.sampled_from((0.0, 0.5, 1.0)))
def test_each_pick_is_the_one_of_the_definition(seed: int, n: int, power: float) -> None:
    objects = boxes(n, rng(seed))
    candidates = Candidates(make("random", n, 8, seed), objects=objects)
    strategy = ObjectDiversity(power=power)
    picks = strategy.select(candidates, n, NOTHING, Limits(), rng()).indices.tolist()
    for rank, row in enumerate(picks):
        left = set(range(n)) - set(picks[:rank])
        assert row in best_plain(objects, picks[:rank], left, power)


def test_what_looks_different_is_bought_first() -> None:
    candidates = show(*[[(0, 0)]] * 20, [(0, 1)], *[[(0, 0)]] * 20, [(0, 2)], [])
    picks = ObjectDiversity().select(candidates, 3, NOTHING, Limits(), rng())
    assert {20, 41} < set(picks.indices)
    assert picks.reason[0] == "the first car"
    assert picks.reason[1].startswith("car unlike all chosen: confidence times distance 1.27")


def test_a_frame_brings_all_its_objects() -> None:
    candidates = show([(0, 0), (0, 1), (1, 3)], [(0, 1)], [(1, 3)], [(0, 2)], [(1, 4)])
    picks = ObjectDiversity(power=0.0).select(candidates, 3, NOTHING, Limits(), rng())
    assert set(picks.indices) == {0, 3, 4}


def test_objects_of_different_classes_are_not_compared() -> None:
    candidates = show([(0, 0)], [(0, 1)], [(1, 0)], [(1, 1)])
    picks = ObjectDiversity().select(candidates, 4, NOTHING, Limits(), rng())
    assert sorted(picks.indices[:2] // 2) == [0, 1]


@pytest.mark.parametrize(("power", "dogs"), [(0.0, 6), (1.0, 1)])
def test_quotas(power: float, dogs: int) -> None:
    candidates = show(*[[(0, at % 8)] for at in range(88)], *[[(1, at)] for at in range(8)])
    picks = ObjectDiversity(power=power).select(candidates, 12, NOTHING, Limits(), rng())
    assert (picks.indices >= 88).sum() == dogs


def test_doubtful_boxes_count_less() -> None:
    candidates = show([(0, 0)], [(0, 1)], [(0, 2)])
    assert candidates.objects is not None
    candidates.objects.confidence[1] = 0.1
    picks = ObjectDiversity().select(candidates, 3, NOTHING, Limits(), rng())
    assert picks.indices.tolist() == [0, 2, 1]


def test_frames_without_objects_follow_spread_out() -> None:
    candidates = show([], [(0, 0)], [], [])
    picks = ObjectDiversity().select(candidates, 4, NOTHING, Limits(), rng())
    assert picks.indices[0] == 1
    assert picks.reason[1] == "no object left to add; far from all chosen frames"
    cosines = candidates.vectors @ candidates.vectors[1]
    assert cosines[picks.indices[1]] == pytest.approx(cosines[[0, 2, 3]].min())
