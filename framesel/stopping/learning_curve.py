"""The curve a - b n^-c through what was measured after each round, and what comes next.

Inverse power laws describe learning curves of classifiers and detectors well (Cortes et al.,
"Learning curves: asymptotic values and rate of convergence", NIPS 1993; Figueroa et al.,
"Predicting sample size required for classification performance", BMC Medical Informatics 12, 2012).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

F64 = NDArray[np.float64]

LEAST_ROUNDS = 4
"""One more than the curve has parameters: below it nothing tells noise from curve."""

EXPONENTS = (0.02, 2.0)
"""Range of c. At its lower end the curve is a logarithm, at the upper one it is over at once."""

SAMPLES = 1000
"""Curves drawn for the intervals."""

_STEPS = 48


@dataclass(frozen=True, eq=False, slots=True)
class Curve:
    """A fitted curve y(n) = a - b (n / n_last)^-c, in units of the last number of labels.

    Attributes:
        labels: n_last.
        a: What it tends to, at most 1.
        b: At least 0.
        c: In ``EXPONENTS``.
        noise: Standard deviation of a measurement with the mean error around the curve.
        drawn: (SAMPLES, 3) a, b, c of curves that fit as well as chance allows.
    """

    labels: float
    a: float
    b: float
    c: float
    noise: float
    drawn: F64

    def at(self, labels: float) -> float:
        """Its value after so many labels."""
        return float(self.a - self.b * (labels / self.labels) ** -self.c)

    def interval(self, of: Callable[[F64, F64, F64], F64], level: float) -> tuple[float, float]:
        """Central interval of something that follows from the parameters.

        Args:
            of: From a, b and c, each (SAMPLES,).
            level: In (0, 1).
        """
        low, high = np.quantile(of(*self.drawn.T), [0.5 - level / 2, 0.5 + level / 2])
        return float(low), float(high)

    def between(self, labels: float, level: float) -> tuple[float, float]:
        """Interval of the curve itself after so many labels, as a band to draw."""
        part = labels / self.labels
        return self.interval(lambda a, b, c: a - b * part**-c, level)

    def gain(self, more: float) -> float:
        """What so many more labels bring."""
        return float(self.b * (1.0 - (1.0 + more / self.labels) ** -self.c))

    def gain_between(self, more: float, level: float) -> tuple[float, float]:
        """Interval of that gain."""
        part = 1.0 + more / self.labels
        return self.interval(lambda _a, b, c: b * (1.0 - part**-c), level)


def fit(labels: F64, values: F64, errors: F64, seed: int = 0) -> Curve | None:
    """Weighted non-linear least squares.

    For a given c the curve is linear in a and b, so that only c is searched (variable projection:
    Golub & Pereyra, SIAM Journal on Numerical Analysis 10, 1973); no starting point can be wrong.
    Intervals are those of curves fitted to the fitted one with noise (parametric bootstrap). The
    size of the noise is that of the residuals with n - 3 degrees of freedom, drawn as uncertain as
    it is, so that few rounds give wide intervals. The given errors only weigh the rounds: most of
    an error is that of the judged footage, which all rounds share.

    Args:
        labels: (n,) rising, over 0.
        values: (n,) what was measured, at most 1.
        errors: (n,) standard errors; nan: all alike.
        seed: Of the noise.

    Returns:
        None for fewer than ``LEAST_ROUNDS`` rounds.
    """
    if len(labels) < LEAST_ROUNDS:
        return None
    known = np.isfinite(errors).all() and (errors > 0).all()
    relative = errors / errors.mean() if known else np.ones(len(values))
    part, weights = labels / labels[-1], relative**-2.0
    exponent = _search(part, values, weights)
    (a,), (b,), _ = _given(exponent, part, values[None], weights)
    fitted = a - b * part**-exponent
    noise = float(np.sqrt((weights * (values - fitted) ** 2).sum() / (len(values) - 3)))
    drawn = _draw(part, fitted, weights, noise, exponent, seed)
    return Curve(float(labels[-1]), float(a), float(b), float(exponent), noise, drawn)


def _given(exponent: float, part: F64, values: F64, weights: F64) -> tuple[F64, F64, F64]:
    """Best a <= 1 and b >= 0 for one c, and their sums of squares; ``values`` (k, n), each (k,)."""
    falling = part**-exponent
    share = weights / weights.sum()
    mean, centre = values @ share, falling @ share
    spread = (share * (falling - centre) ** 2).sum()
    slope = -((values - mean[:, None]) * (falling - centre)) @ share / spread
    b = np.maximum(slope, 0.0)
    a = mean + b * centre
    over = a > 1.0
    tied = ((1.0 - values) * falling) @ share / (share * falling**2).sum()
    a, b = np.where(over, 1.0, a), np.where(over, np.maximum(tied, 0.0), b)
    rest = values - a[:, None] + b[:, None] * falling
    return a, b, rest**2 @ weights


def _search(part: F64, values: F64, weights: F64) -> float:
    """The best c: the best of a grid, refined between its neighbours."""
    grid = np.geomspace(*EXPONENTS, _STEPS)

    def squares(logarithm: float) -> float:
        return float(_given(float(np.exp(logarithm)), part, values[None], weights)[2][0])

    logs = np.log(grid)
    best = int(np.argmin([squares(one) for one in logs]))
    low, high = logs[max(best - 1, 0)], logs[min(best + 1, _STEPS - 1)]
    found = minimize_scalar(squares, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    return float(np.exp(found.x if found.fun <= squares(logs[best]) else logs[best]))


def _draw(part: F64, fitted: F64, weights: F64, noise: float, exponent: float, seed: int) -> F64:
    """(SAMPLES, 3) curves fitted to the fitted values with noise."""
    rng = np.random.default_rng(seed)
    freedom = len(part) - 3
    size = noise * np.sqrt(freedom / rng.chisquare(freedom, SAMPLES))
    around = fitted + size[:, None] * rng.standard_normal((SAMPLES, len(part))) / np.sqrt(weights)
    best = np.full(SAMPLES, np.inf)
    drawn = np.zeros((SAMPLES, 3))
    for c in (exponent, *np.geomspace(*EXPONENTS, _STEPS)):
        a, b, squares = _given(float(c), part, around, weights)
        better = squares < best
        best = np.where(better, squares, best)
        drawn[better] = np.stack([a, b, np.full(SAMPLES, c)], axis=1)[better]
    return drawn
