"""What another season changes: the light, and which objects are common.

A phase counts the seasons of a video: 0 before its `drift_at_s`, 1 from then on.
"""

import numpy as np
from numpy.typing import NDArray

from framesel.simulation.spec import VideoSpec

# Gains of red, green and blue by phase.
TINTS = ((1.0, 1.0, 1.0), (0.80, 0.70, 0.58))


def phase(spec: VideoSpec, t_s: float) -> int:
    """The season at a time of a video."""
    return int(spec.drift_at_s is not None and t_s >= spec.drift_at_s)


def tint(number: int) -> NDArray[np.float64]:
    """(3,) gains of red, green and blue in this phase."""
    return np.array(TINTS[number])


def class_prior(spec: VideoSpec, number: int) -> NDArray[np.float64]:
    """(classes,) how often each class is seen in this phase; sums to one.

    Zipf's law over ranks. A drift moves the ranks on by half the classes, so that the frequent
    ones become rare and rare ones frequent.
    """
    frequency = 1 / np.arange(1, spec.classes + 1) ** spec.zipf
    return np.asarray(np.roll(frequency, number * (spec.classes // 2)) / frequency.sum())
