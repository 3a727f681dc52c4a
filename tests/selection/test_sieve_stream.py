"""Sieve-streaming: its bound against the optimum, its sample, its guesses."""

from itertools import combinations

import numpy as np
import pytest

from framesel.selection import stream
from framesel.selection.streams.sieve_stream import Sieve, SieveStream

from .vectors import make, rng


def value(vectors: np.ndarray, weights: np.ndarray, rows: list[int], known: np.ndarray) -> float:
    """F of some frames over all others, by its definition."""
    bank = np.concatenate([known, vectors[rows]])
    cover = np.maximum(0.0, vectors @ bank.T).max(axis=1, initial=0.0)
    base = np.maximum(0.0, vectors @ known.T).max(axis=1, initial=0.0)
    return float(weights @ (cover - base)) / len(vectors)


class FixedSample(SieveStream):
    """A sieve stream whose sample is given beforehand."""

    def fill(self, vectors: np.ndarray, weights: np.ndarray) -> None:
        """Take all frames as the sample."""
        for number, vector in enumerate(vectors):
            super()._enter_sample(vector[None], float(weights[number]), number)

    def _enter_sample(self, row: np.ndarray, useful: float, number: int) -> None:
        """Leave the sample as it is."""


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("kind", ["random", "clustered", "walk", "axes"])
def test_the_bound_holds_against_the_optimum(seed: int, kind: str) -> None:
    draw = rng(seed)
    n, budget, epsilon = 14, int(draw.integers(1, 5)), float(draw.choice([0.05, 0.2, 0.45]))
    vectors = make(kind, n, 6, seed)
    weights = draw.random(n) * (draw.random(n) < 0.8)
    known = make("random", int(draw.integers(0, 2)), 6, seed + 99)
    picking = FixedSample(Sieve(epsilon=epsilon, sample=n), budget, known, draw)
    picking.fill(vectors, weights)
    picking.offer(vectors, weights)
    best = max(
        value(vectors, weights, list(rows), known) for rows in combinations(range(n), budget)
    )
    reached = value(vectors, weights, picking.picks.tolist(), known)
    assert reached >= (0.5 - epsilon) * best - 1e-6
    assert len(picking.picks) <= budget


def greedy(vectors: np.ndarray, k: int) -> list[int]:
    """Greedy coverage with all frames at hand."""
    cosines = np.maximum(0.0, vectors @ vectors.T)
    cover, rows = np.zeros(len(vectors)), []
    for _ in range(k):
        rows.append(int(np.maximum(cosines, cover).sum(axis=1).argmax()))
        cover = np.maximum(cover, cosines[rows[-1]])
    return rows


@pytest.mark.parametrize("sample", [100, 1000])
def test_with_a_reservoir_it_comes_near_to_greedy_on_all_footage(sample: int) -> None:
    vectors = make("clustered", 800, 12, 4)
    picking = stream(15, "sieve", sample=sample)
    picking.offer(vectors)
    even = np.ones(800)
    reached = value(vectors, even, picking.picks.tolist(), vectors[:0])
    assert reached >= 0.8 * value(vectors, even, greedy(vectors, 15), vectors[:0])


def test_the_sample_is_drawn_evenly() -> None:
    hits = np.zeros(60)
    for seed in range(400):
        picking = SieveStream(Sieve(sample=6), 1, np.empty((0, 0), np.float32), rng(seed))
        vectors = np.eye(60, dtype=np.float32)
        picking.offer(vectors)
        hits += picking._sample.sum(axis=0)
    # 40 expected; five standard deviations of a binomial draw.
    assert hits.sum() == 2400
    assert np.abs(hits - 40).max() < 5 * np.sqrt(40 * 0.9)


def test_what_the_sieves_hold_is_what_was_computed() -> None:
    vectors, utility = make("walk", 300, 8, 6), rng(3).random(300)
    known = make("random", 2, 8, 1)
    picking = SieveStream(Sieve(sample=20), 7, known, rng(0))
    picking.offer(vectors, utility)
    sample, weights = picking._sample, picking._useful
    base = np.maximum(0.0, sample @ known.T).max(axis=1)
    values, _ = picking._values_and_gains(np.zeros(20))
    for at, numbers in enumerate(picking._taken):
        cover = np.maximum(base, (sample @ vectors[numbers].T).max(axis=1, initial=0.0))
        assert picking._covers[at] == pytest.approx(cover, abs=1e-6)
        assert values[at] == pytest.approx(float(weights @ (cover - base)) / 20, abs=1e-6)
    assert len(picking._levels) <= np.log(2 * 7) / np.log(1.1) + 1
    assert picking.held.tolist() == sorted({n for numbers in picking._taken for n in numbers})


def test_utility_says_what_must_be_covered() -> None:
    vectors = np.repeat(np.eye(4, dtype=np.float32), 50, axis=0)[rng(1).permutation(200)]
    utility = np.where(vectors[:, 2] + vectors[:, 3] > 0, 1.0, 0.01)
    picking = stream(2, "sieve")
    picking.offer(vectors, utility)
    assert sorted(vectors[picking.picks].argmax(axis=1)) == [2, 3]
