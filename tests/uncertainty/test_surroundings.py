"""Density, typicality and novelty against plain distance matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from framesel.errors import UsageError
from framesel.uncertainty.neighbours import nearest
from framesel.uncertainty.surroundings import density, novelty, typicality


def unit(n: int, d: int = 6, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d)) + 0.5
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def settles_and_craven(vectors: np.ndarray, beta: float, mass: np.ndarray) -> np.ndarray:
    """Their double loop."""
    out = []
    for x in vectors:
        total = sum(m * float(x @ u) for u, m in zip(vectors, mass, strict=True))
        out.append(((1 + total / mass.sum()) / 2) ** beta)
    return np.array(out)


@pytest.mark.parametrize("beta", [-2.0, -1.0, 0.0, 0.5, 1.0])
def test_density_is_the_mean_similarity_to_all(beta: float) -> None:
    vectors = unit(40)
    mass = np.random.default_rng(1).integers(1, 9, 40).astype(float)
    expected = settles_and_craven(vectors, beta, mass)
    np.testing.assert_allclose(density(vectors, beta=beta, mass=mass), expected, rtol=1e-4)
    plain = settles_and_craven(vectors, beta, np.ones(40))
    np.testing.assert_allclose(density(vectors, beta=beta), plain, rtol=1e-4)


def test_the_sign_of_beta_turns_the_order_around() -> None:
    crowd = np.concatenate([unit(1).repeat(9, axis=0), -unit(1)])
    assert density(crowd)[0] > density(crowd)[9]
    assert density(crowd, beta=-1)[0] < density(crowd, beta=-1)[9]


def test_mass_is_the_same_as_repeating_a_frame() -> None:
    vectors, mass = unit(12), np.arange(1, 13)
    repeated = density(np.repeat(vectors, mass, axis=0))
    weighed = density(vectors, mass=mass)
    np.testing.assert_allclose(repeated[np.cumsum(mass) - 1], weighed, rtol=1e-5)


def test_typicality_is_one_over_the_mean_distance() -> None:
    vectors = unit(60)
    distances = NearestNeighbors(n_neighbors=8).fit(vectors).kneighbors(vectors)[0][:, 1:]
    np.testing.assert_allclose(typicality(vectors, 7), 1 / distances.mean(axis=1), rtol=2e-3)


def test_typicality_of_copies_and_of_one() -> None:
    copies = unit(1).repeat(5, axis=0)
    assert np.isfinite(typicality(copies)).all()
    assert np.isnan(typicality(unit(1))).all()
    assert typicality(unit(0)).shape == (0,)


def test_novelty_is_the_distance_to_the_nearest_labelled() -> None:
    vectors, labelled = unit(30), unit(9, seed=4)
    gaps = np.linalg.norm(vectors[:, None] - labelled[None], axis=2).min(axis=1)
    np.testing.assert_allclose(novelty(vectors, labelled), gaps, atol=1e-3)
    np.testing.assert_allclose(novelty(vectors, vectors[:10])[:10], 0, atol=1e-3)
    assert novelty(vectors, labelled[:0]).tolist() == [2.0] * 30


@given(
    n=st.integers(0, 30),
    k=st.integers(1, 12),
    tile=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    copies=st.booleans(),
    other=st.booleans(),
)
def test_neighbours_do_not_depend_on_the_tiles(
    n: int, k: int, tile: tuple[int, int], copies: bool, other: bool
) -> None:
    # Small whole numbers have exact products, so that ties are ties in every tile.
    axes = np.eye(4, dtype=np.float32)[np.random.default_rng(n).integers(0, 4, n)]
    vectors = axes if copies else unit(n, 4)
    among = vectors[::-1][: n // 2] if other else None
    index, cosine = nearest(vectors, k, among, rows=tile[0], columns=tile[1])
    table = vectors @ (vectors if among is None else among).T
    if among is None:
        np.fill_diagonal(table, -2)
    expected = np.argsort(-table, axis=1, kind="stable")[:, : index.shape[1]]
    assert index.shape[1] == min(k, max(0, table.shape[1] - (among is None)))
    np.testing.assert_allclose(cosine, np.take_along_axis(table, expected, axis=1), atol=1e-6)
    if copies:
        assert np.array_equal(index, expected)


def test_nonsense_is_refused() -> None:
    with pytest.raises(UsageError, match="unit length"):
        density(np.ones((2, 2)))
    with pytest.raises(UsageError, match="unit length"):
        novelty(np.full((2, 2), np.nan), unit(1, 2))
    with pytest.raises(UsageError, match="shape"):
        typicality(np.ones(3))
    with pytest.raises(UsageError, match="k must"):
        typicality(unit(3), 0)
    with pytest.raises(UsageError, match="mass"):
        density(unit(3), mass=np.array([1, 0, 1]))
