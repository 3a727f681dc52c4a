"""Kernel coverage: lazy is plain for each kernel, the formulas, the width that footage asks for."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from framesel.selection import Candidates
from framesel.selection.coverage.greedy_coverage import Coverage, greedy_coverage_plain
from framesel.selection.coverage.kernels import (
    Kernel,
    cosine_kernel,
    gaussian_kernel,
    top_hat_kernel,
    value,
    values,
)
from framesel.selection.coverage.widths import natural_width
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.herding import Herding

from .vectors import KINDS, fill, make, rng, unit, vector_sets

SHAPES = (cosine_kernel(), gaussian_kernel(0.4), gaussian_kernel(0.05), top_hat_kernel(0.5))


@given(
    vectors=vector_sets(most=60),
    which=st.integers(0, len(SHAPES) - 1),
    seeds=st.integers(0, 3),
    part=st.floats(0, 1),
    at=st.integers(0, 10_000),
)
def test_lazy_is_plain_for_every_kernel(
    vectors: np.ndarray, which: int, seeds: int, part: float, at: int
) -> None:
    weights = rng(at).choice([0.0, 0.5, 1.0, 7.0], len(vectors))
    already = make("random", seeds, vectors.shape[1], at)
    k = round(part * len(vectors))
    rows, gains = fill(Coverage(vectors, weights, already, SHAPES[which]), k)
    plain_rows, plain_gains = greedy_coverage_plain(vectors, weights, already, k, SHAPES[which])
    assert np.array_equal(rows, plain_rows)
    assert np.array_equal(gains, plain_gains)


@pytest.mark.parametrize("shape", SHAPES)
def test_lazy_is_plain_without_a_store(shape: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framesel.selection.coverage.greedy_coverage.most_pairs", lambda n: 0)
    vectors = np.concatenate([make("walk", 150, 48, seed) for seed in range(3)])
    weights = rng(1).random(450)
    coverage = Coverage(vectors, weights, vectors[:3], shape)
    rows, gains = fill(coverage, 50)
    plain_rows, plain_gains = greedy_coverage_plain(vectors, weights, vectors[:3], 50, shape)
    assert coverage.stored is None
    assert np.array_equal(rows, plain_rows)
    assert np.array_equal(gains, plain_gains)
    rest = greedy_coverage_plain(vectors, weights, vectors[[0, 1, 2, *rows]], 1, shape)[1]
    assert coverage.most_more(1) == pytest.approx(rest[0], rel=0.02)
    assert coverage.most_more(1) >= rest[0]


@given(
    a=st.floats(-1.0009765625, 1.0009765625, width=32),
    b=st.floats(-1.0009765625, 1.0009765625, width=32),
)
def test_a_kernel_never_falls_and_numpy_says_the_same(a: float, b: float) -> None:
    low, high = np.float32(min(a, b)), np.float32(max(a, b))
    for shape in SHAPES:
        both = values(shape, np.array([low, high], np.float32))
        assert 0.0 <= both[0] <= both[1] <= 1.0
        assert both.tolist() == [value(shape, low), value(shape, high)]


@pytest.mark.parametrize("sigma", [0.02, 0.3, 1.5])
def test_the_gaussian_is_one(sigma: float) -> None:
    cosines = np.linspace(-1.0, 1.0, 4001, dtype=np.float32)
    distance = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosines.astype(np.float64)))
    expected = np.exp(-(distance**2) / (2 * sigma**2))
    assert values(gaussian_kernel(sigma), cosines) == pytest.approx(expected, abs=1e-5)


def test_the_top_hat_counts_what_is_within_reach() -> None:
    near, beyond = 1 - 0.5 * 0.49**2, 1 - 0.5 * 0.51**2
    cosines = np.array([1.0, near, beyond, -1.0], np.float32)
    assert values(top_hat_kernel(0.5), cosines).tolist() == [1.0, 1.0, 0.0, 0.0]


def test_probcover_worked_example() -> None:
    angles = np.radians([0, 10, 20, 60, 65, 120])
    vectors = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    strategy = Herding(kernel="top_hat", sigma=2 * np.sin(np.radians(11) / 2))
    picks = strategy.select(Candidates(vectors), 3, vectors[:0], Limits(), rng())
    # 10 degrees reaches three frames, 60 reaches two, 120 itself.
    assert picks.indices.tolist() == [1, 3, 5]
    assert picks.gain.tolist() == [3.0, 2.0, 1.0]
    assert picks.certificate is not None
    assert picks.certificate.ratio == 1.0


def test_the_width_is_the_median_distance_to_the_tenth_neighbour() -> None:
    vectors = make("clustered", 300, 12, 4)
    distances = np.linalg.norm(vectors[:, None].astype(float) - vectors[None], axis=2)
    expected = np.median(np.sort(distances, axis=1)[:, 10])
    assert natural_width(vectors, vectors[:0]) == pytest.approx(expected, abs=1e-4)
    labelled = np.median(distances[:, :40].min(axis=1))
    assert labelled < expected
    assert natural_width(vectors, vectors[:40]) == pytest.approx(labelled, abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("kernel", ["gaussian", "top_hat"])
def test_herding_is_near_the_optimum_and_its_certificate_holds(kind: str, kernel: str) -> None:
    vectors, already = make(kind, 11, 5, 3), make(kind, 2, 5, 8)
    candidates = Candidates(vectors, mass=np.arange(1, 12), utility=np.linspace(1, 0.1, 11))
    strategy = Herding(kernel=kernel, sigma=0.6)
    shape = {"gaussian": gaussian_kernel, "top_hat": top_hat_kernel}[kernel](0.6)
    weights = strategy.weights(candidates)

    def gain(some: object) -> float:
        both = np.concatenate([already, vectors[np.array(some, int)]])
        worth = values(shape, vectors @ both.T).astype(float)
        return float(weights @ (worth.max(axis=1) - worth[:, :2].max(axis=1)))

    for k in (1, 2, 3):
        picks = strategy.select(candidates, k, already, Limits(), rng())
        best = max(gain(some) for some in combinations(range(11), k))
        assert gain(picks.indices) >= (1 - 1 / np.e) * best - 1e-5
        assert picks.certificate is not None
        assert picks.certificate.achieved == pytest.approx(gain(picks.indices), abs=1e-4)
        assert picks.certificate.bound >= best - 1e-4


def test_a_width_is_a_distance_or_auto() -> None:
    for wrong in (0.0, -1.0, 2.5, "wide"):
        with pytest.raises(ValidationError):
            Herding.model_validate({"sigma": wrong})
