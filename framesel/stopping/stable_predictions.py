"""Stop when successive models say the same of frames that nobody has labelled.

Bloodgood & Vijay-Shanker, "A method for stopping active learning based on stabilizing predictions
and the need for user-adjustable stopping", CoNLL 2009: Cohen's kappa of successive models on a
fixed stop set, averaged over three pairs. Detection has no true negatives, so that kappa is not
defined on boxes: there it is the F1 agreement 2 m / (|D1| + |D2|) of the two models' boxes, and
kappa is that of which classes a frame shows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from framesel.stopping.verdict import Verdict

F64 = NDArray[np.float64]


def stable_predictions(
    agreement: Sequence[float],
    kappa: Sequence[float],
    *,
    window: int,
    least_agreement: float,
    least_kappa: float,
) -> Verdict:
    """Whether both agreements, averaged over the last pairs of models, are high enough.

    Args:
        agreement: Round by round, F1 agreement with the model of the round before; nan: none.
        kappa: The same for Cohen's kappa of class presence; nan too where it is not defined because
            every frame shows the same classes: then agreement decides alone.
        window: Pairs of models that are averaged; with fewer the rule cannot say.
        least_agreement: That is stable.
        least_kappa: That is stable.
    """
    last, classes = (np.asarray(one, np.float64)[-window:] for one in (agreement, kappa))
    if len(last) < window or not np.isfinite(last).all():
        known = int(np.isfinite(np.asarray(agreement, np.float64)).sum())
        return Verdict(
            "predictions",
            None,
            f"{window} pairs of successive models are needed to see whether predictions are "
            f"stable; {known} can be compared so far.",
        )
    boxes, presence = float(last.mean()), _mean(classes)
    stop = boxes >= least_agreement and not presence < least_kappa
    numbers = {
        "agreement": boxes,
        "least_agreement": least_agreement,
        "kappa": presence,
        "least_kappa": least_kappa,
        "most_change": most_change(presence),
    }
    return Verdict("predictions", stop, _sentence(numbers, window, stop), numbers)


def most_change(kappa: float) -> float:
    """How far the F-measures of two models can lie apart whose kappa is so high.

    4 (1 - T) / T for kappa of at least T > 0: Bloodgood & Grothendieck, "Analysis of stopping
    active learning based on stabilizing predictions", CoNLL 2013. It holds for the yes-or-no
    answers that kappa was measured on (class presence), not for boxes; nan without a kappa over 0.
    """
    return min(4 * (1 - kappa) / kappa, 1.0) if kappa > 0 else float("nan")


def _mean(values: F64) -> float:
    """Mean of those that are defined; nan if none is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def _sentence(numbers: dict[str, float], window: int, stop: bool) -> str:
    boxes = (
        f"Boxes of successive models agree to {numbers['agreement']:.2f} (F1, mean of {window} "
        f"pairs; stable: {numbers['least_agreement']:.2f})"
    )
    classes = (
        f", classes of a frame to {numbers['kappa']:.2f} (kappa; stable: "
        f"{numbers['least_kappa']:.2f})"
        if np.isfinite(numbers["kappa"])
        else ", and which classes a frame shows never differs"
    )
    change = (
        f" The F-measure of class presence then moves by at most {numbers['most_change']:.2f}."
        if stop and np.isfinite(numbers["most_change"])
        else ""
    )
    return f"{boxes}{classes}: {'stable' if stop else 'not stable yet'}.{change}"
