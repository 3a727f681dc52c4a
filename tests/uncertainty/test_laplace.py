"""Laplace: the precision against torch's Hessian, the variance against an inverse, streams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from framesel.errors import UsageError
from framesel.uncertainty import LastLayerLaplace, binary_entropy, probit, with_background

from .boxes import boxes_of, make

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray]


def data(n: int = 60, heads: int = 2, classes: int = 3, dim: int = 5, seed: int = 0) -> Arrays:
    """Features, heads and class probabilities."""
    rng = np.random.default_rng(seed)
    return (
        rng.normal(size=(n, dim)),
        rng.integers(0, heads, n),
        rng.uniform(0.05, 0.95, (n, classes)),
    )


def by_inverse(seen: Arrays, asked: tuple[np.ndarray, np.ndarray], prior: float) -> np.ndarray:
    """(k, C): f^T A^-1 f by plain inverses."""
    f, head, p = seen
    result = np.empty((len(asked[0]), p.shape[1]))
    for i, (x, h) in enumerate(zip(*asked, strict=True)):
        for c in range(p.shape[1]):
            precision = prior * np.eye(f.shape[1])
            for row in np.flatnonzero(head == h):
                precision += p[row, c] * (1 - p[row, c]) * np.outer(f[row], f[row])
            result[i, c] = x @ np.linalg.inv(precision) @ x
    return result


def test_variance_is_the_plain_inverse() -> None:
    f, head, p = data()
    model = LastLayerLaplace(2, 3, 5, prior=0.7)
    assert model.form == "exact"
    model.update(f, head, p)
    asked = data(20, seed=1)[:2]
    variance = model.finish().variance(*asked)
    assert variance.dtype == np.float32
    np.testing.assert_allclose(variance, by_inverse((f, head, p), asked, 0.7), rtol=1e-5)


def test_the_precision_is_the_hessian_of_the_loss() -> None:
    import torch

    f, _, _ = data(30, heads=1, classes=1)
    weight = torch.from_numpy(np.random.default_rng(2).normal(size=5))
    features = torch.from_numpy(f)

    def loss(w: object) -> object:
        target = torch.zeros(30, dtype=torch.float64)
        return torch.nn.functional.binary_cross_entropy_with_logits(
            features @ w, target, reduction="sum"
        )

    hessian = torch.autograd.functional.hessian(loss, weight).numpy()
    model = LastLayerLaplace(1, 1, 5, prior=2.0)
    model.update(f, np.zeros(30), expit(f @ weight.numpy())[:, None])
    x = np.eye(5)
    expected = np.diag(np.linalg.inv(hessian + 2.0 * np.eye(5)))
    np.testing.assert_allclose(model.finish().variance(x, np.zeros(5))[:, 0], expected, rtol=1e-5)


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_a_stream_is_the_whole_in_any_order(seed: int, parts: int) -> None:
    f, head, p = data(seed=seed)
    whole, stream = LastLayerLaplace(2, 3, 5), LastLayerLaplace(2, 3, 5)
    whole.update(f, head, p)
    order = np.random.default_rng(seed).permutation(len(f))
    for some in np.array_split(order, parts):
        stream.update(f[some], head[some], p[some])
    asked = data(9, seed=seed + 1)[:2]
    np.testing.assert_allclose(
        stream.finish().variance(*asked), whole.finish().variance(*asked), rtol=1e-5
    )


def test_doubt_starts_at_the_prior_shrinks_and_is_large_for_the_unseen() -> None:
    f, head, p = data()
    f[:, 4] = 0.0  # nobody has seen this feature
    fresh, fitted = LastLayerLaplace(2, 3, 5, prior=2.0), LastLayerLaplace(2, 3, 5, prior=2.0)
    fitted.update(f, head, p)
    before, after = fresh.finish().variance(f, head), fitted.finish().variance(f, head)
    np.testing.assert_allclose(before, np.repeat((f**2).sum(1)[:, None] / 2, 3, 1), rtol=1e-5)
    assert (after < before).all()
    known, unknown = fitted.variance(np.eye(5)[[0, 4]], [0, 0])[:, 0]
    assert unknown == pytest.approx(0.5)
    assert known < 0.5 * unknown


def test_the_shared_form(monkeypatch: pytest.MonkeyPatch) -> None:
    f, head, p = data()
    asked = data(9, seed=1)[:2]
    exact = LastLayerLaplace(2, 1, 5)
    exact.update(f, head, p[:, :1])
    monkeypatch.setattr("framesel.uncertainty.laplace.EXACT_NUMBERS", 0)
    alone, several = LastLayerLaplace(2, 1, 5), LastLayerLaplace(2, 2, 5)
    assert alone.form == several.form == "shared"
    alone.update(f, head, p[:, :1])
    expected = exact.finish().variance(*asked)
    np.testing.assert_allclose(alone.finish().variance(*asked), expected, rtol=1e-5)
    # A class whose weights are a multiple of another's is exact too: q (1 - q) = p (1 - p) / 2.
    own = p[:, 0] * (1 - p[:, 0])
    half = (1 - np.sqrt(1 - 2 * own)) / 2
    both = np.stack([p[:, 0], half], axis=1)
    several.update(f, head, both)
    np.testing.assert_allclose(
        several.finish().variance(*asked), by_inverse((f, head, both), asked, 1.0), rtol=1e-5
    )
    np.testing.assert_array_equal(
        LastLayerLaplace(1, 2, 3).finish().variance(np.eye(3), [0] * 3), 1
    )


def test_probit_is_close_to_the_integral() -> None:
    z, variance = np.meshgrid(np.linspace(-5, 5, 11), [0.0, 0.5, 2.0, 8.0])
    nodes = np.random.default_rng(0).normal(size=200_000)
    integral = expit(z[..., None] + np.sqrt(variance)[..., None] * nodes).mean(-1)
    np.testing.assert_allclose(probit(z, variance), integral, atol=0.02)
    np.testing.assert_allclose(probit(z, 0.0), expit(z))


@pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
def test_scores_are_those_of_sampled_logits(activation: str) -> None:
    made = make([10, 0, 20], 4, activation=activation)  # type: ignore[arg-type]
    boxes = made.boxes
    model = LastLayerLaplace(3, 4, 12, prior=4.0)
    q = with_background(made.logits)
    p = expit(made.logits) if activation == "sigmoid" else q[:, :-1]
    model.update(boxes.features, boxes.head, p)  # type: ignore[arg-type]
    scores = model.finish().scores(boxes)
    top = boxes.top_class[:, 0].astype(int)
    variance = model.variance(boxes.features, boxes.head)[np.arange(30), top]  # type: ignore[arg-type]
    own = p[np.arange(30), top]
    centre = np.log(own / (1 - own))
    noise = np.random.default_rng(0).normal(size=100_000)
    sampled = expit(centre[:, None] + np.sqrt(variance)[:, None] * noise)
    information = binary_entropy(sampled.mean(1)[:, None]) - np.mean(
        [binary_entropy(sampled[:, i : i + 1000, None]).mean(1) for i in range(0, 100_000, 1000)], 0
    )
    np.testing.assert_allclose(scores["laplace_bald"], information, atol=4e-3)
    np.testing.assert_allclose(scores["laplace_variance"], sampled.var(1), atol=2e-3)
    assert (scores["laplace_bald"] <= np.log(2)).all()
    assert (scores["laplace_variance"] <= 0.25).all()


def test_scores_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make([50], 2)
    model = LastLayerLaplace(3, 2, 12).finish()
    whole = model.scores(made.boxes)
    monkeypatch.setattr("framesel.uncertainty.laplace._BLOCK_NUMBERS", 70)
    for name, values in model.scores(made.boxes).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-6)


def test_what_is_refused() -> None:
    f, head, p = data()
    for prior in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(UsageError, match="prior"):
            LastLayerLaplace(2, 3, 5, prior=prior)
    with pytest.raises(UsageError, match="too large"):
        LastLayerLaplace(40, 91, 4608)
    model = LastLayerLaplace(2, 3, 5)
    with pytest.raises(UsageError, match="finished before"):
        model.variance(f, head)
    for wrong in ((f[:, 1:], head, p), (f, head[1:], p), (f, head + 1, p), (f, head, p[:, 1:])):
        with pytest.raises(UsageError):
            model.update(*wrong)
    with pytest.raises(UsageError, match="class probabilities"):
        model.update(f, head, p * 2)
    with pytest.raises(UsageError, match="is finished"):
        model.finish().update(f, head, p)
    with pytest.raises(UsageError, match="no box features"):
        model.scores(boxes_of([2], np.zeros((2, 3))))
    with pytest.raises(UsageError, match="another detector"):
        model.scores(make([2], 4).boxes)
