"""Near-duplicates are let in where there is little else, the most different ones first."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.duplicates.frames import InMemory
from framesel.selection.duplicates.letting_in import APART, let_in
from framesel.selection.duplicates.near_duplicates import Duplicates, near_duplicates
from framesel.selection.duplicates.tiles import NO_TILES


def on_a_circle(degrees: list[float]) -> np.ndarray:
    angle = np.radians(degrees)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)


def kept(keeper: np.ndarray) -> list[int]:
    return np.flatnonzero(keeper == np.arange(len(keeper))).tolist()


def walk(seed: int, n: int) -> tuple[np.ndarray, Duplicates]:
    """Unit vectors that wander, some of them slowly, and their near-duplicates."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(n, 8)) * rng.choice([0.05, 0.3], size=(n, 1))
    raw = np.cumsum(steps, axis=0) + rng.normal(size=8)
    vectors = (raw / np.linalg.norm(raw, axis=1, keepdims=True)).astype(np.float32)
    return vectors, near_duplicates(vectors, 0.9)


def test_the_first_step_that_leaves_enough_is_the_last() -> None:
    vectors = on_a_circle([0, 4, 8, 12, 16, 90])
    found = near_duplicates(vectors, 0.95)
    assert kept(found.keeper) == [0, 5]
    assert kept(let_in(InMemory(vectors, NO_TILES), found.keeper, found.cos, 2)) == [0, 5]
    # 16 degrees are 0.039 apart: more than a step of 0.036
    assert kept(let_in(InMemory(vectors, NO_TILES), found.keeper, found.cos, 3)) == [0, 4, 5]
    # 8 degrees from both of them are 0.0097: more than a step of 0.0085
    assert kept(let_in(InMemory(vectors, NO_TILES), found.keeper, found.cos, 4)) == [0, 2, 4, 5]


def test_who_is_let_in_is_no_copy_of_another_who_is() -> None:
    vectors = on_a_circle([0, 15, 16])
    found = near_duplicates(vectors, 0.95)
    assert let_in(InMemory(vectors, NO_TILES), found.keeper, found.cos, 2).tolist() == [0, 0, 2]
    assert let_in(InMemory(vectors, NO_TILES), found.keeper, found.cos, 3).tolist() == [0, 2, 2]


def test_copies_are_never_let_in() -> None:
    vectors = on_a_circle([0, 0, 3, 3])
    found = near_duplicates(vectors, 0.95)
    assert let_in(InMemory(vectors, NO_TILES), found.keeper, found.cos, 99).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("keeper", [[-1, -1], [0, 1], []])
def test_where_nobody_was_dropped_nobody_is_let_in(keeper: list[int]) -> None:
    vectors = on_a_circle([0, 1])[: len(keeper)]
    cosine = np.ones(len(keeper), np.float32)
    found = let_in(InMemory(vectors, NO_TILES), np.array(keeper, np.int64), cosine, 5)
    assert found.tolist() == keeper


@given(st.integers(0, 10**6), st.integers(1, 120), st.integers(0, 150))
def test_kept_frames_stay_and_others_differ_as_much_as_they_must(
    seed: int, n: int, wanted: int
) -> None:
    vectors, before = walk(seed, n)
    keeper = before.keeper.copy()
    bad = np.random.default_rng(seed).random(n) < 0.1
    keeper[bad | bad[keeper]] = -1  # neither bad frames nor those who stand behind one
    now = let_in(InMemory(vectors, NO_TILES), keeper, before.cos, wanted)
    stay, own = set(kept(keeper)), kept(now)
    assert stay <= set(own)
    assert ((now < 0) == (keeper < 0)).all()
    there = np.flatnonzero(now >= 0)
    assert (now[now[there]] == now[there]).all()
    assert (keeper[now[there]] == keeper[there]).all()  # all stay behind the same first keeper
    if len(stay) >= wanted:
        assert now.tolist() == keeper.tolist()
    apart = 1.0 - vectors.astype(np.float64) @ vectors.astype(np.float64).T
    within = [apart[a, b] for a in own for b in own if a < b and keeper[a] == keeper[b]]
    assert min(within, default=1.0) > APART[-1] - 1e-6
    if len(own) < wanted:  # all steps were taken
        assert (apart[there, now[there]] <= APART[-1] + 1e-6).all()
