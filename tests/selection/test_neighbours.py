"""Nearest rows: exact, and the lower row wins ties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.coverage import neighbours
from framesel.selection.coverage.neighbours import nearest_rows
from framesel.selection.vectors.dot import dots

from .vectors import make, vector_sets


@given(vectors=vector_sets(), share=st.floats(0, 1), seed=st.integers(0, 1000))
def test_nearest_rows_are_those_of_a_full_sort(
    vectors: np.ndarray, share: float, seed: int
) -> None:
    t = 1 + round(share * (len(vectors) - 1))
    queries = np.concatenate([vectors[::3], make("random", 2, vectors.shape[1], seed)])
    rows, cosines = nearest_rows(queries, vectors, t)
    for query, mine, worth in zip(queries, rows, cosines, strict=True):
        exact = dots(vectors, query)
        order = np.lexsort((np.arange(len(vectors)), -exact))[:t]
        assert mine.tolist() == order.tolist()
        assert np.array_equal(worth, exact[order])


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = make("walk", 500, 40, 1)
    whole = nearest_rows(vectors, vectors, 12)
    monkeypatch.setattr(neighbours, "_NUMBERS_AT_ONCE", 7 * 500)
    parts = nearest_rows(vectors, vectors, 12)
    assert all(np.array_equal(a, b) for a, b in zip(whole, parts, strict=True))


def test_no_queries_no_answer() -> None:
    vectors = make("random", 5, 4, 0)
    assert nearest_rows(vectors[:0], vectors, 2)[0].shape == (0, 2)
