"""The formulas against modAL, scikit-activeml and baal where these are right; where one is wrong or
means something else, a worked example says so."""

import importlib
import sys
import warnings
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from framesel import uncertainty as ours

Q = np.random.default_rng(0).dirichlet(np.full(5, 0.4), 40)
MEMBERS = np.random.default_rng(1).dirichlet(np.full(5, 0.4), (7, 40))
VOTES = MEMBERS.argmax(axis=2)
BY_SAMPLE = MEMBERS.transpose(1, 2, 0)
"""(samples, classes, iterations), as baal and modAL's dropout take them."""


def quietly(name: str) -> ModuleType:
    """Imports a package whose import warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def have(require: Callable[[str, bool, str], None], package: str) -> None:
    found = find_spec(package) is not None
    require("peers", found, f"{package} is not installed; pip install -e '.[test]' brings it")


@pytest.fixture
def modal_uncertainty(require: Callable[[str, bool, str], None]) -> ModuleType:
    have(require, "modAL")
    return quietly("modAL.uncertainty")


@pytest.fixture
def modal_disagreement(require: Callable[[str, bool, str], None]) -> ModuleType:
    have(require, "modAL")
    return quietly("modAL.disagreement")


@pytest.fixture
def modal_dropout(
    require: Callable[[str, bool, str], None], monkeypatch: pytest.MonkeyPatch
) -> ModuleType:
    """Its formulas need no skorch, but the module imports it."""
    have(require, "modAL")
    for name in ("skorch", "skorch.utils"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules["skorch.utils"], "to_numpy", np.asarray, raising=False)
    return quietly("modAL.dropout")


@pytest.fixture
def activeml(require: Callable[[str, bool, str], None]) -> ModuleType:
    have(require, "skactiveml")
    return quietly("skactiveml.pool")


@pytest.fixture
def baal(require: Callable[[str, bool, str], None]) -> ModuleType:
    have(require, "baal")
    return quietly("baal.active.heuristics")


class Committee(SimpleNamespace):
    """What modAL asks of a committee, with the predictions given."""

    classes_ = np.arange(5)

    def __len__(self) -> int:
        return len(MEMBERS)

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(MEMBERS)))

    def vote(self, x: np.ndarray) -> np.ndarray:
        return VOTES.T

    def vote_proba(self, x: np.ndarray) -> np.ndarray:
        return MEMBERS.transpose(1, 0, 2)

    def predict_proba(self, x: np.ndarray) -> np.ndarray:
        return MEMBERS.mean(axis=0)


def test_one_pass_against_modal(modal_uncertainty: Any) -> None:
    np.testing.assert_allclose(ours.least_confidence(Q), modal_uncertainty._proba_uncertainty(Q))
    np.testing.assert_allclose(ours.margin(Q), 1 - modal_uncertainty._proba_margin(Q))
    np.testing.assert_allclose(ours.entropy(Q), modal_uncertainty._proba_entropy(Q))


def test_one_pass_against_activeml(activeml: Any) -> None:
    scores = activeml.uncertainty_scores
    np.testing.assert_allclose(ours.least_confidence(Q), scores(Q, method="least_confident"))
    np.testing.assert_allclose(ours.margin(Q), scores(Q, method="margin_sampling"))
    np.testing.assert_allclose(ours.entropy(Q), scores(Q, method="entropy"))


def test_one_pass_against_baal(baal: Any) -> None:
    np.testing.assert_allclose(ours.entropy(Q), baal.Entropy().compute_score(Q))
    np.testing.assert_allclose(ours.margin(Q), 1 - baal.Margin().compute_score(Q))
    np.testing.assert_allclose(ours.least_confidence(Q), 1 - baal.Certainty().compute_score(Q))


def test_committees_against_modal(modal_disagreement: Any) -> None:
    committee, x = Committee(), np.zeros((40, 1))
    pairs = {
        "vote_entropy": ours.vote_entropy,
        "KL_max_disagreement": ours.max_disagreement,
        "consensus_entropy": ours.consensus_entropy,
    }
    for name, score in pairs.items():
        theirs = getattr(modal_disagreement, name)(committee, x)
        np.testing.assert_allclose(score(MEMBERS), theirs, atol=1e-12, err_msg=name)


def test_committees_against_activeml(activeml: Any) -> None:
    np.testing.assert_allclose(
        ours.vote_entropy(MEMBERS), activeml.vote_entropy(VOTES.T, np.arange(5)), atol=1e-12
    )
    np.testing.assert_allclose(
        ours.variation_ratio(MEMBERS), activeml.variation_ratios(VOTES.T), atol=1e-12
    )
    theirs = activeml.average_kl_divergence(MEMBERS.copy())
    np.testing.assert_allclose(ours.average_kl(MEMBERS), theirs, atol=1e-5)


def test_sampled_models_against_baal(baal: Any) -> None:
    np.testing.assert_allclose(ours.bald(MEMBERS), baal.BALD().compute_score(BY_SAMPLE), atol=1e-12)
    # Theirs is the mean over the classes.
    np.testing.assert_allclose(
        ours.predictive_variance(MEMBERS), baal.Variance().compute_score(BY_SAMPLE).sum(axis=1)
    )


def test_sampled_models_against_modal(modal_dropout: Any) -> None:
    samples = list(MEMBERS)
    np.testing.assert_allclose(
        ours.bald(MEMBERS), modal_dropout._bald_divergence(samples), atol=1e-12
    )
    np.testing.assert_allclose(
        ours.variation_ratio_of_mean(MEMBERS), modal_dropout._variation_ratios(samples), atol=1e-12
    )


def test_expected_error_against_activeml(activeml: Any) -> None:
    process = quietly("sklearn.gaussian_process")
    kernels = quietly("sklearn.gaussian_process.kernels")
    wrapper = quietly("skactiveml.regressor").SklearnNormalRegressor
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(17, 4))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    seen, x = rows[:5], rows[5:]
    linear = kernels.DotProduct(sigma_0=0.0, sigma_0_bounds="fixed")
    model = wrapper(
        process.GaussianProcessRegressor(linear, alpha=0.3**2, optimizer=None), missing_label=np.nan
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, gains = activeml.ExpectedModelVarianceReduction(random_state=0).query(
            X=rows,
            y=np.append(rng.normal(size=5), np.full(12, np.nan)),
            reg=model,
            candidates=x,
            X_eval=x,
            return_utilities=True,
        )
    # Theirs refits a Gaussian process for each candidate and takes the mean over the targets.
    np.testing.assert_allclose(ours.alc(x, seen, noise=0.3), gains[0] * len(x), rtol=1e-5)


def test_modals_variation_ratio_is_another_quantity(modal_dropout: Any) -> None:
    # Four members that agree on the first class by 0.6 to 0.4: nobody deviates from the mode.
    members = np.tile([0.6, 0.4], (4, 1, 1))
    assert ours.variation_ratio(members) == 0.0
    np.testing.assert_allclose(modal_dropout._variation_ratios(list(members)), 0.4)
    np.testing.assert_allclose(ours.variation_ratio_of_mean(members), 0.4)


def test_modals_entropy_under_dropout_sees_no_disagreement(modal_dropout: Any) -> None:
    # Two sampled models that are sure of opposite answers. Gal et al. (ICML 2017) mean the entropy
    # of the mean, ln 2; modAL sums the entropies of each, which are 0.
    members = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    np.testing.assert_allclose(ours.consensus_entropy(members), np.log(2))
    np.testing.assert_array_equal(modal_dropout._entropy(list(members)), 0.0)
    theirs = modal_dropout._entropy(list(MEMBERS))
    np.testing.assert_allclose(theirs, ours.entropy(MEMBERS).mean(axis=0) * len(MEMBERS) / 5)


def test_peers_call_a_sure_absence_the_greatest_doubt(modal_uncertainty: Any, baal: Any) -> None:
    # Two independent scores of 0.01: there is nothing here, and the detector is sure of it. Peers
    # take them for a distribution after scaling, which makes them a tie.
    scores = np.array([[0.01, 0.01]])
    np.testing.assert_allclose(modal_uncertainty._proba_entropy(scores), np.log(2))
    np.testing.assert_allclose(baal.Entropy().compute_score(scores), np.log(2))
    q = ours.from_scores(scores)
    assert ours.entropy(q)[0] == pytest.approx(0.1110, abs=1e-4)
    assert ours.least_confidence(q)[0] < 0.02 < 0.98 < modal_uncertainty._proba_uncertainty(scores)


def test_activeml_cuts_small_probabilities_and_changes_its_argument(activeml: Any) -> None:
    # One of two members gives a class 1e-9, the other nothing: they differ by 1e-9 ln 2 / 2. Cut at
    # 1e-7 both are the same, and the cut lands in the caller's array.
    members = np.array([[[1.0, 0.0]], [[1.0 - 1e-9, 1e-9]]])
    given = members.copy()
    assert activeml.average_kl_divergence(given)[0] < 1e-20
    assert given[0, 0, 1] == pytest.approx(1e-7)
    exact = 0.5e-9 * np.log(2)
    given = members.copy()
    assert ours.average_kl(given)[0] == pytest.approx(exact, rel=0.01)
    np.testing.assert_array_equal(given, members)


def test_one_class_alone_breaks_a_peer(modal_uncertainty: Any, activeml: Any) -> None:
    q = np.ones((3, 1))
    assert ours.margin(q).tolist() == [0.0, 0.0, 0.0]
    # The only class there is: modAL gives the smallest margin, which is its greatest doubt.
    np.testing.assert_array_equal(modal_uncertainty._proba_margin(q), 0.0)
    with pytest.raises(ValueError, match="kth"):
        activeml.uncertainty_scores(q, method="margin_sampling")
