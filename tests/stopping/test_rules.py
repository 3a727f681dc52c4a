"""The other rules: worked examples, and that a better figure never turns a stop around."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.stopping.plateau import next_gain
from framesel.stopping.remaining_uncertainty import remaining_uncertainty
from framesel.stopping.saturation import radius_fall, saturation, uncovered_share
from framesel.stopping.stable_predictions import most_change, stable_predictions
from framesel.stopping.value import value
from framesel.stopping.verdict import Verdict

NAN = math.nan
SHARES = st.lists(st.floats(0, 1), min_size=3, max_size=6)


def stable(agreement: list[float], kappa: list[float]) -> Verdict:
    return stable_predictions(agreement, kappa, window=3, least_agreement=0.9, least_kappa=0.8)


def test_agreement_is_averaged_over_the_last_pairs() -> None:
    assert stable([0.1, 0.88, 0.9, 0.93], [0.9] * 4).stop is True
    assert stable([0.99, 0.88, 0.9, 0.91], [0.9] * 4).stop is False
    assert stable([0.95] * 3, [0.7, 0.8, 0.89]).stop is False
    assert stable([0.95] * 3, [0.7, 0.8, 0.91]).numbers["kappa"] == pytest.approx(2.41 / 3)


def test_a_gap_or_too_few_pairs_say_nothing() -> None:
    assert stable([NAN, 0.95, 0.95], [0.9] * 3).stop is None
    assert "2 can be compared" in stable([0.95, 0.95], [0.9] * 2).sentence


def test_kappa_that_is_not_defined_leaves_it_to_the_boxes() -> None:
    assert stable([0.95] * 3, [NAN] * 3).stop is True
    assert stable([0.85] * 3, [NAN] * 3).stop is False
    assert "never differs" in stable([0.95] * 3, [NAN] * 3).sentence


@given(agreement=SHARES, more=st.floats(0, 1), at=st.integers(0, 2))
def test_agreeing_more_never_turns_a_stop_around(
    agreement: list[float], more: float, at: int
) -> None:
    kappa = [0.9] * len(agreement)
    better = list(agreement)
    better[at] = max(better[at], more)
    assert not (stable(agreement, kappa).stop and not stable(better, kappa).stop)


def test_the_bound_of_the_paper() -> None:
    assert most_change(0.99) == pytest.approx(0.0404, abs=1e-4)
    assert most_change(0.95) == pytest.approx(0.2105, abs=1e-4)
    assert math.isnan(most_change(0.0))
    assert most_change(0.1) == 1.0  # measures lie between 0 and 1


def uncertain(error: float, ratio: float = NAN, informed: bool = True) -> bool | None:
    return remaining_uncertainty(error, ratio, little=0.05, informed=informed).stop


def test_a_small_chance_of_errors_stops() -> None:
    assert uncertain(0.049, 3.0) is True
    assert uncertain(0.051, 1.0) is False  # calibrated scores decide alone
    told = remaining_uncertainty(0.2, 1.5, little=0.05, informed=True)
    assert "20.0%" in told.sentence
    assert "1.50 times" in told.sentence


def test_without_calibration_the_ratio_decides_if_picks_were_made_by_it() -> None:
    assert uncertain(NAN, 1.0) is True
    assert uncertain(NAN, 1.3) is False
    assert uncertain(NAN, 1.0, informed=False) is None
    assert uncertain(NAN, NAN) is None


@given(
    distance=st.lists(st.floats(0, 2), min_size=1, max_size=20),
    width=st.floats(0.1, 1.5),
    nearer=st.floats(0, 1),
)
def test_uncovered_is_a_share_of_mass(distance: list[float], width: float, nearer: float) -> None:
    far, mass = np.array(distance), np.arange(1.0, len(distance) + 1)
    share = uncovered_share(far, mass, width)
    assert share == pytest.approx(
        sum(m for d, m in zip(far, mass, strict=True) if d > width) / mass.sum()
    )
    assert uncovered_share(far * nearer, mass, width) <= share
    assert uncovered_share(far * 2.0, mass, width * 2.0) == pytest.approx(share)


def test_coverage() -> None:
    assert saturation([0.3, 0.04], [1.0, 0.8], [10, 20], little=0.05).stop is True
    told = saturation([0.3, 0.06], [1.0, 0.8], [10, 20], little=0.05)
    assert told.stop is False
    assert told.numbers["radius_fall"] == pytest.approx(0.2)
    assert saturation([0.04, NAN], [NAN] * 2, [1, 2], little=0.05).stop is None
    assert saturation([], [], [], little=0.05).stop is None
    assert math.isnan(uncovered_share(np.zeros(0), np.zeros(0), 1.0))


def test_the_radius_falls_by_a_share_of_the_first() -> None:
    assert radius_fall([2.0, NAN, 1.5, 1.0], [10, 20, 30, 40]) == pytest.approx(0.25)
    assert radius_fall([2.0, 1.9, 1.5], [10, 20, 20]) == pytest.approx(0.25)
    assert math.isnan(radius_fall([2.0], [10]))
    assert math.isnan(radius_fall([0.0, 0.0], [10, 20]))


def test_what_a_batch_is_worth() -> None:
    gain = next_gain([20, 40], [0.50, 0.52], [0.01, 0.01], 40)  # one doubling: 2 points
    assert gain is not None
    told = value(gain, point_value=100.0, batch_s=3600.0, hour_cost=199.0)
    assert told.stop is False
    assert told.numbers["worth"] == pytest.approx(200.0)
    assert value(gain, point_value=100.0, batch_s=3600.0, hour_cost=201.0).stop is True
    assert value(gain, point_value=1.0, batch_s=36.0, hour_cost=199.0).stop is False
    assert value(gain, point_value=0.0, batch_s=36.0, hour_cost=199.0).stop is None
    assert value(gain, point_value=1.0, batch_s=NAN, hour_cost=1.0).stop is None
    assert value(None, point_value=1.0, batch_s=1.0, hour_cost=1.0).stop is None
