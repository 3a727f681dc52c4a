"""The fitted learning curve: scipy's curve_fit as a second opinion, scale, intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from framesel.stopping.learning_curve import EXPONENTS, LEAST_ROUNDS, fit

N = np.array([20.0, 40, 60, 80, 100, 120])
UNKNOWN = np.full(6, np.nan)


def curve(a: float, b: float, c: float, labels: np.ndarray = N) -> np.ndarray:
    return a - b * (labels / 20) ** -c


@given(
    a=st.floats(0.3, 0.95),
    share=st.floats(0.2, 0.9),
    c=st.floats(0.1, 1.8),
    more=st.integers(1, 99),
)
@settings(max_examples=10)
def test_an_exact_curve_is_found_again(a: float, share: float, c: float, more: int) -> None:
    found = fit(N, curve(a, share * a, c), UNKNOWN)
    assert found is not None
    assert (found.a, found.c) == pytest.approx((a, c), abs=1e-3)
    truth = curve(a, share * a, c, np.array([120.0 + more]))[0] - curve(a, share * a, c)[-1]
    assert found.gain(more) == pytest.approx(truth, abs=1e-6)
    assert found.at(40.0) == pytest.approx(curve(a, share * a, c)[1], abs=1e-6)
    assert found.gain_between(more, 0.9) == pytest.approx((truth, truth), abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_no_other_curve_is_nearer(seed: int) -> None:
    rng = np.random.default_rng(seed)
    errors = rng.uniform(0.01, 0.03, 6)
    values = curve(0.6, 0.4, 0.7) + rng.normal(0, errors)
    found = fit(N, values, errors)
    assert found is not None
    bounds = ([-np.inf, 0.0, EXPONENTS[0]], [1.0, np.inf, EXPONENTS[1]])
    theirs, _ = curve_fit(
        lambda n, a, b, c: a - b * (n / 120) ** -c,
        N,
        values,
        [0.5, 0.1, 0.5],
        errors,
        bounds=bounds,
    )
    squares = [
        (((values - (a - b * (N / 120) ** -c)) / errors) ** 2).sum()
        for a, b, c in [(found.a, found.b, found.c), theirs]
    ]
    assert squares[0] <= squares[1] + 1e-9


@given(scale=st.floats(0.01, 100), seed=st.integers(0, 99))
@settings(max_examples=10)
def test_the_unit_of_labels_does_not_matter(scale: float, seed: int) -> None:
    values = curve(0.7, 0.5, 0.5) + np.random.default_rng(seed).normal(0, 0.01, 6)
    one, other = fit(N, values, UNKNOWN), fit(scale * N, values, UNKNOWN)
    assert one is not None
    assert other is not None
    assert other.gain(scale * 20) == pytest.approx(one.gain(20), rel=1e-4, abs=1e-9)
    assert other.gain_between(scale * 20, 0.9) == pytest.approx(
        one.gain_between(20, 0.9), rel=1e-3, abs=1e-6
    )


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(5)
    inside = []
    for _ in range(20):
        c = rng.uniform(0.2, 1.2)
        found = fit(N, curve(0.6, 0.4, c) + rng.normal(0, 0.01, 6), UNKNOWN)
        assert found is not None
        truth = curve(0.6, 0.4, c, np.array([140.0]))[0] - curve(0.6, 0.4, c)[-1]
        low, high = found.gain_between(20, 0.9)
        inside.append(low <= truth <= high)
        assert found.between(120.0, 0.9)[0] < found.at(120.0) < found.between(120.0, 0.9)[1]
    assert 15 <= sum(inside) <= 20


def test_a_falling_curve_is_fitted_as_flat() -> None:
    found = fit(N, np.array([0.6, 0.58, 0.57, 0.55, 0.54, 0.53]), UNKNOWN)
    assert found is not None
    assert found.gain(1000) == 0.0
    assert found.gain_between(20, 0.9)[0] == 0.0


def test_it_never_promises_more_than_everything() -> None:
    found = fit(N, np.linspace(0.4, 0.95, 6), UNKNOWN)
    assert found is not None
    assert found.at(1e9) <= 1.0


def test_three_rounds_are_too_few() -> None:
    short = LEAST_ROUNDS - 1
    assert fit(N[:short], curve(0.6, 0.4, 0.5)[:short], UNKNOWN[:short]) is None
