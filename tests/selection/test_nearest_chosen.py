"""The nearest of what is chosen, for every frame."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.vectors.dot import dots
from framesel.selection.vectors.nearest_chosen import nearest_chosen

from .vectors import make, vector_sets


@given(vectors=vector_sets(most=50), k=st.integers(1, 20), seed=st.integers(0, 10_000))
def test_it_is_the_plain_maximum(vectors: np.ndarray, k: int, seed: int) -> None:
    chosen = np.concatenate([make("random", k, vectors.shape[1], seed), vectors[:2], vectors[:2]])
    rows, cosines = nearest_chosen(vectors, chosen)
    plain = np.stack([dots(vectors, row) for row in chosen], axis=1)
    assert np.array_equal(rows, plain.argmax(axis=1))  # ties to the lowest
    assert np.array_equal(cosines, plain.max(axis=1))


def test_nothing_is_near_where_nothing_is_chosen() -> None:
    rows, cosines = nearest_chosen(make("random", 3, 4, 0), np.empty((0, 4), np.float32))
    assert rows.tolist() == [-1, -1, -1]
    assert np.isnan(cosines).all()
