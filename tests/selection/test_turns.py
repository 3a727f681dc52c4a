"""Cells give in turn: balanced prefixes on each level, and replacements from the same cell."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.engines.turns import Turns
from framesel.selection.greedy import NONE_LEFT, Proposer
from framesel.selection.last import Last

from .vectors import rng


def drain(turns: Proposer) -> list[int]:
    """All picks, in order."""
    rows = []
    while (row := turns.best()) != NONE_LEFT:
        assert turns.best() == row
        assert turns.take(row) == {}
        rows.append(row)
    return rows


def flat(cell_of: list[int], **more: object) -> Turns:
    """One level, rows in order of preference."""
    n = len(cell_of)
    settings = {"weights": np.ones(n)} | more
    return Turns([np.array(cell_of)], np.arange(n), **settings)  # type: ignore[arg-type]


def test_heavier_cells_first_and_each_once_before_any_twice() -> None:
    assert drain(flat([2, 0, 0, 1, 2, 2])) == [0, 1, 3, 4, 2, 5]
    assert drain(flat([0, 0, 1], weights=np.array([1.0, 1.0, 5.0]))) == [2, 0, 1]


def test_the_order_decides_within_a_cell() -> None:
    turns = Turns([np.array([0, 0, 1, 1])], np.array([3, 1, 0, 2]), np.ones(4))
    assert drain(turns) == [1, 3, 0, 2]


def test_what_is_given_counts() -> None:
    assert drain(flat([0, 0, 0, 1, 1], given=[np.array([2, 0, 7])])) == [3, 4, 0, 1, 2]


def test_last_is_last_whoever_picks() -> None:
    proposer = Last(flat([0, 0, 1, 1]), np.array([True, False, False, True]))
    assert drain(proposer) == [1, 2, 0, 3]
    proposer = Last(flat([0, 0, 1, 1]), np.array([True, False, False, True]))
    proposer.take(0)
    proposer.close(np.array([2]))
    assert drain(proposer) == [1, 3]


def test_a_refused_frame_is_replaced_by_its_own_cell() -> None:
    turns = flat([0, 0, 0, 1, 1])
    turns.close(np.array([0, 0]))
    turns.close(np.array([0]))
    assert turns.best() == 1
    turns.take(1)
    turns.take(4)
    turns.close(np.array([1, 3]))
    assert drain(turns) == [2]


def test_frames_that_others_picked_count() -> None:
    turns = flat([0, 0, 1, 1])
    turns.take(0)
    assert turns.best() == 2


@given(
    sizes=st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=5), min_size=1, max_size=5),
    seed=st.integers(0, 99),
)
def test_every_prefix_is_balanced_on_both_levels(sizes: list[list[int]], seed: int) -> None:
    below = np.repeat(np.arange(sum(map(len, sizes))), [size for part in sizes for size in part])
    above = np.repeat(np.arange(len(sizes)), list(map(sum, sizes)))
    n = len(below)
    turns = Turns([above, below], rng(seed).permutation(n), np.ones(n))
    rows = np.array(drain(turns))
    assert sorted(rows) == list(range(n))
    for k in range(1, n):
        part = rows[:k]
        _balanced(np.bincount(above[part], minlength=len(sizes)), np.bincount(above))
        for cell in range(len(sizes)):
            mine = np.unique(below[above == cell])
            _balanced(
                np.bincount(below[part], minlength=below.max() + 1)[mine], np.bincount(below)[mine]
            )


def _balanced(taken: np.ndarray, sizes: np.ndarray) -> None:
    """Cells that are not used up are at most one behind the one that gave most."""
    left = taken < sizes
    assert not left.any() or taken[left].min() >= taken.max() - 1
