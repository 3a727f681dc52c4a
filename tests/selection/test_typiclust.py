"""TypiClust: typical frames of the largest clusters without labels."""

import importlib
import warnings
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.engines.typicality import typicality
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.typiclust import TypiClust

from .vectors import rng, unit, vector_sets

NOTHING = np.empty((0, 20), np.float32)


def groups(*sizes: int, noise: float = 0.05) -> tuple[np.ndarray, np.ndarray]:
    """Well separated groups of unit vectors, 20 wide, and the group of each."""
    truth = np.repeat(np.arange(len(sizes)), sizes)
    return unit(np.eye(20)[truth] + noise * rng(1).standard_normal((len(truth), 20))), truth


@given(vectors=vector_sets(most=50), cells=st.integers(1, 5), most=st.integers(1, 20))
def test_typicality_is_by_the_mean_distance_to_neighbours(
    vectors: np.ndarray, cells: int, most: int
) -> None:
    cell_of = rng(cells).integers(0, cells, len(vectors))
    values = typicality(vectors, cell_of, most)
    rows = vectors.astype(np.float64)
    for row in range(len(vectors)):
        others = [o for o in np.flatnonzero(cell_of == cell_of[row]) if o != row]
        if not others:
            assert values[row] == 0
            continue
        near = sorted(np.linalg.norm(rows[others] - rows[row], axis=1))
        mean = np.mean(near[: min(most, (len(others) + 1) // 2)])
        # Distances of copies are zero up to the root of float32's precision.
        assert 1.0 / values[row] == pytest.approx(mean + 1e-5, rel=1e-3, abs=2e-3)


def test_the_largest_clusters_give_their_most_typical_frame() -> None:
    vectors, truth = groups(40, 12, 25, 30)
    picks = TypiClust().select(Candidates(vectors), 4, NOTHING, Limits(), rng(1))
    assert truth[picks.indices].tolist() == [0, 3, 2, 1]
    values = typicality(vectors, truth)
    for row in picks.indices:
        assert values[row] == values[truth == truth[row]].max()


def test_clusters_with_labels_wait() -> None:
    vectors, truth = groups(40, 12, 25, 30)
    already = unit(vectors[[0, 1, 60]] + 0.01)
    picks = TypiClust(clusters_most=4).select(Candidates(vectors), 5, already, Limits(), rng())
    # Groups 1 and 3 have no label; then the three with one; group 0 has two.
    assert truth[picks.indices].tolist() == [3, 1, 3, 2, 1]


def test_small_clusters_come_after_all_others() -> None:
    vectors, truth = groups(30, 5, 20)
    picks = TypiClust(clusters_most=3).select(Candidates(vectors), 51, NOTHING, Limits(), rng())
    assert (truth[picks.indices[:50]] != 1).all()
    assert truth[picks.indices[50]] == 1
    kept = TypiClust(clusters_most=3, too_small=4)
    assert 1 in truth[kept.select(Candidates(vectors), 3, NOTHING, Limits(), rng()).indices]


def test_mass_is_part_of_the_size() -> None:
    vectors, truth = groups(30, 10)
    heavy = Candidates(vectors, mass=np.where(truth == 1, 100, 1))
    assert truth[TypiClust().select(heavy, 2, NOTHING, Limits(), rng()).indices[0]] == 1
    light = TypiClust(alpha=0.0).select(heavy, 2, NOTHING, Limits(), rng())
    assert truth[light.indices[0]] == 0


@pytest.mark.parametrize("labelled", [[], [3, 61], [100, 150, 170]])
def test_same_picks_as_scikit_activeml(
    labelled: list[int], require: Callable[[str, bool, str], None]
) -> None:
    require("peers", find_spec("skactiveml") is not None, "scikit-activeml is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pool = importlib.import_module("skactiveml.pool")
    vectors, truth = groups(60, 45, 50, 80)
    uncovered = 4 - len(labelled)
    labels = np.full(len(vectors), np.nan)
    labels[labelled] = 0
    theirs = pool.TypiClust(k=20, cluster_algo=_KnowsTheGroups, random_state=0)
    expected = theirs.query(vectors, labels, batch_size=uncovered)
    strategy = TypiClust(clusters_most=4)
    picks = strategy.select(Candidates(vectors), uncovered, vectors[labelled], Limits(), rng(2))
    assert picks.indices.tolist() == expected.tolist()
    assert len(set(truth[labelled]) | set(truth[picks.indices])) == 4


class _KnowsTheGroups:
    """A clustering for scikit-activeml that finds what :func:`groups` made."""

    def __init__(self, n_clusters: int = 4) -> None:
        self.n_clusters = n_clusters

    def fit_predict(self, vectors: np.ndarray) -> np.ndarray:
        return np.asarray(vectors[:, :4].argmax(axis=1))
