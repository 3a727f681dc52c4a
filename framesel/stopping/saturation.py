"""Stop when hardly anything in the footage is unlike everything that is labelled."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from framesel.stopping.verdict import Verdict

F64 = NDArray[np.float64]


def uncovered_share(distance: F64, mass: F64, width: float) -> float:
    """Share of the footage that is farther than ``width`` from everything that is labelled.

    Args:
        distance: (n,) of each frame to the nearest labelled one.
        mass: (n,) how many frames it stands for.
        width: Distance up to which a frame counts as covered.

    Returns:
        In [0, 1]; nan without frames.
    """
    total = float(mass.sum())
    return float(mass[distance > width].sum() / total) if total > 0 else float("nan")


def saturation(
    uncovered: Sequence[float], radius: Sequence[float], labels: Sequence[float], *, little: float
) -> Verdict:
    """Whether little of the footage is left uncovered. It needs no model.

    The radius (the distance of the frame that is farthest from every label) says how much another
    label still reaches; one odd frame decides it, so that it is told and does not judge.

    Args:
        uncovered: Round by round, as ``uncovered_share`` tells it; nan: unknown.
        radius: Round by round; nan: unknown.
        labels: Round by round, labelled frames.
        little: A smaller share is little.
    """
    share = float(uncovered[-1]) if len(uncovered) else float("nan")
    fall = radius_fall(radius, labels)
    if math.isnan(share):
        return Verdict("coverage", None, "How much of the footage is covered is not known.")
    stop = share < little
    numbers = {
        "uncovered": share,
        "little": little,
        "radius": float(radius[-1]) if len(radius) else float("nan"),
        "radius_fall": fall,
    }
    word = "under" if stop else "not under"
    sentence = f"{share:.1%} of the footage is unlike everything labelled, {word} {little:.1%}."
    if math.isfinite(fall):
        sentence += f" The farthest frame came {fall:.1%} nearer with the last labels."
    return Verdict("coverage", stop, sentence, numbers)


def radius_fall(radius: Sequence[float], labels: Sequence[float]) -> float:
    """By which share of the first radius the last labels made it shorter; nan: not known.

    Of rounds with equally many labels the last one counts.
    """
    known = {float(n): float(r) for n, r in zip(labels, radius, strict=True) if math.isfinite(r)}
    if len(known) < 2:
        return float("nan")
    lengths = [known[one] for one in sorted(known)]
    return (lengths[-2] - lengths[-1]) / lengths[0] if lengths[0] > 0 else float("nan")
