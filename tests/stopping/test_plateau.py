"""The plateau: what counts as one, and that a rising curve never does."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.stopping.plateau import next_gain, plateau

N = [20, 40, 60, 80, 100, 120]
NAN = math.nan


def told(values: list[float], delta: float = 0.005, error: float = NAN) -> bool | None:
    labels = N[: len(values)]
    return plateau(next_gain(labels, values, [error] * len(values), 20), delta).stop


def test_a_flat_curve_is_a_plateau_and_a_rising_one_is_not() -> None:
    assert told([0.3, 0.5, 0.551, 0.553, 0.554, 0.5545]) is True
    assert told([0.3, 0.4, 0.45, 0.49, 0.52, 0.54]) is False


@given(
    steps=st.lists(st.floats(0.015, 0.08), min_size=2, max_size=5),
    error=st.sampled_from([NAN, 1e-4, 0.02]),
)
@settings(max_examples=20)
def test_a_steep_curve_never_is(steps: list[float], error: float) -> None:
    values = [0.2, *(0.2 + np.cumsum(steps)).tolist()]
    assert told(values, 0.005, error) is not True


@given(seed=st.integers(0, 10**6), delta=st.floats(0.001, 0.02), more=st.floats(1, 10))
@settings(max_examples=15)
def test_what_stops_at_a_threshold_stops_at_a_higher_one(
    seed: int, delta: float, more: float
) -> None:
    rng = np.random.default_rng(seed)
    values = (0.6 - 0.3 * np.arange(1, 7) ** -rng.uniform(0.5, 2) + rng.normal(0, 1e-3, 6)).tolist()
    if told(values, delta):
        assert told(values, delta * more)


def test_two_rounds_tell_by_their_errors_alone() -> None:
    assert told([0.5, 0.502]) is None
    assert told([0.5, 0.502], error=0.0) is None
    assert told([0.5, 0.501], error=0.001) is True
    assert told([0.5, 0.501], error=0.02) is False
    gain = next_gain([20, 40], [0.5, 0.52], [0.003, 0.004], 20)
    assert gain is not None
    part = math.log(60 / 40) / math.log(40 / 20)
    assert gain.expected == pytest.approx(0.02 * part)
    assert gain.high == pytest.approx((0.02 + 1.6448536 * 0.005) * part)
    assert gain.curve is None


def test_a_step_back_is_pooled_not_carried_on() -> None:
    gain = next_gain([20, 40], [0.5, 0.48], [0.01, 0.01], 20)
    assert gain is not None
    assert (gain.expected, gain.low) == (0.0, 0.0)


def test_a_model_that_learned_nothing_is_on_no_plateau() -> None:
    assert told([0.0, 0.0, 0.0, 0.0, 0.0]) is None
    assert told([0.0, 0.0], error=0.001) is None


def test_rounds_without_a_measurement_and_repeated_ones() -> None:
    values = [0.3, 0.4, 0.45, 0.47, 0.48, 0.485]
    plain = next_gain(N, values, [NAN] * 6, 20)
    other = next_gain([*N, 130, 60], [0.3, 0.4, 0.1, 0.47, 0.48, 0.485, NAN, 0.45], [NAN] * 8, 20)
    assert plain is not None
    assert other is not None
    assert (other.expected, other.high) == (plain.expected, plain.high)
    assert next_gain([20], [0.3], [0.1], 20) is None
    assert next_gain(N, values, [NAN] * 6, 0) is None


def test_the_verdict_shows_its_numbers() -> None:
    verdict = plateau(next_gain(N, [0.3, 0.4, 0.45, 0.48, 0.5, 0.51], [NAN] * 6, 20), 0.005)
    assert verdict.stop is False
    assert verdict.numbers["low"] < verdict.numbers["gain"] < verdict.numbers["high"]
    assert verdict.numbers["a_low"] <= verdict.numbers["a"] <= verdict.numbers["a_high"]
    assert f"{100 * verdict.numbers['gain']:.2f} points" in verdict.sentence


def test_the_sentence_says_how_sure_it_is() -> None:
    def sentence(values: list[float], error: float) -> str:
        return plateau(next_gain([20, 40], values, [error] * 2, 20), 0.005).sentence

    assert sentence([0.5, 0.501], 0.001).endswith("]: surely less than 0.5.")
    assert sentence([0.5, 0.501], 0.02).endswith("]: it may be more than 0.5.")
    assert sentence([0.5, 0.6], 0.001).endswith("]; the last ones still brought more than 0.5.")
