"""The default strategy: its slices, its class term, its certificate."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from pydantic import ValidationError

from framesel.selection import Candidates, Picks
from framesel.selection.coverage.class_term import class_gain, class_term, take_classes
from framesel.selection.coverage.control import control_order
from framesel.selection.coverage.greedy_coverage import Coverage
from framesel.selection.coverage.kernels import gaussian_kernel, values
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.cover import Cover
from framesel.selection.strategies.herding import Herding

from .footage import footage, only_what_is_used
from .vectors import KINDS, fill, make, rng, unit


def cover(
    candidates: Candidates, k: int, already: object = (), seed: int = 0, **fields: object
) -> Picks:
    return Cover(**fields).select(candidates, k, already, Limits(), rng(seed))


def of(picks: Picks, source: str) -> list[int]:
    return picks.indices[np.array(picks.source) == source].tolist()


def objective(candidates: Candidates, sigma: float, share: float, some: list[int]) -> float:
    """F of a set by its definition."""
    weights = Cover().weights(candidates)
    worth = values(gaussian_kernel(sigma), candidates.vectors @ candidates.vectors[some].T)
    covered = weights @ worth.max(axis=1).astype(float) if some else 0.0
    counts = candidates.class_counts
    assert counts is not None
    g = share * weights.sum() / np.sqrt(counts.sum(axis=0)).sum()
    return float(covered + g * np.sqrt(counts[some].sum(axis=0)).sum())


def test_the_budget_is_split_in_every_prefix() -> None:
    picks = cover(footage("random", 300), 100, rare=0.2)
    for t in (10, 20, 50, 100):
        assert [picks.source[:t].count(s) for s in ("coverage", "rare", "control")] == [
            round(0.7 * t),
            round(0.2 * t),
            round(0.1 * t),
        ]
    total = float(Cover().weights(footage("random", 300)).sum())
    for rank in (rank for rank, source in enumerate(picks.source) if source == "coverage"):
        covered, balance = (float(picks.terms[name][rank]) for name in ("coverage", "classes"))
        assert picks.reason[rank].startswith(f"adds {100 * covered / total:.3g} % coverage")
        assert ("balance" in picks.reason[rank]) == (covered < (covered + balance) / 2)
    assert picks.reason[picks.source.index("control")].startswith("control:")


def test_the_control_waits_for_a_detector() -> None:
    seen = footage("random", 300)
    bare = replace(seen, utility=None, class_counts=None, classes=())
    assert not of(cover(bare, 50), "control")
    assert len(of(cover(bare, 50, control=0.2), "control")) == 10
    for one in (replace(seen, utility=None), replace(seen, class_counts=None, classes=())):
        assert len(of(cover(one, 50), "control")) == 5


def test_the_first_slice_alone_is_herding() -> None:
    bare = only_what_is_used(footage("clustered", 200), "cover")
    mine = cover(bare, 40, rare=0.0, control=0.0, sigma=0.4, alpha=0.5)
    herding = Herding(sigma=0.4, alpha=0.5).select(bare, 40, bare.vectors[:0], Limits(), rng())
    assert np.array_equal(mine.indices, herding.indices)
    assert np.array_equal(mine.terms["coverage"], herding.gain)
    assert mine.certificate == herding.certificate


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_on_both_terms_is_near_the_optimum(kind: str) -> None:
    candidates = footage(kind, 11, 5)
    for k in (1, 2, 3):
        picks = cover(candidates, k, rare=0.0, control=0.0, sigma=0.7, class_share=0.5)
        got = objective(candidates, 0.7, 0.5, picks.indices.tolist())
        sets = combinations(range(11), k)
        best = max(objective(candidates, 0.7, 0.5, list(some)) for some in sets)
        assert got >= (1 - 1 / np.e) * best
        assert picks.gain.sum() == pytest.approx(got, rel=1e-4)
        assert sum(terms.sum() for terms in picks.terms.values()) == pytest.approx(got, rel=1e-4)
        assert picks.certificate is not None
        assert picks.certificate.achieved == pytest.approx(got, rel=1e-4)
        assert picks.certificate.bound >= best * (1 - 1e-4)


def test_lazy_is_plain_with_both_terms(monkeypatch: pytest.MonkeyPatch) -> None:
    candidates = footage("walk", 150, 20)
    weights = Cover().weights(candidates)
    answers = []
    for pairs in (0, 2**25):
        monkeypatch.setattr(
            "framesel.selection.coverage.greedy_coverage.most_pairs", lambda n, p=pairs: p
        )
        term = class_term(candidates.class_counts, 150, 0.5 * weights.sum())
        coverage = Coverage(candidates.vectors, weights, candidates.vectors[:0], None, term)
        answers.append(fill(coverage, 60))
    assert np.array_equal(answers[0][0], answers[1][0])
    assert np.array_equal(answers[0][1], answers[1][1])
    cosines = np.maximum(candidates.vectors @ candidates.vectors.T, 0).astype(float)
    term = class_term(candidates.class_counts, 150, 0.5 * weights.sum())
    covered, have = np.zeros(150), []
    for row, gain in zip(*answers[0], strict=True):
        gains = weights @ np.maximum(cosines - covered[:, None], 0)
        gains += [class_gain(term, other) for other in range(150)]
        gains[have] = 0.0
        have.append(row)
        assert gain == pytest.approx(gains[row], abs=1e-4)
        assert gain == pytest.approx(gains.max(), abs=1e-4)
        covered = np.maximum(covered, cosines[row])
        take_classes(term, row)


def test_the_class_term_prefers_what_is_seldom() -> None:
    vectors = np.repeat(unit([[1, 0, 0]]), 4, axis=0)
    counts = np.array([[5, 0], [5, 0], [0, 1], [1, 1]], np.float32)
    candidates = Candidates(vectors, class_counts=counts, classes=("car", "bus"))
    picks = cover(candidates, 3, rare=0.0, control=0.0, class_share=10.0)
    assert picks.indices.tolist() == [0, 3, 1]
    g = 10.0 * 4 / (np.sqrt(11) + np.sqrt(2))
    assert picks.terms["classes"][:2] == pytest.approx([g * 5**0.5, g * (6**0.5 - 5**0.5 + 1)])
    assert picks.terms["coverage"].tolist() == [4.0, 0.0, 0.0]


def test_the_control_is_drawn_whatever_the_others_do() -> None:
    candidates = footage("clustered", 400)
    order = control_order(candidates, candidates.vectors[:0], rng(5)).tolist()
    first = cover(candidates, 60, seed=5)
    other = cover(candidates, 60, seed=5, sigma=0.1, class_share=0.0)
    for picks in (first, other):
        mine = of(picks, "control")
        bought = set(picks.indices.tolist()) - set(mine)
        assert mine == [row for row in order if row in mine or row not in bought][: len(mine)]
    assert cover(candidates, 60, seed=6).indices.tolist() != first.indices.tolist()


def test_the_control_is_drawn_by_mass() -> None:
    mass = np.array([1.0, 2.0, 5.0, 12.0])
    candidates = Candidates(make("random", 4, 8, 0), mass=mass)
    source = rng(0)
    first = [control_order(candidates, candidates.vectors[:0], source)[0] for _ in range(8000)]
    share = np.bincount(first, minlength=4) / 8000
    assert share == pytest.approx(mass / 20, abs=4 * np.sqrt(0.25 / 8000))


def test_rare_frames_are_bought_early() -> None:
    crowd = unit(unit([[1, 0, 0]]) + 0.05 * rng(0).standard_normal((300, 3)))
    vectors = np.concatenate([crowd, unit([[-1, 0, 0]])])
    candidates = Candidates(vectors, mass=np.r_[np.full(300, 50), 1])
    assert 300 in of(cover(candidates, 5, rare=0.2), "rare")
    assert 300 not in cover(candidates, 5, rare=0.0, control=0.0, sigma=0.02).indices


def test_what_is_labelled_narrows_the_kernel_and_is_not_bought_again() -> None:
    candidates = footage("clustered", 120)
    already = candidates.vectors[::2]
    picks = cover(candidates, 60, already)
    assert set(picks.indices) == set(range(1, 120, 2))


def test_utility_of_zero_everywhere_is_no_reason_to_stop() -> None:
    candidates = footage("random")
    silent = replace(candidates, utility=np.zeros(80))
    assert len(set(cover(silent, 20).indices)) == 20


def test_shares_are_shares() -> None:
    with pytest.raises(ValidationError, match="together"):
        Cover(rare=0.7, control=0.5)
    assert Cover(rare=0.5, control=0.5).rare == 0.5
    everything_rare = cover(footage(), 10, rare=1.0, control=0.0)
    assert set(everything_rare.source) == {"rare"}


def test_under_a_knapsack_the_better_of_two_greedies_counts() -> None:
    # One frame with very many boxes beside eight with one each, which together show more.
    vectors = unit(np.eye(9))
    counts = np.array([[8.0]] + [[1.0]] * 8, np.float32)
    mass = np.array([2.25] + [1.0] * 8)
    candidates = Candidates(vectors, mass=mass, class_counts=counts, classes=("car",))
    limits = Limits(boxes=8)
    fields = {"rare": 0.0, "control": 0.0, "class_share": 0.0, "sigma": 0.1, "alpha": 0.5}
    picks = Cover(**fields).select(candidates, 9, vectors[:0], limits, rng())
    assert picks.indices.tolist() == list(range(1, 9))
    worth_it = Candidates(
        vectors, mass=mass * [100, *[1] * 8], class_counts=counts, classes=("car",)
    )
    assert Cover(**fields).select(worth_it, 9, vectors[:0], limits, rng()).indices.tolist() == [0]


@pytest.mark.parametrize("seed", range(6))
def test_under_a_knapsack_it_is_near_the_optimum(seed: int) -> None:
    draw = rng(seed)
    counts = draw.choice([0.5, 1.0, 4.0, 9.0], (10, 1)).astype(np.float32)
    candidates = Candidates(make("random", 10, 4, seed), class_counts=counts, classes=("car",))
    picks = Herding(sigma=0.7).select(candidates, 10, (), Limits(boxes=10), rng())
    allowed = [
        list(some)
        for k in range(1, 11)
        for some in combinations(range(10), k)
        if counts[list(some)].sum() <= 10
    ]
    worth = values(gaussian_kernel(0.7), candidates.vectors @ candidates.vectors.T).astype(float)
    best = max(worth[some].max(axis=0).sum() for some in allowed)
    got = worth[picks.indices].max(axis=0).sum()
    assert counts[picks.indices].sum() <= 10
    assert best * 0.5 * (1 - 1 / np.e) <= got <= best + 1e-5
    assert picks.certificate is not None
    assert picks.certificate.bound >= best - 1e-4
