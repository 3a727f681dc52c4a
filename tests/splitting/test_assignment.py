"""Groups go where shares and classes come out best; the optimum is known where groups are few."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.splitting.assignment import FREE, assign, objective

SHARES = (0.6, 0.2, 0.2)


def made_up(seed: int, groups: int, classes: int = 3) -> np.ndarray:
    """Group sizes that differ a lot, and a rare class."""
    rng = np.random.default_rng(seed)
    frames = rng.integers(1, 30, groups)
    boxes = rng.poisson(rng.uniform(0, 2, (groups, classes)) * frames[:, None])
    boxes[:, -1] = rng.random(groups) < 0.4
    return np.column_stack([frames, boxes]).astype(np.float64)


def best(counts: np.ndarray) -> float:
    """The least of all assignments that give every split a group."""
    every = itertools.product(range(len(SHARES)), repeat=len(counts))
    return min(
        objective(counts, SHARES, np.array(split))
        for split in every
        if len(set(split)) == len(SHARES)
    )


def test_the_objective_is_the_one_that_is_stated() -> None:
    counts = np.array([[6.0, 4, 0], [2, 0, 0], [2, 4, 0]])  # nobody has the last class
    split = np.array([0, 1, 2])
    frames = (0.6 - 0.6) ** 2 / 0.6 + (0.2 - 0.2) ** 2 / 0.2 + (0.2 - 0.2) ** 2 / 0.2
    boxes = (0.5 - 0.6) ** 2 / 0.6 + (0.0 - 0.2) ** 2 / 0.2 + (0.5 - 0.2) ** 2 / 0.2
    assert objective(counts, SHARES, split) == pytest.approx(frames + boxes)


@pytest.mark.parametrize("seed", range(12))
def test_few_groups_are_assigned_as_well_as_can_be(seed: int) -> None:
    counts = made_up(seed, groups=7)
    found = objective(counts, SHARES, assign(counts, SHARES, seed=0))
    assert found == pytest.approx(best(counts), abs=1e-9)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(3, 60))
def test_every_split_gets_something_and_nothing_helps_any_more(seed: int, groups: int) -> None:
    counts = made_up(seed, groups)
    split = assign(counts, SHARES, seed=1)
    assert sorted(set(split.tolist())) == [0, 1, 2]
    cost = objective(counts, SHARES, split)
    for group, there in itertools.product(range(groups), range(3)):
        moved = split.copy()
        moved[group] = there
        if len(set(moved.tolist())) == 3:
            assert objective(counts, SHARES, moved) >= cost - 1e-9


def test_many_groups_come_out_as_asked_for() -> None:
    counts = made_up(0, groups=400)
    split = assign(counts, SHARES, seed=0)
    for column in counts.T:
        shares = np.bincount(split, column) / column.sum()
        np.testing.assert_allclose(shares, SHARES, atol=0.01)


def test_the_same_is_assigned_alike() -> None:
    counts = made_up(5, groups=40)
    assert (assign(counts, SHARES, seed=3) == assign(counts, SHARES, seed=3)).all()


def test_fewer_groups_than_splits_cannot_be_split() -> None:
    with pytest.raises(UsageError, match="2 groups for 3 splits"):
        assign(made_up(0, groups=2), SHARES, seed=0)


@settings(max_examples=25)
@given(st.integers(0, 10_000), st.integers(4, 30))
def test_what_is_fixed_stays_and_the_rest_makes_the_best_of_it(seed: int, groups: int) -> None:
    counts = made_up(seed, groups)
    rng = np.random.default_rng(seed)
    fixed = np.where(rng.random(groups) < 0.5, rng.integers(0, 3, groups), FREE)
    split = assign(counts, SHARES, 1, fixed)
    assert (split[fixed != FREE] == fixed[fixed != FREE]).all()
    cost = objective(counts, SHARES, split)
    present = len(set(split.tolist()))
    assert present == 3 or not (fixed == FREE).sum() > 3 - present
    for group, there in itertools.product(np.flatnonzero(fixed == FREE).tolist(), range(3)):
        moved = split.copy()
        moved[group] = there
        if len(set(moved.tolist())) == present:
            assert objective(counts, SHARES, moved) >= cost - 1e-9


def test_free_groups_make_up_for_what_is_fixed() -> None:
    counts = np.ones((10, 2))
    fixed = np.array([0] * 6 + [FREE] * 4)
    assert np.bincount(assign(counts, SHARES, 0, fixed)).tolist() == [6, 2, 2]
    with_val = np.array([1] * 2 + [FREE] * 8)
    assert np.bincount(assign(counts, SHARES, 0, with_val)).tolist() == [6, 2, 2]


def test_where_all_is_fixed_nothing_is_moved_for_an_empty_split() -> None:
    fixed = np.array([0, 0, 1])
    assert assign(made_up(1, groups=3), SHARES, 0, fixed).tolist() == [0, 0, 1]
