"""PPAL: distances by what frames show, medoids, and two stages."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.engines.medoids import medoids_of
from framesel.selection.engines.unlikeness import NOTHING_ALIKE, unlikeness, way_plain
from framesel.selection.limits.settings import Limits
from framesel.selection.objects import Objects
from framesel.selection.strategies.ppal import PPAL

from .footage import boxes
from .vectors import make, rng, unit

NOTHING = np.empty((0, 8), np.float32)


@settings(deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 14))
def test_distances_are_those_of_the_definition(seed: int, n: int) -> None:
    objects, vectors = boxes(n, rng(seed)), make("random", n, 8, seed)
    distances = unlikeness(vectors, objects)
    seen = np.diff(objects.offsets) > 0
    assert np.array_equal(distances, distances.T)
    assert not distances.diagonal().any()
    for a, b in combinations(range(n), 2):
        if seen[a] and seen[b]:
            expected = 0.5 * (way_plain(objects, a, b) + way_plain(objects, b, a))
        elif seen[a] or seen[b]:
            expected = NOTHING_ALIKE
        else:
            expected = 1.0 - float(vectors[a] @ vectors[b])
        assert distances[a, b] == pytest.approx(expected, abs=1e-5)


def test_distances_worked_out_by_hand() -> None:
    """Box (class, look, confidence): (0, x, .8), (1, y, .2) against (0, .6x + .8y, .5)."""
    features = np.array([[1, 0], [0, 1], [0.6, 0.8]], np.float32)
    objects = Objects(
        np.array([0, 2, 3]),
        features,
        np.array([0, 1, 0], np.int32),
        np.array([0.8, 0.2, 0.5], np.float32),
        np.zeros(3, np.float32),
    )
    distances = unlikeness(make("random", 2, 8, 0), objects)
    # There: .8 * (1 - .6) + .2 * 2 = .72; back: 1 - .6 = .4.
    assert distances[0, 1] == pytest.approx((0.72 + 0.4) / 2)


def test_boxes_at_the_same_place_in_the_list_are_not_the_same() -> None:
    features = unit(rng(4).standard_normal((2, 16)))
    objects = Objects(
        np.array([0, 1, 2]),
        features,
        np.zeros(2, np.int32),
        np.ones(2, np.float32),
        np.zeros(2, np.float32),
    )
    expected = 1.0 - float(features[0] @ features[1])
    assert unlikeness(make("random", 2, 8, 0), objects)[0, 1] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_medoids_are_a_local_optimum(seed: int) -> None:
    vectors = make("clustered", 30, 8, seed)
    distances = unlikeness(vectors, None)
    medoids, cell_of = medoids_of(distances, 4, 0)
    assert len(set(medoids.tolist())) == 4
    assert np.array_equal(cell_of[medoids], np.arange(4))
    nearest = distances[:, medoids].min(axis=1)
    assert distances[np.arange(30), medoids[cell_of]] == pytest.approx(nearest)
    for c, medoid in enumerate(medoids):
        members = np.flatnonzero(cell_of == c)
        sums = distances[np.ix_(members, members)].sum(axis=0)
        assert sums[members == medoid][0] == pytest.approx(sums.min(), abs=1e-5)


def test_copies_make_fewer_medoids() -> None:
    vectors = make("identical", 6, 8, 0)
    vectors[4:] = make("random", 2, 8, 1)
    medoids, cell_of = medoids_of(unlikeness(vectors, None), 5, 2)
    assert len(medoids) == 3
    assert set(cell_of.tolist()) == {0, 1, 2}


def scenes() -> Candidates:
    """Ten frames each of four scenes, of falling utility; the vectors say nothing of it."""
    looks = np.repeat(np.eye(8, dtype=np.float32)[:4], 10, axis=0)
    looks = unit(looks + 0.05 * rng(2).standard_normal(looks.shape))
    objects = Objects(
        np.arange(41), looks, np.zeros(40, np.int32), np.ones(40, np.float32), np.zeros(40)
    )
    utility = np.linspace(1.0, 0.1, 40)
    return Candidates(make("random", 40, 8, 7), utility=utility, objects=objects)


def test_the_first_stage_is_by_utility_and_the_second_by_objects() -> None:
    candidates = scenes()
    picks = PPAL(multiple=10.0).select(candidates, 4, NOTHING, Limits(), rng())
    assert sorted(picks.indices // 10) == [0, 1, 2, 3]
    assert picks.reason[0].endswith("stands for 10 that show alike")
    narrow = PPAL(multiple=5.0).select(candidates, 4, NOTHING, Limits(), rng())
    assert set(narrow.indices // 10) == {0, 1}
    assert PPAL(multiple=1.0).select(candidates, 4, NOTHING, Limits(), rng()).indices.max() == 3


def test_beyond_the_first_stage_it_goes_by_utility() -> None:
    utility = np.array([0.1, 0.9, 0.3, 0.8, 0.5, 0.7, 0.2, 0.4])
    video_no = np.array([1, 0, 2, 0, 3, 0, 4, 5])
    candidates = Candidates(make("random", 8, 8, 1), utility=utility, video_no=video_no)
    limits = Limits.model_validate({"per_video": {"max": 1}})
    picks = PPAL(multiple=1.0).select(candidates, 3, NOTHING, limits, rng())
    assert video_no[picks.indices[0]] == 0
    assert picks.indices[1:].tolist() == [4, 7]
    assert picks.reason[1] == "utility 0.5, beyond the first stage"
    assert picks.limit[1]
