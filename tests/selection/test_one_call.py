"""The plain functions that framesel exports."""

import numpy as np
import pytest

import framesel
from framesel.errors import SelectionError
from framesel.selection import STRATEGIES, Candidates
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.facility_location import FacilityLocation

from .footage import footage
from .vectors import make

VECTORS = make("clustered", 50, 16, 1)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_a_call_is_the_strategy_on_candidates(name: str) -> None:
    candidates = footage()
    already, rng = candidates.vectors[:2], np.random.default_rng(3)
    picks = framesel.select(candidates, 8, name, already=already, seed=3)
    direct = STRATEGIES[name]().select(candidates, 8, already, Limits(), rng)
    assert picks.indices.tolist() == direct.indices.tolist()
    assert isinstance(picks, framesel.Picks)


def test_columns_make_candidates() -> None:
    groups, pts_s = np.arange(50) // 10, np.arange(50) / 3
    picks = framesel.select(VECTORS, 8, "stratified", groups=groups, pts_s=pts_s, seed=3)
    candidates = Candidates(VECTORS, groups=groups, video_no=groups, pts_s=pts_s)
    direct = framesel.select(candidates, 8, "stratified", seed=3)
    assert picks.indices.tolist() == direct.indices.tolist()
    with pytest.raises(SelectionError, match=r"groups: candidates were given"):
        framesel.select(candidates, 8, groups=groups)


def test_settings_and_columns_reach_the_strategy() -> None:
    mass = np.linspace(1, 900, 50)
    picks = framesel.select(VECTORS, 9, "facility_location", mass=mass, alpha=1.0)
    direct = FacilityLocation(alpha=1.0).select(
        Candidates(VECTORS, mass=mass), 9, VECTORS[:0], Limits(), np.random.default_rng(0)
    )
    assert picks.indices.tolist() == direct.indices.tolist()
    other = framesel.select(VECTORS, 9, "facility_location", mass=mass, alpha=0.0)
    assert picks.indices.tolist() != other.indices.tolist()


def test_lists_will_do() -> None:
    picks = framesel.select([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]], 2, already=[[1.0, 0.0]])
    assert set(picks.indices) == {1, 2}


@pytest.mark.parametrize(
    ("strategy", "settings", "word"),
    [
        ("kcenter", {}, "did you mean 'k_center'"),
        ("best", {}, "choose from random, uniform"),
        ("facility_location", {"alhpa": 1}, "did you mean 'alpha'"),
        ("facility_location", {"alpha": 2.0}, "alpha = 2.0: .*less than or equal to 1"),
        ("stratified", {"power": "x", "more": 1}, "power = 'x'.*'more' is no setting"),
        ("k_center", {"alpha": 1}, "it has none"),
    ],
)
def test_mistakes_are_named_with_the_cure(strategy: str, settings: dict, word: str) -> None:
    with pytest.raises(SelectionError, match=word):
        framesel.select(VECTORS, 3, strategy, **settings)


def test_duplicates_then_selection() -> None:
    vectors = np.concatenate([VECTORS, VECTORS])
    found = framesel.near_duplicates(vectors, 0.999)
    assert isinstance(found, framesel.Duplicates)
    rows = np.flatnonzero(found.kept)
    picks = framesel.select(vectors[rows], 5, "facility_location", mass=found.mass[rows])
    assert len(set(rows[picks.indices])) == 5
