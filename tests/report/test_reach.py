"""Distances to the nearest of a choice, against plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.report.figures import reach as module
from framesel.report.figures.reach import Reach, companions
from framesel.report.vectors import SomeVectors


def unit_rows(n: int, dim: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def held(vectors: np.ndarray) -> SomeVectors:
    return SomeVectors(np.arange(len(vectors)), vectors)


@st.composite
def choices(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Vectors, measured rows, rows before, rows in order, sizes."""
    n = draw(st.integers(2, 25))
    vectors = unit_rows(n, draw(st.integers(2, 5)), draw(st.integers(0, 1000)))
    order = np.array(draw(st.permutations(range(n))))
    k = draw(st.integers(1, n))
    before = np.array(draw(st.lists(st.integers(0, n - 1), max_size=3, unique=True)), np.int64)
    measured = np.array(draw(st.lists(st.integers(0, n - 1), min_size=1, unique=True)), np.int64)
    sizes = np.array(sorted(draw(st.lists(st.integers(1, k), min_size=1, max_size=5))), np.int64)
    return vectors, measured, before, order[:k], sizes


def plain_distance(vectors: np.ndarray, measured: np.ndarray, chosen: list[int]) -> float:
    exact = vectors.astype(np.float64)
    nearest = [max(float(exact[i] @ exact[j]) for j in chosen) for i in measured.tolist()]
    return sum(max(0.0, 1.0 - cos) for cos in nearest) / len(measured)


@given(choices(), st.sampled_from([16, 100, 1 << 20]))
def test_mean_distance_is_that_of_a_plain_loop(
    given_: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], block: int
) -> None:
    vectors, measured, before, rows, sizes = given_
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", block)
        found = Reach.of(held(vectors), measured, before).over(rows, sizes)
    for size, distance in zip(sizes.tolist(), found.tolist(), strict=True):
        chosen = [*before.tolist(), *rows[:size].tolist()]
        assert distance == pytest.approx(plain_distance(vectors, measured, chosen), abs=1e-5)


@given(choices(), st.floats(-0.5, 0.95), st.sampled_from([16, 1 << 20]))
def test_companions_are_those_of_a_plain_loop(
    given_: tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray],
    tau: float,
    block: int,
) -> None:
    vectors, _, before, rows, _ = given_
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", block)
        found = companions(vectors[rows], vectors[before], tau)
    cosines = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    for at, row in enumerate(rows.tolist()):
        near = [c for c in cosines[row] if abs(c - tau) < 1e-5]
        if near:  # too near to tau to be told by single precision
            continue
        others = [
            j for j, other in enumerate(rows.tolist()) if j != at and cosines[row, other] >= tau
        ]
        expected = min(others, default=len(rows))
        if any(cosines[row, b] >= tau for b in before.tolist()):
            expected = -1
        assert found[at] == expected


def test_what_a_larger_choice_reaches_is_never_farther() -> None:
    vectors = unit_rows(200, 8, 0)
    order = np.random.default_rng(1).permutation(200)
    reach = Reach.of(held(vectors), np.arange(200), np.empty(0, np.int64))
    distance = reach.over(order, np.arange(1, 201))
    assert (np.diff(distance) <= 1e-9).all()
    assert distance[-1] == pytest.approx(0, abs=1e-6)
