"""What a frame that was left out would have added, pick by pick."""

import numpy as np
import pytest

from framesel.selection import STRATEGIES, Candidates
from framesel.selection.limits.settings import Limits
from framesel.selection.replay import HasObjective, gains_over, overtaken_at

from .vectors import make, rng

WITH_OBJECTIVE = sorted(n for n, kind in STRATEGIES.items() if isinstance(kind(), HasObjective))


def test_the_usual_ones_have_an_objective() -> None:
    assert {"k_center", "facility_location", "herding", "cover"} <= set(WITH_OBJECTIVE)


@pytest.mark.parametrize("name", WITH_OBJECTIVE)
@pytest.mark.parametrize("seeds", [0, 3])
def test_a_replayed_pick_gains_what_it_gained(name: str, seeds: int) -> None:
    vectors, already = make("clustered", 60, 12, 4), make("random", seeds, 12, 5)
    candidates = Candidates(vectors, mass=np.arange(1, 61))
    strategy = STRATEGIES[name]()
    assert isinstance(strategy, HasObjective)
    picks = strategy.select(candidates, 12, already, Limits(), rng())
    for rank in (0, 4, 11):
        if picks.source[rank] in ("", "coverage"):
            row = int(picks.indices[rank])
            gains = gains_over(strategy.objective(candidates, already), row, picks.indices[:rank])
            assert gains[-1] == pytest.approx(picks.gain[rank])
            assert (np.diff(gains) <= 1e-9).all()


def test_overtaken_by_the_pick_that_took_its_worth() -> None:
    assert overtaken_at(np.array([5.0, 3.0, 1.0, 1.0]), 2.0) == 1
    assert overtaken_at(np.array([5.0, 3.0, 3.0]), 2.0) is None
    assert overtaken_at(np.array([1.0, 0.5]), 2.0) is None
