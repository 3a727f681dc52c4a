"""Stop when the next batch costs more than what it is expected to bring is worth."""

from __future__ import annotations

import math

from framesel.stopping.plateau import Gain
from framesel.stopping.verdict import Verdict


def value(gain: Gain | None, *, point_value: float, batch_s: float, hour_cost: float) -> Verdict:
    """Compares the worth of the expected gain with the cost of labelling.

    Args:
        gain: Of the next batch.
        point_value: What one point (0.01) is worth; 0: nobody has said, and the rule is off.
        batch_s: Seconds that people need for the next batch; nan: unknown.
        hour_cost: What an hour costs, in the same money; 0: nobody has said.
    """
    if point_value <= 0 or hour_cost <= 0:
        return Verdict(
            "value", None, "What a point is worth and what an hour costs has not been said."
        )
    if gain is None or math.isnan(batch_s):
        return Verdict("value", None, "What the next labels bring, or cost, is not known yet.")
    worth, cost = 100 * gain.expected * point_value, batch_s / 3600 * hour_cost
    stop = worth < cost
    numbers = {"worth": worth, "cost": cost, "points": 100 * gain.expected, "hours": batch_s / 3600}
    sentence = (
        f"The next {gain.batch} labels are expected to bring {100 * gain.expected:.2f} points, "
        f"worth {worth:.4g}, for {cost:.4g}: {'not worth it' if stop else 'worth it'}."
    )
    return Verdict("value", stop, sentence, numbers)
