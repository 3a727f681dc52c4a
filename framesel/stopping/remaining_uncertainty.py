"""Stop when the detector is sure of what is left, and right to be."""

from __future__ import annotations

import math

from framesel.stopping.verdict import Verdict

NO_MORE = 1.05
"""Picks that are at most so many times as uncertain as random frames are not informative."""


def remaining_uncertainty(error: float, ratio: float, *, little: float, informed: bool) -> Verdict:
    """Whether the mean chance of an error over the footage is small.

    Where scores are not calibrated, the ratio decides: picks that were made for their uncertainty
    and are hardly more uncertain than frames drawn at random say that nothing stands out any more.
    Where scores are calibrated it does not, because a detector that errs everywhere alike still
    learns from any label. Zhu et al., "Confidence-based stopping criteria for active learning for
    data annotation", ACM TSLP 6, 2010 (overall uncertainty).

    Args:
        error: Mean calibrated probability that a frame holds an error, over all frames that could
            be picked; nan: scores are not calibrated.
        ratio: Mean utility of the picks, divided by that of frames drawn at random; nan: unknown.
        little: A smaller chance of an error is small.
        informed: Whether the picks were made for their uncertainty.
    """
    numbers = {"error": error, "little": little, "ratio": ratio, "no_more": NO_MORE}
    against = (
        f" Picks were {ratio:.2f} times as uncertain as frames drawn at random."
        if math.isfinite(ratio)
        else ""
    )
    if math.isfinite(error):
        stop = error < little
        word = "under" if stop else "not under"
        sentence = f"A frame holds an error with a chance of {error:.1%}, {word} {little:.1%}."
        return Verdict("uncertainty", stop, sentence + against, numbers)
    if informed and math.isfinite(ratio):
        stop = ratio <= NO_MORE
        word = "nothing stands out any more" if stop else "something still stands out"
        return Verdict(
            "uncertainty", stop, f"Scores are not calibrated.{against} So {word}.", numbers
        )
    sentence = "How often the detector errs on the rest is not known: scores are not calibrated."
    return Verdict("uncertainty", None, sentence + against, numbers)
