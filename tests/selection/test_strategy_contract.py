"""What every strategy promises, checked on each of them."""

import numpy as np
import pytest
from pydantic import ValidationError

from framesel.errors import SelectionError
from framesel.selection import STRATEGIES, Candidates, Picks
from framesel.selection.limits import Limits
from framesel.selection.picks import already_row

from .vectors import KINDS, make, unit

SEED = 11
LOOKS_AT_VECTORS = ("k_center", "facility_location")
ORDER_FREE = ("k_center", "facility_location", "uniform", "stratified")

pytestmark = pytest.mark.parametrize("name", sorted(STRATEGIES))


def footage(kind: str = "clustered", n: int = 80, dim: int = 24, seed: int = 1) -> Candidates:
    """Candidates of five videos with different lengths and masses."""
    rng = np.random.default_rng(seed)
    return Candidates(
        make(kind, n, dim, seed),
        mass=rng.integers(1, 40, n),
        utility=rng.random(n),
        video_no=np.sort(rng.integers(0, 5, n)),
        pts_s=rng.permutation(n) / 7.0,
    )


def pick(
    name: str, candidates: Candidates, budget: int, already: object = (), seed: int = SEED
) -> Picks:
    return STRATEGIES[name]().select(
        candidates, budget, already, Limits(), np.random.default_rng(seed)
    )


def same(a: Picks, b: Picks) -> bool:
    return (
        np.array_equal(a.indices, b.indices)
        and np.array_equal(a.gain, b.gain, equal_nan=True)
        and a.reason == b.reason
        and np.array_equal(a.nearest, b.nearest)
        and np.array_equal(a.nearest_cos, b.nearest_cos, equal_nan=True)
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("budget", [0, 1, 7, 79, 80, 500])
def test_picks_are_different_candidates_and_as_many_as_asked(
    name: str, kind: str, budget: int
) -> None:
    picks = pick(name, footage(kind), budget)
    assert len(picks) == min(budget, 80) == len(set(picks.indices.tolist()))
    assert picks.indices.dtype == np.int64
    assert ((picks.indices >= 0) & (picks.indices < 80)).all()
    assert len(picks.gain) == len(picks.reason) == len(picks.nearest) == len(picks.nearest_cos)
    assert all(picks.reason)


def test_there_may_be_nothing_to_choose_from(name: str) -> None:
    nothing = Candidates(np.empty((0, 4), np.float32))
    assert len(pick(name, nothing, 5)) == 0
    assert len(pick(name, nothing, 5, make("random", 2, 4, 0))) == 0


def test_same_seed_same_picks(name: str) -> None:
    candidates = footage()
    assert same(pick(name, candidates, 20), pick(name, candidates, 20))


def test_chance_is_used_where_it_is_meant(name: str) -> None:
    candidates = footage()
    draws = {tuple(pick(name, candidates, 20, seed=seed).indices) for seed in range(8)}
    assert (len(draws) == 1) == (name in LOOKS_AT_VECTORS)


def test_a_prefix_is_the_answer_for_a_smaller_budget(name: str) -> None:
    candidates, already = footage(), make("random", 3, 24, 9)
    full = pick(name, candidates, 40, already)
    shorter = [pick(name, candidates, k, already).indices for k in (1, 2, 9, 39)]
    agree = all(np.array_equal(full.indices[: len(part)], part) for part in shorter)
    assert agree == STRATEGIES[name].nested


def test_order_of_candidates_matters_to_random_draws_only(name: str) -> None:
    candidates = footage("random")
    order = np.random.default_rng(3).permutation(len(candidates))
    assert candidates.utility is not None
    mixed = Candidates(
        candidates.vectors[order],
        candidates.mass[order],
        candidates.utility[order],
        candidates.video_no[order],
        candidates.pts_s[order],
        candidates.groups[order],
    )
    agree = np.array_equal(order[pick(name, mixed, 25).indices], pick(name, candidates, 25).indices)
    assert agree == (name in ORDER_FREE)


def test_copies_of_what_is_chosen_come_last(name: str) -> None:
    candidates = footage("random")
    chosen = [3, 30, 31, 77]
    picks = pick(name, candidates, 80, candidates.vectors[chosen])
    if name == "facility_location":
        assert picks.gain[-4:].max() <= picks.gain[:-4].min()
    assert set(picks.indices[-4:]) == set(chosen)
    fewer = pick(name, candidates, 76, candidates.vectors[chosen])
    assert not set(chosen) & set(fewer.indices)


def test_gains_shrink_where_there_is_an_objective(name: str) -> None:
    picks = pick(name, footage(), 60)
    if name in LOOKS_AT_VECTORS:
        assert np.isfinite(picks.gain).all()
        assert (np.diff(picks.gain) <= 0).all()
        assert picks.gain[0] > picks.gain[-1] >= 0
    else:
        assert np.isnan(picks.gain).all()


def test_nearest_earlier_choice_is_named(name: str) -> None:
    candidates, already = footage("random"), make("random", 4, 24, 5)
    picks = pick(name, candidates, 30, already)
    for rank, row in enumerate(picks.indices):
        bank = np.concatenate([already, candidates.vectors[picks.indices[:rank]]])
        cosines = bank @ candidates.vectors[row]
        best = int(np.argmax(cosines))
        assert picks.nearest_cos[rank] == pytest.approx(cosines[best], abs=1e-6)
        seed_row = already_row(int(picks.nearest[rank]))
        if best < 4:
            assert seed_row == best
        else:
            assert seed_row is None
            assert picks.nearest[rank] == picks.indices[best - 4]


def test_first_pick_of_a_cold_start_has_no_earlier(name: str) -> None:
    picks = pick(name, footage(), 2)
    assert picks.nearest[0] == -1
    assert np.isnan(picks.nearest_cos[0])
    assert picks.nearest[1] == picks.indices[0]


def test_the_arguments_are_left_as_they_are(name: str) -> None:
    candidates, already = footage(), make("random", 4, 24, 5)
    for array in (candidates.vectors, candidates.mass, candidates.groups, already):
        array.flags.writeable = False
    before = already.copy()
    assert len(pick(name, candidates, 10, already)) == 10
    assert np.array_equal(before, already)


def test_requests_that_make_no_sense(name: str) -> None:
    candidates = footage()
    with pytest.raises(SelectionError, match="budget is -1"):
        pick(name, candidates, -1)
    with pytest.raises(SelectionError, match="whole number"):
        pick(name, candidates, 2.5)  # type: ignore[arg-type]
    with pytest.raises(SelectionError, match="same backbone"):
        pick(name, candidates, 3, make("random", 2, 5, 0))
    with pytest.raises(SelectionError, match="row 1 of the already"):
        pick(name, candidates, 3, np.stack([unit(np.ones((1, 24)))[0], np.full(24, np.nan)]))


def test_settings_are_frozen_and_closed(name: str) -> None:
    strategy = STRATEGIES[name]()
    assert strategy.name == name
    with pytest.raises(ValidationError):
        strategy.name = "other"  # type: ignore[assignment]
    with pytest.raises(ValidationError):
        STRATEGIES[name](unknown=1)  # type: ignore[call-arg]
    assert STRATEGIES[name].model_validate(strategy.model_dump()) == strategy
