"""Where each stop rule would have ended a recorded run, what it would have saved and lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from framesel.errors import UsageError
from framesel.stopping.judge import Known, judge_rounds
from framesel.stopping.settings import Stop
from framesel.stopping.verdict import RULES, Rule, recommend

_NOT_KNOWN = float("nan")


@dataclass(frozen=True)
class Replayed:
    """One rule on one recorded run.

    Attributes:
        rule: Which; "recommended": what all of them recommend together.
        round: Position of the round after which it would have ended the run; None: never.
        labels: Labels by then; all of them where it never would.
        saved: Share of the run's labels that would not have been made; 0 where it never would.
        lost: By how much the run's last model is better than the one it would have ended with
            (negative: worse); nan where that was not measured.
    """

    rule: Rule | Literal["recommended"]
    round: int | None
    labels: int
    saved: float
    lost: float

    def json(self) -> dict[str, Any]:
        """Plain values; None for nan."""
        return {key: None if value != value else value for key, value in asdict(self).items()}


def replay(
    curve: Sequence[Known], stop: Stop, outcome: Sequence[float] | None = None
) -> tuple[Replayed, ...]:
    """Goes through a run as if its later rounds were not known yet.

    A rule alone ends the run the first time that it says stop, all together when they recommend it.

    Args:
        curve: What was known at each round.
        stop: The thresholds.
        outcome: What the model of each round was truly worth, where that is another figure than the
            one that the rules saw (other footage, other seeds); None: ``Known.metric``.

    Raises:
        UsageError: There is no round, or not an outcome for each.
    """
    worth = [one.metric for one in curve] if outcome is None else list(outcome)
    if not curve or len(worth) != len(curve):
        raise UsageError(
            f"replaying stop rules: {len(curve)} rounds and {len(worth)} outcomes; give at least "
            "one round and an outcome for each"
        )
    verdicts = judge_rounds(curve, stop)
    ends: dict[Any, int | None] = {}
    for which, rule in enumerate(RULES):
        ends[rule] = _first(told[which].stop is True for told in verdicts)
    ends["recommended"] = _first(
        recommend(verdicts[: at + 1], stop.needed, stop.rounds).stop for at in range(len(verdicts))
    )
    return tuple(_replayed(rule, end, curve, worth) for rule, end in ends.items())


def _replayed(
    rule: Any, end: int | None, curve: Sequence[Known], worth: Sequence[float]
) -> Replayed:
    labels = curve[-1 if end is None else end].labels
    everything = curve[-1].labels
    return Replayed(
        rule,
        end,
        labels,
        1.0 - labels / everything if everything else 0.0,
        0.0 if end is None else worth[-1] - worth[end],
    )


def _first(answers: Any) -> int | None:
    """Position of the first that is true."""
    return next((at for at, answer in enumerate(answers) if answer), None)
