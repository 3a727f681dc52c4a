"""Whether another round is worth it: the stop rules, asked about every round."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framesel.recipe import Recipe

if TYPE_CHECKING:
    from framesel.history.turn import History


@dataclass(frozen=True)
class Ruling:
    """What one rule says of one round.

    Attributes:
        rule: Its name.
        round: Number of the round.
        stop: Whether it says stop; None: it cannot tell yet.
        text: Why, for a person.
        numbers: What it looked at.
    """

    rule: str
    round: int
    stop: bool | None
    text: str
    numbers: dict[str, float | None]

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "rule": self.rule,
            "title": self.rule,
            "round": self.round,
            "stop": self.stop,
            "text": self.text,
            "numbers": self.numbers,
        }


@dataclass(frozen=True)
class Advice:
    """Whether to go on.

    Attributes:
        stop: Whether another round is not worth it.
        why: For a person.
        rulings: Of every rule on every round.
    """

    stop: bool
    why: str
    rulings: tuple[Ruling, ...]

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "stop": self.stop,
            "why": self.why,
            "rulings": [one.json() for one in self.rulings],
        }


def advice(found: History, recipe: Recipe) -> Advice:
    """Asks the rules."""
    return Advice(False, "", ())
