"""Curves: isotonic fits against scikit-learn's, areas and levels as worked by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.isotonic import isotonic_regression

from framesel.simulation.detector.curves import area, isotonic, needed

CURVES = arrays(
    np.float64, st.tuples(st.integers(1, 4), st.integers(1, 7)), elements=st.floats(0, 1)
)


@given(CURVES)
def test_isotonic_fits_are_scikit_learns(values: np.ndarray) -> None:
    found = isotonic(values)
    for row, fit in zip(values, found, strict=True):
        assert fit == pytest.approx(isotonic_regression(row), abs=1e-12)
    assert (np.diff(found, axis=-1) >= -1e-12).all()


def test_a_curve_that_never_falls_stays_as_it_is() -> None:
    values = np.array([0.1, 0.1, 0.4, 0.9])
    assert isotonic(values).tolist() == pytest.approx(values.tolist())


def test_the_area_is_a_mean_height_over_the_logarithm() -> None:
    # 10 to 100 and 100 to 1000 are equal steps: (0 + .5) / 2 and (.5 + .5) / 2.
    values = np.array([[0.0, 0.5, 0.5], [0.3, 0.3, 0.3]])
    assert area(np.array([10.0, 100.0, 1000.0]), values) == pytest.approx([0.375, 0.3])
    assert area(np.array([10.0]), values[:, :1]) == pytest.approx([0.0, 0.3])


def test_a_level_is_reached_halfway_on_the_logarithm() -> None:
    amounts = np.array([[10.0, 1000.0, 2000.0]] * 4)
    curves = np.array([[0.2, 0.4, 0.4], [0.3, 0.4, 0.5], [0.0, 0.1, 0.2], [0.0, 0.2, 0.3]])
    # Halfway between 10 and 1000; there at once; never; exactly at a point.
    found = needed(amounts, curves, np.array([0.3, 0.3, 0.3, 0.2]))
    assert found == pytest.approx([100.0, 10.0, np.inf, 1000.0])


@given(CURVES, st.floats(0, 1))
def test_what_is_needed_lies_where_the_curve_crosses(values: np.ndarray, level: float) -> None:
    curves = isotonic(values)
    amounts = np.broadcast_to(10.0 * 2.0 ** np.arange(curves.shape[1]), curves.shape)
    found = needed(amounts, curves, np.full(len(curves), level))
    for row, at, steps in zip(curves, found, amounts, strict=True):
        if np.isinf(at):
            assert (row < level).all()
        else:
            assert steps[0] <= at <= steps[-1] * (1 + 1e-9)
            height = np.interp(np.log(at), np.log(steps), row)
            assert height >= level - 1e-9 or at == pytest.approx(steps[0])


@given(CURVES)
def test_more_is_needed_for_more(values: np.ndarray) -> None:
    curves = isotonic(values)
    amounts = np.broadcast_to(10.0 * 2.0 ** np.arange(curves.shape[1]), curves.shape)
    low, high = (needed(amounts, curves, np.full(len(curves), at)) for at in (0.3, 0.6))
    assert (low <= high * (1 + 1e-12)).all()
