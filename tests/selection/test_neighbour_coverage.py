"""Coverage on near neighbours: exact where it leaves nothing out, close where it does."""

import tracemalloc

import numpy as np
import pytest

from framesel.selection import Candidates
from framesel.selection.coverage import neighbour_coverage
from framesel.selection.coverage.kernels import gaussian_kernel, values
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.cover import Cover
from framesel.selection.strategies.facility_location import FacilityLocation
from framesel.selection.strategies.herding import Herding

from .footage import footage
from .vectors import KINDS, make, rng

STRATEGIES = (FacilityLocation, Herding, Cover)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_with_all_pairs_it_is_exact(kind: str, strategy: type[Cover]) -> None:
    candidates, already = footage(kind, 150), make("random", 3, 24, 7)
    exact = strategy().select(candidates, 60, already, Limits(), rng())
    near = strategy(exact_below=0).select(candidates, 60, already, Limits(), rng())
    assert np.array_equal(exact.indices, near.indices)
    assert np.array_equal(exact.gain, near.gain, equal_nan=True)
    assert exact.certificate is not None
    assert near.certificate is not None
    assert near.certificate.achieved == exact.certificate.achieved
    assert near.certificate.bound == pytest.approx(exact.certificate.bound)


def test_with_some_pairs_it_is_close(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbour_coverage, "REPRESENTED", 300)
    monkeypatch.setattr(neighbour_coverage, "PAIRS", 300 * 60)
    vectors = np.concatenate([make("walk", 100, 24, seed) for seed in range(12)])
    candidates = Candidates(vectors, mass=rng().integers(1, 30, 1200))

    def reached(exact_below: int) -> float:
        strategy = Herding(sigma=0.5, exact_below=exact_below)
        rows = strategy.select(candidates, 40, vectors[:2], Limits(), rng()).indices
        both = np.concatenate([vectors[:2], vectors[rows]])
        worth = values(gaussian_kernel(0.5), vectors @ both.T).max(axis=1)
        return float(strategy.weights(candidates) @ worth)

    assert reached(1199) >= 0.97 * reached(1200)


def test_a_frame_is_covered_by_its_neighbours_alone() -> None:
    rows = np.array([[0, 2], [2, 1], [1, 0]], np.int32)
    worth = np.array([[1.0, 0.5], [0.9, 0.2], [0.7, 0.3]], np.float32)
    graph = neighbour_coverage.turned(rows, worth, np.array([0, 0.2, 0], np.float32), 4)
    assert graph.starts.tolist() == [0, 2, 3, 5, 5]
    assert graph.frames.tolist() == [0, 2, 2, 0, 1]
    assert graph.values == pytest.approx([1.0, 0.3, 0.7, 0.5, 0.9])


def test_turning_takes_little_beside_what_it_gives() -> None:
    """Workers hold what it takes, so memory that it wastes is a worker less."""
    frames, near, n = 4_000, 64, 5_000
    drawn = [rng(seed).permutation(n)[:near] for seed in range(frames)]
    rows, worth = np.stack(drawn).astype(np.int32), rng().random((frames, near)).astype(np.float32)
    cover = np.zeros(frames, np.float32)
    neighbour_coverage.turned(rows[:10], worth[:10], cover[:10], n)  # compiles
    tracemalloc.start()
    graph = neighbour_coverage.turned(rows, worth, cover, n)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert graph.starts[-1] == frames * near
    assert peak < 1.2 * (graph.frames.nbytes + graph.values.nbytes)
