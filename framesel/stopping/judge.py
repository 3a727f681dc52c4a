"""All stop rules on what is known after each round."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from framesel.stopping.plateau import Gain, next_gain, plateau
from framesel.stopping.remaining_uncertainty import remaining_uncertainty
from framesel.stopping.saturation import saturation
from framesel.stopping.settings import Stop
from framesel.stopping.stable_predictions import stable_predictions
from framesel.stopping.value import value
from framesel.stopping.verdict import Verdict

_NOT_KNOWN = float("nan")


@dataclass(frozen=True)
class Known:
    """What is known after a round; nan where nothing is.

    Attributes:
        labels: Frames that are labelled by then.
        metric: What the model of the round reaches on footage that it has not seen: never on frames
            that a strategy chose, which are harder than the rest.
        error: Standard error of it.
        agreement: F1 agreement of its boxes with those of the model before, on the stop set.
        kappa: The same for class presence.
        uncertain: Mean calibrated probability of an error over the frames that are left.
        ratio: Utility of the round's picks against frames drawn at random.
        informed: Whether the picks were made for their uncertainty.
        uncovered: Share of the footage that is unlike everything labelled.
        radius: Distance of the frame that is farthest from every label.
        batch_s: Seconds that the next batch will take people.
    """

    labels: int
    metric: float = _NOT_KNOWN
    error: float = _NOT_KNOWN
    agreement: float = _NOT_KNOWN
    kappa: float = _NOT_KNOWN
    uncertain: float = _NOT_KNOWN
    ratio: float = _NOT_KNOWN
    informed: bool = False
    uncovered: float = _NOT_KNOWN
    radius: float = _NOT_KNOWN
    batch_s: float = _NOT_KNOWN


def expected_gain(known: Sequence[Known], batch: int) -> Gain | None:
    """What so many more labels bring after the last of these rounds; None: it is not known.

    A last round without a measurement has nothing new to say of the curve.
    """
    if not known or math.isnan(known[-1].metric):
        return None
    return next_gain(
        [one.labels for one in known],
        [one.metric for one in known],
        [one.error for one in known],
        batch,
    )


def judge(known: Sequence[Known], stop: Stop, batch: int | None = None) -> tuple[Verdict, ...]:
    """What each rule says after the last of these rounds.

    Args:
        known: Round by round, oldest first; at least one.
        stop: The thresholds.
        batch: Labels of the next batch; None: as many as the last one had.
    """
    last = known[-1]
    gain = expected_gain(known, last_batch(known) if batch is None else batch)
    return (
        stable_predictions(
            [one.agreement for one in known],
            [one.kappa for one in known],
            window=stop.window,
            least_agreement=stop.agreement,
            least_kappa=stop.kappa,
        ),
        plateau(gain, stop.delta),
        remaining_uncertainty(
            last.uncertain, last.ratio, little=stop.uncertain, informed=last.informed
        ),
        saturation(
            [one.uncovered for one in known],
            [one.radius for one in known],
            [one.labels for one in known],
            little=stop.uncovered,
        ),
        value(gain, point_value=stop.point_value, batch_s=last.batch_s, hour_cost=stop.hour_cost),
    )


def last_batch(known: Sequence[Known]) -> int:
    """Labels that the last round added; 0 where there is no earlier one."""
    numbers = sorted({one.labels for one in known})
    return numbers[-1] - numbers[-2] if len(numbers) > 1 else 0


def judge_rounds(known: Sequence[Known], stop: Stop) -> list[tuple[Verdict, ...]]:
    """What each rule said after each round, knowing nothing of later ones but their size."""
    told = []
    for at in range(len(known)):
        ahead = known[at + 1].labels - known[at].labels if at + 1 < len(known) else 0
        told.append(judge(known[: at + 1], stop, ahead or None))
    return told
