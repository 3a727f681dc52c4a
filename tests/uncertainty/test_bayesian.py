"""Sampled models: identities, and dropout on stored features against torch's own dropout."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty import (
    average_kl,
    bald,
    entropy,
    mc_dropout,
    predictive_variance,
    with_background,
)

from .boxes import boxes_of, make

SAMPLES = st.builds(
    lambda t, n, c, seed: np.random.default_rng(seed).dirichlet(np.full(c, 0.4), (t, n)),
    st.integers(1, 6), st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**32),
)  # fmt: skip


@given(SAMPLES)
def test_bald_is_total_doubt_less_the_mean_doubt(q: np.ndarray) -> None:
    np.testing.assert_allclose(bald(q), entropy(q.mean(0)) - entropy(q).mean(0), atol=1e-9)
    np.testing.assert_allclose(bald(q), average_kl(q))
    assert (bald(q) <= np.log(min(len(q), q.shape[-1])) + 1e-9).all()


@given(SAMPLES)
def test_variance_by_its_definition_and_bound(q: np.ndarray) -> None:
    expected = (q**2).mean(0).sum(-1) - (q.mean(0) ** 2).sum(-1)
    np.testing.assert_allclose(predictive_variance(q), expected, atol=1e-12)
    assert (predictive_variance(q) <= 1 - 1 / min(len(q), q.shape[-1]) + 1e-9).all()


def test_worked_example() -> None:
    q = [[[1.0, 0.0]], [[0.0, 1.0]]]
    np.testing.assert_allclose(bald(q), np.log(2), rtol=1e-6)
    np.testing.assert_allclose(predictive_variance(q), 0.5)
    same = [[[0.5, 0.5]], [[0.5, 0.5]]]
    assert bald(same) == 0.0
    assert predictive_variance(same) == 0.0


def test_what_is_refused() -> None:
    for wrong in ([0.5, 0.5], np.zeros((0, 2, 3)), [[[0.9, 0.9]]]):
        for score in (bald, predictive_variance):
            with pytest.raises(UsageError):
                score(wrong)


@pytest.mark.parametrize("classes", [1, 5])
def test_dropout_is_the_plain_loop_over_sampled_networks(classes: int) -> None:
    made = make([20, 0, 40], classes)
    boxes = made.boxes
    ours = mc_dropout(boxes, made.weight, made.bias, rate=0.3, samples=7, seed=5)
    masks = np.random.default_rng(5).random((7, 3, 12)) >= 0.3
    q = np.empty((7, 60, classes + 1))
    for t in range(7):
        for i in range(60):
            head = boxes.head[i]
            dropped = boxes.features[i].astype(np.float64) * masks[t, head] / 0.7  # type: ignore[index]
            q[t, i] = with_background(made.weight[head] @ dropped + made.bias[head])
    np.testing.assert_allclose(ours["bald"], bald(q), atol=1e-5)
    np.testing.assert_allclose(ours["predictive_variance"], predictive_variance(q), atol=1e-5)
    assert (ours["bald"] > 0).any()


def test_it_samples_as_dropout_of_torch_does() -> None:
    import torch

    made = make([30], 4, heads=1, spread=2.0)
    ours = mc_dropout(made.boxes, made.weight, made.bias, rate=0.2, samples=4000, seed=0)
    torch.manual_seed(0)
    features = torch.from_numpy(made.boxes.features.astype(np.float32))  # type: ignore[union-attr]
    weight, bias = torch.from_numpy(made.weight[0]), torch.from_numpy(made.bias[0])
    masks = torch.nn.functional.dropout(torch.ones(4000, 1, 12), 0.2, training=True)
    logits = (features * masks) @ weight.T + bias
    q = with_background(logits.numpy())
    np.testing.assert_allclose(ours["bald"], bald(q), atol=0.01)
    np.testing.assert_allclose(ours["predictive_variance"], predictive_variance(q), atol=0.01)


def test_scores_of_a_box_do_not_depend_on_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make([200, 100], 6)
    whole = mc_dropout(made.boxes, made.weight, made.bias)
    keep = np.random.default_rng(0).random(300) < 0.4
    part = mc_dropout(made.boxes.where(keep), made.weight, made.bias)
    monkeypatch.setattr("framesel.uncertainty.bayesian._BLOCK_NUMBERS", 3000)
    blocks = mc_dropout(made.boxes, made.weight, made.bias)
    for name, values in whole.items():
        np.testing.assert_array_equal(part[name], values[keep])
        np.testing.assert_allclose(blocks[name], values, atol=1e-6)


def test_seeds_and_rates_matter() -> None:
    made = make([50], 6)
    mean = {
        rate: mc_dropout(made.boxes, made.weight, made.bias, rate=rate)["bald"].mean()
        for rate in (0.01, 0.1, 0.5)
    }
    assert mean[0.01] < mean[0.1] < mean[0.5]
    one = mc_dropout(made.boxes, made.weight, made.bias, seed=1)["bald"]
    assert (one == mc_dropout(made.boxes, made.weight, made.bias, seed=1)["bald"]).all()
    assert (one != mc_dropout(made.boxes, made.weight, made.bias, seed=2)["bald"]).any()


def test_dropout_says_what_it_needs() -> None:
    made = make([5], 3)
    with pytest.raises(UsageError, match="no box features"):
        mc_dropout(boxes_of([5], made.logits), made.weight, made.bias)
    for options in ({"rate": 0.0}, {"rate": 1.0}, {"samples": 1}):
        with pytest.raises(UsageError, match="dropout needs"):
            mc_dropout(made.boxes, made.weight, made.bias, **options)  # type: ignore[arg-type]
    empty = make([0, 0], 3)
    assert mc_dropout(empty.boxes, empty.weight, empty.bias)["bald"].shape == (0,)
