"""Balance of classes and of metadata: greedy by definition, even shares, distance among ties."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from framesel.errors import SelectionError
from framesel.selection import Candidates
from framesel.selection.engines.balance import Balance, gains_plain
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.class_balance import ClassBalance
from framesel.selection.strategies.metadata_balance import MetadataBalance

from .vectors import make, rng

NOTHING = np.empty((0, 8), np.float32)
CLASSES = ("person", "car", "dog")


def value(counts: np.ndarray, rows: list[int]) -> float:
    """F of some picks, by its definition."""
    return float(np.sqrt(counts[rows].sum(axis=0)).sum())


@settings(deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 25), st.integers(0, 3))
def test_each_pick_has_the_largest_gain(seed: int, n: int, m: int) -> None:
    draw = rng(seed)
    counts = draw.integers(0, 4, (n, 3)) * draw.random((n, 3)).round(1)
    weights, have = draw.random(3), np.zeros(3)
    candidates = Candidates(make("random", n, 8, seed))
    seeds = make("random", m, 8, seed + 1)
    balance, left = Balance(candidates, seeds, csr_matrix(counts), weights), set(range(n))
    for rank in range(n):
        gains = gains_plain(counts, weights, have)
        row = balance.best()
        if rank % 4 == 3:
            row = min(left)
        else:
            assert row in left
            assert gains[row] == pytest.approx(max(gains[list(left)]), abs=1e-9)
        assert balance.take(row)["balance"] == pytest.approx(gains[row], abs=1e-9)
        left.remove(row)
        have += counts[row]
    assert balance.best() == -1


@pytest.mark.parametrize("seed", range(12))
def test_it_reaches_its_share_of_the_optimum_and_certifies_no_more(seed: int) -> None:
    counts = rng(seed).integers(0, 4, (11, 3)).astype(np.float64)
    candidates = Candidates(make("random", 11, 8, seed), class_counts=counts, classes=CLASSES)
    picks = ClassBalance().select(candidates, 4, NOTHING, Limits(), rng())
    best = max(value(counts, list(rows)) for rows in combinations(range(11), 4))
    reached = value(counts, picks.indices.tolist())
    assert picks.certificate is not None
    assert picks.certificate.achieved == pytest.approx(reached)
    assert reached >= (1 - 1 / np.e) * best
    assert picks.certificate.bound >= best - 1e-9
    assert picks.gain.sum() == pytest.approx(reached)


def test_the_rare_class_comes_first_and_weights_decide() -> None:
    counts = np.zeros((30, 3))
    counts[:28, 1] = 1.0
    counts[28, 2] = counts[29, 0] = 1.0
    candidates = Candidates(make("random", 30, 8, 1), class_counts=counts, classes=CLASSES)
    picks = ClassBalance().select(candidates, 3, NOTHING, Limits(), rng())
    assert counts[picks.indices].sum(axis=0).tolist() == [1, 1, 1]
    keen = ClassBalance(weights={"car": 0.0, "dog": 3.0})
    picks = keen.select(candidates, 2, NOTHING, Limits(), rng())
    assert picks.indices.tolist() == [28, 29]
    assert picks.reason[0] == "adds 3 by 1 dog"


def test_frames_that_gain_alike_are_taken_far_apart() -> None:
    vectors = np.repeat(np.eye(8, dtype=np.float32)[:4], 10, axis=0)
    candidates = Candidates(vectors, class_counts=np.ones((40, 1)), classes=("car",))
    picks = ClassBalance().select(candidates, 4, NOTHING, Limits(), rng())
    assert sorted(picks.indices // 10) == [0, 1, 2, 3]
    known = vectors[[0, 10]]
    picks = ClassBalance().select(candidates, 2, known, Limits(), rng())
    assert sorted(picks.indices // 10) == [2, 3]


def test_frames_without_boxes_follow_those_with_some() -> None:
    counts = np.zeros((20, 1))
    counts[15:] = 1.0
    candidates = Candidates(make("random", 20, 8, 0), class_counts=counts, classes=("car",))
    picks = ClassBalance().select(candidates, 8, NOTHING, Limits(), rng())
    assert set(picks.indices[:5]) == set(range(15, 20))
    assert picks.reason[7] == "nothing left to add"


def cameras(*names: str) -> Candidates:
    """One frame for each name."""
    return Candidates(make("random", len(names), 8, 3), metadata={"camera": np.array(names)})


def test_each_value_gets_the_same_share_while_it_lasts() -> None:
    candidates = cameras(*["north"] * 40, *["south"] * 3, *[""] * 10)
    texts = candidates.metadata["camera"]
    picks = MetadataBalance(column="camera").select(candidates, 15, NOTHING, Limits(), rng())
    names, counts = np.unique(texts[picks.indices], return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {
        "": 6,
        "north": 6,
        "south": 3,
    }
    for rank in range(0, 9, 3):
        assert len(set(texts[picks.indices[rank : rank + 3]])) == 3
    assert picks.certificate is not None
    assert picks.certificate.ratio == pytest.approx(1.0)
    assert picks.reason[0].startswith("number 1 with camera")


def test_within_a_value_it_is_farthest_first() -> None:
    candidates = cameras(*["north"] * 30)
    picks = MetadataBalance(column="camera").select(candidates, 6, NOTHING, Limits(), rng())
    cosines = candidates.vectors @ candidates.vectors[picks.indices].T
    for rank in range(1, 6):
        nearest = cosines[:, :rank].max(axis=1)
        assert nearest[picks.indices[rank]] == pytest.approx(nearest.min(), abs=1e-6)


def test_unknown_names_are_named() -> None:
    with pytest.raises(SelectionError, match="did you mean 'camera'"):
        MetadataBalance(column="camra").select(cameras("a"), 1, NOTHING, Limits(), rng())
    candidates = Candidates(make("random", 1, 8, 0), class_counts=[[1, 0, 2]], classes=CLASSES)
    with pytest.raises(SelectionError, match=r"weights: there is no class 'person_'.*'person'"):
        ClassBalance(weights={"person_": 2}).select(candidates, 1, NOTHING, Limits(), rng())
