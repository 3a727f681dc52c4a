"""What every strategy promises, checked on each of them.

Nothing here knows a strategy by name: what it declares (``nested``, ``uses``), and whether it drew
from the source of chance that it was given, say what must hold.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from threadpoolctl import threadpool_limits

from framesel.errors import SelectionError
from framesel.selection import STRATEGIES, Candidates, Picks
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import already_row

from .footage import footage, only_what_is_used, without
from .vectors import KINDS, make, unit

SEED = 11

pytestmark = pytest.mark.parametrize("name", sorted(STRATEGIES))


def pick(
    name: str,
    candidates: Candidates,
    budget: int,
    already: object = (),
    seed: int | np.random.Generator = SEED,
    **limits: Any,
) -> Picks:
    """Let a strategy pick."""
    bounds = Limits.model_validate(limits)
    rng = np.random.default_rng(seed)
    return STRATEGIES[name]().select(candidates, budget, already, bounds, rng)


def draws_lots(name: str, candidates: Candidates) -> bool:
    """Whether a strategy takes anything from the source of chance."""
    rng = np.random.default_rng(SEED)
    before = rng.bit_generator.state
    pick(name, candidates, 20, seed=rng)
    return bool(rng.bit_generator.state != before)


def same(a: Picks, b: Picks) -> bool:
    """Whether two answers are equal in everything."""
    return (
        np.array_equal(a.indices, b.indices)
        and np.array_equal(a.gain, b.gain, equal_nan=True)
        and a.reason == b.reason
        and a.source == b.source
        and np.array_equal(a.nearest, b.nearest)
        and np.array_equal(a.nearest_cos, b.nearest_cos, equal_nan=True)
        and a.certificate == b.certificate
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("budget", [0, 1, 7, 79, 80, 500])
def test_picks_are_different_candidates_and_as_many_as_asked(
    name: str, kind: str, budget: int
) -> None:
    picks = pick(name, footage(kind), budget)
    k = min(budget, 80)
    assert len(picks) == k == len(set(picks.indices.tolist()))
    assert picks.indices.dtype == np.int64
    assert ((picks.indices >= 0) & (picks.indices < 80)).all()
    columns = ("gain", "reason", "source", "nearest", "nearest_cos", "limit")
    assert {len(getattr(picks, column)) for column in columns} == {k}
    assert all(picks.reason)
    assert not any(picks.limit)
    assert (picks.refused == -1).all()


def test_there_may_be_nothing_to_choose_from(name: str) -> None:
    nothing = footage().subset(np.empty(0, np.int64))
    assert len(pick(name, nothing, 5)) == 0
    assert len(pick(name, nothing, 5, make("random", 2, 24, 0))) == 0


def test_one_frame_is_enough(name: str) -> None:
    alone = footage().subset(np.array([4]))
    assert pick(name, alone, 3).indices.tolist() == [0]
    assert pick(name, alone, 3, alone.vectors).indices.tolist() == [0]


def test_same_seed_same_picks(name: str) -> None:
    candidates = footage()
    assert same(pick(name, candidates, 20), pick(name, candidates, 20))


def test_same_picks_on_any_number_of_threads(name: str) -> None:
    candidates = footage("random", n=700, dim=96)
    answers = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            answers.append(pick(name, candidates, 60, candidates.vectors[5:8]))
    assert same(*answers)


def test_chance_decides_where_it_is_drawn_from(name: str) -> None:
    candidates = footage("random")
    answers = {tuple(pick(name, candidates, 20, seed=seed).indices) for seed in range(8)}
    assert (len(answers) > 1) == draws_lots(name, candidates)


def test_order_of_candidates_matters_to_lots_only(name: str) -> None:
    candidates = footage("random")
    if draws_lots(name, candidates):
        return
    order = np.random.default_rng(3).permutation(len(candidates))
    mixed = pick(name, candidates.subset(order), 25)
    assert np.array_equal(order[mixed.indices], pick(name, candidates, 25).indices)


@pytest.mark.parametrize("limits", [{}, {"gap_s": 0.5, "per_video": {"max": 9}}])
def test_a_prefix_is_the_answer_for_a_smaller_budget(name: str, limits: dict[str, Any]) -> None:
    candidates, already = footage(), make("random", 3, 24, 9)
    full = pick(name, candidates, 40, already, **limits)
    shorter = [pick(name, candidates, k, already, **limits).indices for k in (1, 2, 9, 39)]
    agree = all(np.array_equal(full.indices[: len(part)], part) for part in shorter)
    assert agree == STRATEGIES[name].nested


def test_utility_matters_where_that_is_said(name: str) -> None:
    candidates = footage("random")
    other = replace(candidates, utility=np.random.default_rng(5).random(len(candidates)) + 0.05)
    chosen = [pick(name, one, 20).indices.tolist() for one in (candidates, other)]
    assert (chosen[0] != chosen[1]) == STRATEGIES[name]().heeds_utility


def test_copies_of_what_is_chosen_come_last(name: str) -> None:
    candidates = footage("random")
    chosen = [3, 30, 31, 77]
    picks = pick(name, candidates, 80, candidates.vectors[chosen])
    assert set(picks.indices[-4:]) == set(chosen)
    fewer = pick(name, candidates, 76, candidates.vectors[chosen])
    assert not set(chosen) & set(fewer.indices)


@pytest.mark.parametrize("seeds", [0, 3])
def test_gains_never_grow_within_a_slice_of_the_budget(name: str, seeds: int) -> None:
    picks = pick(name, footage(), 60, make("random", seeds, 24, 9))
    gains = np.nansum(list(picks.terms.values()) or [np.full(60, np.nan)], axis=0)
    known = np.isfinite(picks.gain)
    assert picks.gain[known] == pytest.approx(gains[known])
    for source in set(picks.source):
        mine = picks.gain[np.array(picks.source) == source]
        assert np.isfinite(mine).all() or np.isnan(mine).all()
        assert (np.diff(mine[np.isfinite(mine)]) <= 1e-9).all()


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
    arrays = [value for value in vars(candidates).values() if isinstance(value, np.ndarray)]
    for array in (*arrays, already):
        array.flags.writeable = False
    before = already.copy()
    assert len(pick(name, candidates, 10, already)) == 10
    assert np.array_equal(before, already)


def test_a_column_that_is_missing_is_named(name: str) -> None:
    for column in STRATEGIES[name].uses:
        with pytest.raises(SelectionError, match=column):
            pick(name, without(footage(), column), 3)


def test_it_can_do_with_what_it_declares(name: str) -> None:
    bare = only_what_is_used(footage(), name)
    picks = pick(name, bare, 80, bare.vectors[[3, 30]])
    assert len(picks) == 80
    assert {*picks.indices[-2:]} == {3, 30}


def test_limits_are_kept_to_and_filled_up(name: str) -> None:
    candidates = footage("random")
    picks = pick(name, candidates, 70, gap_s=0.4, per_video={"max": 8})
    videos, pts_s = candidates.video_no[picks.indices], candidates.pts_s[picks.indices]
    for row in range(len(candidates)):
        mine = videos == candidates.video_no[row]
        apart = np.abs(pts_s[mine] - candidates.pts_s[row])
        picked = row in picks.indices
        if picked:
            assert (apart >= 0.4).sum() == mine.sum() - 1
            assert mine.sum() <= 8
        else:
            assert mine.sum() == 8 or apart.min() < 0.4
            assert picks.refused[row] >= 0
        assert (picks.refused[row] == -1) == picked
    assert {text for texts in picks.limit for text in texts} <= set(picks.limits)
    assert len(picks) < 70


def test_a_minimum_is_met(name: str) -> None:
    candidates = footage("random")
    picks = pick(name, candidates, 16, per_video={"min": 3}, classes={"dog": {"min": 6}})
    assert len(picks) == 16
    assert np.bincount(candidates.video_no[picks.indices], minlength=5).min() >= 3
    assert candidates.class_counts is not None
    assert (candidates.class_counts[picks.indices, 2] > 0).sum() >= 6


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
