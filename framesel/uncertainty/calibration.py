"""From a score to the probability that a frame holds an error, and how good a score is at that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.isotonic import IsotonicRegression

from framesel.errors import UsageError

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
LEVELS = ("easy", "medium", "hard")
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Calibration:
    """A rising map from a score to a probability, learnt on labelled frames.

    Attributes:
        x: Scores at which the map bends, rising.
        y: Probability of an error there, never falling.
        auroc: How well the score orders the frames that it was learnt on; nan if all held an error
            or none did.
        n: How many frames.
        positives: How many of them held an error.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    auroc: float
    n: int
    positives: int

    def probability(self, score: ArrayLike) -> F64:
        """(n,) in [0, 1]; outside of what was seen the nearest seen; nan stays nan."""
        values = np.asarray(score, np.float64)
        return np.where(np.isnan(values), np.nan, np.interp(values, self.x, self.y))

    def to_dict(self) -> dict[str, Any]:
        """For JSON: plain lists and numbers, None for an unknown AUROC."""
        known = None if np.isnan(self.auroc) else self.auroc
        ends = {"x": list(self.x), "y": list(self.y)}
        return {**ends, "auroc": known, "n": self.n, "positives": self.positives}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Self:
        """What ``to_dict`` gave.

        Raises:
            UsageError: It is not such a dict, or the map falls.
        """
        try:
            x, y = (tuple(float(v) for v in stored[key]) for key in ("x", "y"))
            auroc = np.nan if stored["auroc"] is None else float(stored["auroc"])
            counts = int(stored["n"]), int(stored["positives"])
        except (KeyError, TypeError, ValueError) as error:
            raise UsageError(f"not a stored calibration ({error!r}): calibrate again") from error
        rising = np.isfinite([*x, *y]).all() and (np.diff(x) > 0).all() and (np.diff(y) >= 0).all()
        if not x or len(x) != len(y) or not rising or min(y) < 0 or max(y) > 1:
            raise UsageError(
                "a stored calibration must rise from x to y in [0, 1]: calibrate again"
            )
        return cls(x, y, auroc, *counts)


def calibrate(score: ArrayLike, error: ArrayLike) -> Calibration:
    """Isotonic regression of "this frame holds an error" on a score (Zadrozny and Elkan, 2002).

    Args:
        score: (n,) higher means more likely an error; nan: not available, the frame is left out.
        error: (n,) bool.

    Raises:
        UsageError: No frame has both, or a score is infinite.
    """
    values, held = _known(score, error)
    if not len(values) or np.isinf(values).any():
        raise UsageError(
            "calibration needs labelled frames with a finite score, got "
            f"{len(values)}: label some frames first, or calibrate another score"
        )
    fit = IsotonicRegression(y_min=0.0, y_max=1.0).fit(values, held.astype(np.float64))
    x = np.asarray(fit.X_thresholds_, np.float64)
    y = np.maximum.accumulate(np.clip(fit.y_thresholds_, 0.0, 1.0))
    return Calibration(
        tuple(x.tolist()), tuple(y.tolist()), auroc(values, held), len(held), int(held.sum())
    )


def difficulty(score: ArrayLike, calibration: Calibration | None = None) -> NDArray[np.str_]:
    """Easy, medium or hard.

    Calibrated, the words mean the same in every dataset and round: ``hard`` holds an error with
    probability over 2/3, ``easy`` under 1/3. Uncalibrated, they only divide these frames in three
    parts as equal as ties allow, and say nothing about errors.

    Args:
        score: (n,); nan gives ``unknown``.
        calibration: Of this score.

    Returns:
        (n,) strings.
    """
    values = np.asarray(score, np.float64)
    known = ~np.isnan(values)
    if calibration is not None:
        share = calibration.probability(values[known])
    else:
        share = (rankdata(values[known]) - 0.5) / max(int(known.sum()), 1)
    words = np.full(values.shape, UNKNOWN, dtype="<U7")
    words[known] = np.array(LEVELS)[(share >= 1 / 3).astype(int) + (share > 2 / 3)]
    return words


def auroc(score: ArrayLike, error: ArrayLike) -> float:
    """Probability that a frame with an error scores higher than one without; ties count half.

    Args:
        score: (n,); frames with nan are left out.
        error: (n,) bool.

    Returns:
        In [0, 1]; nan where all frames hold an error or none does.
    """
    values, held = _known(score, error)
    return _Ranking(values, held).auroc(np.ones(len(values)))


def auroc_interval(
    score: ArrayLike,
    error: ArrayLike,
    group: ArrayLike,
    *,
    n: int = 1000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap of ``auroc`` over groups, since frames of a clip are not independent.

    Args:
        score: (n,); frames with nan are left out.
        error: (n,) bool.
        group: (n,) what is drawn as a whole, with replacement: the clip of each frame.
        n: Draws. Those in which all frames hold an error, or none does, have no AUROC and do not
            count.
        seed: Of the draws.
        level: Share of the draws within the interval.

    Returns:
        Low and high end; nan where no draw has an AUROC.
    """
    values, held = _known(score, error)
    clips, member = np.unique(
        np.asarray(group)[~np.isnan(np.asarray(score, np.float64))], return_inverse=True
    )
    ranking = _Ranking(values, held)
    rng = np.random.default_rng(seed)
    drawn = np.full(n, np.nan)
    for i in range(n if len(clips) else 0):
        times = np.bincount(rng.integers(len(clips), size=len(clips)), minlength=len(clips))
        drawn[i] = ranking.auroc(times[member].astype(np.float64))
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return np.nan, np.nan
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


class _Ranking:
    """Scores sorted once, so that reweighted AUROCs are cheap."""

    def __init__(self, score: F64, error: Bools) -> None:
        self._order = np.argsort(score, kind="stable")
        ranked = score[self._order]
        self._starts = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
        self._error = error[self._order]

    def auroc(self, weight: F64) -> float:
        ranked = weight[self._order]
        if not len(ranked):
            return np.nan
        bad = np.add.reduceat(np.where(self._error, ranked, 0.0), self._starts)
        good = np.add.reduceat(np.where(self._error, 0.0, ranked), self._starts)
        if not bad.sum() or not good.sum():
            return np.nan
        below = np.cumsum(good) - good / 2
        return float((bad * below).sum() / (bad.sum() * good.sum()))


def _known(score: ArrayLike, error: ArrayLike) -> tuple[F64, Bools]:
    values, held = np.asarray(score, np.float64), np.asarray(error, np.bool_)
    if values.shape != held.shape or values.ndim != 1:
        raise UsageError(
            f"scores have the shape {values.shape}, errors {held.shape}: give (n,) each"
        )
    known = ~np.isnan(values)
    return values[known], held[known]
