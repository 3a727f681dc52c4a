"""Slices of a budget: proportions in every prefix, and everybody knows of everything."""

import numpy as np
import pytest

from framesel.selection.greedy import NONE_LEFT, Ranked
from framesel.selection.interleave import Interleave


def slices(n: int, shares: list[float], seed: int = 0) -> Interleave:
    rng = np.random.default_rng(seed)
    return Interleave(
        [(f"s{at}", share, Ranked(rng.permutation(n))) for at, share in enumerate(shares)]
    )


def run(mixture: Interleave) -> list[int]:
    rows = []
    while (row := mixture.best()) != NONE_LEFT:
        assert mixture.best() == row
        mixture.take(row)
        rows.append(row)
    return rows


@pytest.mark.parametrize("shares", [[0.7, 0.2, 0.1], [0.5, 0.5], [1.0], [0.1, 0.3, 0.6], [0, 1]])
def test_every_prefix_keeps_the_proportions(shares: list[float]) -> None:
    mixture = slices(200, shares)
    assert sorted(run(mixture)) == list(range(200))
    for t in range(1, 200):
        for at, share in enumerate(shares):
            bought = mixture.sources[:t].count(f"s{at}")
            assert abs(bought - share * t) < 1.0


def test_ten_picks_of_the_default_split() -> None:
    mixture = slices(50, [0.7, 0.2, 0.1])
    run(mixture)
    assert [source[1] for source in mixture.sources[:10]] == list("0010020010")


def test_a_slice_that_is_empty_passes_its_turn_on() -> None:
    mixture = Interleave([("a", 0.5, Ranked(np.array([4, 2]))), ("b", 0.5, Ranked(np.arange(6)))])
    assert run(mixture) == [4, 0, 2, 1, 3, 5]
    assert mixture.sources == ["a", "b", "a", "b", "b", "b"]


def test_closed_rows_and_foreign_picks_are_not_proposed() -> None:
    mixture = slices(20, [0.6, 0.4])
    mixture.close(np.arange(0, 10))
    mixture.take(13)
    assert sorted(run(mixture)) == [row for row in range(10, 20) if row != 13]


def test_the_gain_is_that_of_the_slice_that_paid() -> None:
    ones = {"first": np.ones(4)}
    mixture = Interleave([("a", 0.5, Ranked(np.arange(4), ones)), ("b", 0.5, Ranked(np.arange(4)))])
    gains = []
    for _ in range(4):
        gains.append(mixture.take(mixture.best()))
    assert gains == [{"first": 1.0}, {}, {"first": 1.0}, {}]
