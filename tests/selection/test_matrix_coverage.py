"""Greedy coverage on given values: lazy is plain, sparse is dense, near the optimum."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from framesel.errors import SelectionError
from framesel.selection.coverage.matrix_coverage import cover_matrix


def plain(values: np.ndarray, k: int, weights: np.ndarray) -> list[int]:
    """Every gain for every pick; values and weights are small whole numbers, so sums are exact."""
    cover, rows = np.zeros(values.shape[1]), []
    for _ in range(k):
        gains = np.maximum(values - cover, 0) @ weights
        gains[rows] = -1
        rows.append(int(gains.argmax()))
        cover = np.maximum(cover, values[rows[-1]])
    return rows


@given(
    n=st.integers(1, 40), frames=st.integers(1, 70), seed=st.integers(0, 999), empty=st.floats(0, 1)
)
def test_lazy_is_plain_on_dense_and_sparse(n: int, frames: int, seed: int, empty: float) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 9, (n, frames)) * (rng.random((n, frames)) >= empty)
    weights = rng.integers(0, 4, frames).astype(float)
    expected = plain(values, n, weights)
    dense = cover_matrix(values.astype(np.float32), n, weights)
    stored = cover_matrix(sparse.csr_matrix(values.astype(np.float32)), n, weights)
    assert dense[0].tolist() == stored[0].tolist() == expected
    assert np.array_equal(dense[1], stored[1])
    assert dense[1].sum() == weights @ np.maximum(values.max(axis=0), 0)


def test_near_the_optimum() -> None:
    values = np.random.default_rng(2).random((10, 25)).astype(np.float32)
    for k in (1, 2, 4):
        gains = cover_matrix(values, k)[1]
        best = max(values[list(some)].max(axis=0).sum() for some in combinations(range(10), k))
        assert (1 - 1 / np.e) * best <= gains.sum() <= best * (1 + 1e-6)


def test_what_makes_no_sense() -> None:
    values = np.eye(3, dtype=np.float32)
    assert len(cover_matrix(values, 0)[0]) == 0
    with pytest.raises(SelectionError, match="4 of 3 rows"):
        cover_matrix(values, 4)
    with pytest.raises(SelectionError, match="one for each column"):
        cover_matrix(values, 1, np.ones(2))
    with pytest.raises(SelectionError, match="finite"):
        cover_matrix(np.full((2, 2), np.nan, np.float32), 1)
    with pytest.raises(SelectionError, match="not negative"):
        cover_matrix(sparse.csr_matrix(values), 1, -np.ones(3))
