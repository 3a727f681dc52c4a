"""Stop when the next batch of labels surely brings too little."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from framesel.stopping.learning_curve import Curve, fit
from framesel.stopping.verdict import Verdict

F64 = NDArray[np.float64]

LEVEL = 0.9
"""Of the interval of the gain: its upper end is passed with a chance of 5 %."""

_UPPER = 1.6448536269514722
"""Quantile of the normal distribution at 0.95."""


@dataclass(frozen=True, eq=False, slots=True)
class Gain:
    """What the next batch is expected to bring.

    Attributes:
        batch: Its labels.
        expected: Gain of the measured figure.
        low: Lower end of the 90 % interval; nan where nothing is known of the noise.
        high: Upper end.
        last: What the last round says alone: the step of the isotonic curve, carried on per
            logarithm of labels.
        last_low: Its lower end.
        curve: Behind ``expected``; None: there are too few rounds, and it is ``last``.
    """

    batch: int
    expected: float
    low: float
    high: float
    last: float
    last_low: float
    curve: Curve | None


def next_gain(
    labels: Sequence[float], values: Sequence[float], errors: Sequence[float], batch: int
) -> Gain | None:
    """What so many more labels bring, by the curve a - b n^-c through all rounds.

    With fewer rounds than it needs, the last step of the isotonic curve (pool-adjacent-violators)
    is carried on in the logarithm of labels, in which learning curves bend down, so that this
    rather promises too much. Its interval is that of two independent measurements: too wide where
    both were judged on the same footage.

    Rounds without a measurement are left out, and of several with equally many labels the last one
    counts.

    Args:
        labels: Round by round, labelled frames (or boxes, or seconds).
        values: What was measured; nan: nothing.
        errors: Standard errors of it; nan: unknown.
        batch: How many more.

    Returns:
        None with fewer than two rounds, and as long as nothing was learned at all.
    """
    n, y, e = _measured(labels, values, errors)
    if len(n) < 2 or batch <= 0 or y[-1] <= 0:
        return None
    curve = fit(n, y, e)
    rising = _rising(y, e)
    onward = math.log((n[-1] + batch) / n[-1]) / math.log(n[-1] / n[-2])
    last = float(rising[-1] - rising[-2]) * onward
    apart = float(np.hypot(e[-1], e[-2])) or math.nan  # no error at all is none that is known
    noise = apart if curve is None else curve.noise * math.sqrt(2)
    doubt = _UPPER * noise * onward
    if curve is None:
        return Gain(batch, last, max(last - doubt, 0.0), last + doubt, last, last - doubt, None)
    low, high = curve.gain_between(batch, LEVEL)
    return Gain(batch, curve.gain(batch), low, high, last, last - doubt, curve)


def plateau(gain: Gain | None, delta: float) -> Verdict:
    """Whether even the upper end of the expected gain is too little.

    A curve that has just risen by more than ``delta`` beyond its noise is no plateau, whatever was
    fitted to it.

    Args:
        gain: Of ``next_gain``.
        delta: A smaller gain is too little.
    """
    if gain is None or math.isnan(gain.high):
        return Verdict(
            "plateau",
            None,
            "Measurements after two rounds, with intervals, or after four are needed to see "
            "whether the curve flattens out.",
        )
    rose = gain.last_low > delta
    stop = gain.high < delta and not rose
    numbers: dict[str, float] = {
        "batch": gain.batch,
        "gain": gain.expected,
        "low": gain.low,
        "high": gain.high,
        "delta": delta,
        "last": gain.last,
        **_parameters(gain.curve),
    }
    points = [100 * one for one in (gain.expected, gain.low, gain.high)]
    expects = (
        f"The next {gain.batch} labels are expected to bring {points[0]:.2f} points "
        f"[{points[1]:.2f}, {points[2]:.2f}]"
    )
    return Verdict("plateau", stop, f"{expects}{_against(gain, delta, rose)}", numbers)


def _against(gain: Gain, delta: float, rose: bool) -> str:
    """How the gain compares with the least that is worth it."""
    if rose:
        return f"; the last ones still brought more than {100 * delta:g}."
    if gain.high < delta:
        return f": surely less than {100 * delta:g}."
    return f": {'' if gain.low > delta else 'it may be '}more than {100 * delta:g}."


def _parameters(curve: Curve | None) -> dict[str, Any]:
    """The curve for JSON and for who draws it, with intervals of the parameters."""
    if curve is None:
        return {}
    told: dict[str, Any] = {"n_last": curve.labels, "noise": curve.noise}
    for at, name in enumerate(("a", "b", "c")):
        low, high = np.quantile(curve.drawn[:, at], [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
        told |= {name: getattr(curve, name), f"{name}_low": float(low), f"{name}_high": float(high)}
    return told


def _measured(
    labels: Sequence[float], values: Sequence[float], errors: Sequence[float]
) -> tuple[F64, F64, F64]:
    """Rounds with a measurement, by rising labels, each number of labels once."""
    n, y, e = (np.asarray(one, np.float64) for one in (labels, values, errors))
    known = np.isfinite(y) & (n > 0)
    newest = {float(one): at for at, one in enumerate(n) if known[at]}
    rows = np.array([newest[one] for one in sorted(newest)], np.int64)
    return n[rows], y[rows], e[rows]


def _rising(values: F64, errors: F64) -> F64:
    """The isotonic curve, by weights of the errors where they are known."""
    known = np.isfinite(errors).all() and (errors > 0).all()
    weights = errors**-2.0 if known else None
    rising: F64 = isotonic_regression(values, weights=weights).x
    return rising
