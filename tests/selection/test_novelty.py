"""Relevance blended with novelty: the lazy kernel, ranked batch mode, similarity to examples."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.errors import SelectionError
from framesel.selection import Candidates
from framesel.selection.engines.novelty import Blend, Nearest, best_plain
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.ranked_batch import RankedBatch
from framesel.selection.strategies.similar import Similar

from .vectors import make, rng, vector_sets

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from modAL.batch import select_instance

NOTHING = np.empty((0, 16), np.float32)


@settings(deadline=None)
@given(
    vector_sets(most=40, least=2),
    st.integers(0, 3),
    st.sampled_from((0.0, 0.3, 1.0)),
    st.integers(0, 2**20),
)
def test_lazy_picks_are_those_of_the_plain_scan(
    vectors: np.ndarray, m: int, share: float, seed: int
) -> None:
    draw = rng(seed)
    seeds = make("random", m, vectors.shape[1], seed)
    relevance = np.round(draw.random(len(vectors)), 1)
    blend = Blend(vectors, seeds, relevance, lambda taken: share / (1 + taken))
    chosen, gone = seeds, np.zeros(len(vectors), np.bool_)
    for taken in range(len(vectors)):
        if taken % 5 == 3:  # another's pick, or a closed row
            row = int(draw.choice(np.flatnonzero(~gone)))
        else:
            part = share / (1 + taken)
            worth = np.where(gone, -np.inf, (1 - part) * relevance)
            row = best_plain(vectors, chosen, worth, part)
            assert blend.best() == row == blend.best()
        blend.take(row)
        gone[row] = True
        chosen = np.concatenate([chosen, vectors[[row]]])
    assert blend.best() == -1


def test_what_is_out_of_the_question_is_never_best() -> None:
    nearest = Nearest(make("random", 5, 8, 0), np.empty((0, 8), np.float32))
    assert nearest.best(np.full(5, -np.inf), 1.0) == -1
    assert nearest.best(np.array([-np.inf, -np.inf, -3.0, -np.inf, -3.0]), 1.0) == 2


def test_ranked_batch_picks_what_modal_picks() -> None:
    pool, labelled = make("clustered", 60, 16, 3), make("random", 25, 16, 4)
    useful = rng(1).random(60).astype(np.float32)
    candidates = Candidates(pool, utility=5.0 * useful)
    picks = RankedBatch().select(candidates, 40, labelled, Limits(), rng())
    known, mask, expected = labelled, np.ones(60, np.bool_), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(40):
            row, vector, mask = select_instance(
                known, pool, useful / useful.max(), mask, "euclidean", None
            )
            known = np.concatenate([known, vector])
            expected.append(row)
    assert picks.indices.tolist() == expected


def test_much_that_is_labelled_makes_utility_count() -> None:
    pool, useful = make("random", 30, 16, 1), rng(2).random(30)
    candidates = Candidates(pool, utility=useful)
    few = RankedBatch().select(candidates, 5, make("random", 1, 16, 9), Limits(), rng())
    many = RankedBatch().select(candidates, 5, make("random", 3000, 16, 9), Limits(), rng())
    assert useful[many.indices].mean() > useful[few.indices].mean()
    assert set(many.indices) == set(np.argsort(-useful)[:5])


def looked_for() -> tuple[Candidates, np.ndarray]:
    """Ten near-copies of one view of what is looked for, another view of it, and other things."""
    views = np.eye(16)[:2] + 0.7 * np.eye(16)[2]
    other = make("random", 40, 16, 2)
    rows = np.concatenate([np.repeat(views[:1], 10, axis=0), views[1:], other])
    rows[:11] += 0.01 * rng(0).standard_normal((11, 16))
    unit = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    target = (views[0] + 0.8 * views[1])[None]
    return Candidates(unit, targets=target / np.linalg.norm(target)), unit


def test_search_without_diversity_is_the_order_of_cosines() -> None:
    candidates, unit = looked_for()
    picks = Similar(diversity=0.0).select(candidates, 51, NOTHING, Limits(), rng())
    assert candidates.targets is not None
    cosine = (unit.astype(np.float64) @ candidates.targets[0])[picks.indices]
    assert (np.diff(cosine) <= 1e-6).all()
    assert set(picks.indices[:11]) == set(range(11))


def test_another_view_comes_before_the_same_again() -> None:
    candidates, _ = looked_for()
    picks = Similar().select(candidates, 4, NOTHING, Limits(), rng())
    assert picks.indices[0] < 10
    assert picks.indices[1] == 10
    assert picks.reason[1].endswith("to example 1")
    without = Similar(diversity=0.0).select(candidates, 4, NOTHING, Limits(), rng())
    assert without.indices.max() < 10


def test_examples_must_be_there() -> None:
    candidates = Candidates(make("random", 5, 16, 0), targets=NOTHING)
    with pytest.raises(SelectionError, match="name one example picture"):
        Similar().select(candidates, 2, NOTHING, Limits(), rng())
