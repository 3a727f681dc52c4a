"""What a stop rule says, and what all of them together recommend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Rule = Literal["predictions", "plateau", "uncertainty", "coverage", "value"]

RULES: tuple[Rule, ...] = get_args(Rule)
"""The order in which they are told."""


@dataclass(frozen=True)
class Verdict:
    """What one rule says after one round.

    Attributes:
        rule: Which.
        stop: Whether another round is no longer worth it; None: it cannot say (yet).
        sentence: Why, for a person.
        numbers: What it looked at, by name; nan where unknown.
    """

    rule: Rule
    stop: bool | None
    sentence: str
    numbers: Mapping[str, float] = field(default_factory=dict)

    def json(self) -> dict[str, Any]:
        """Plain values; None for nan."""
        numbers = {
            name: value if math.isfinite(value) else None for name, value in self.numbers.items()
        }
        return {
            "rule": self.rule,
            "stop": self.stop,
            "sentence": self.sentence,
            "numbers": numbers,
        }


@dataclass(frozen=True)
class Recommendation:
    """What the rules say together.

    Attributes:
        stop: Whether stopping is recommended.
        rules: Those that say stop in the last round.
        in_a_row: For how many rounds, up to the last, enough rules have said so.
        sentence: The same for a person.
    """

    stop: bool
    rules: tuple[Rule, ...]
    in_a_row: int
    sentence: str

    def json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "stop": self.stop,
            "rules": list(self.rules),
            "in_a_row": self.in_a_row,
            "sentence": self.sentence,
        }


def recommend(
    verdicts: Sequence[Sequence[Verdict]], needed: int = 2, rounds: int = 2
) -> Recommendation:
    """Recommends to stop once several rules have said so for several rounds in a row.

    They need not be the same rules in each round. Each round is another look, and a rule that looks
    often enough says stop by chance; that several must, again and again, is the guard against it.

    Args:
        verdicts: Round by round, oldest first: one of each rule.
        needed: Rules that must say stop in a round.
        rounds: Rounds in a row, up to the last, in which so many must.
    """
    in_a_row = 0
    for told in reversed(verdicts):
        if sum(one.stop is True for one in told) < needed:
            break
        in_a_row += 1
    rules = tuple(one.rule for one in (verdicts[-1] if verdicts else ()) if one.stop)
    stop = bool(verdicts) and in_a_row >= rounds
    return Recommendation(stop, rules, in_a_row, _sentence(stop, rules, in_a_row, needed, rounds))


def _sentence(stop: bool, rules: tuple[Rule, ...], in_a_row: int, needed: int, rounds: int) -> str:
    named = ", ".join(rules) or "none"
    if stop:
        return (
            f"Stopping is recommended: at least {needed} of {len(RULES)} rules have said so for "
            f"{_times(in_a_row)} (now: {named})."
        )
    wanted = f"{needed} of {len(RULES)} rules must say stop for {_times(rounds)} in a row"
    so_far = f", for {_times(in_a_row)} so far" if in_a_row else ""
    return f"Going on is recommended: {wanted}; now it is {len(rules)} ({named}){so_far}."


def _times(rounds: int) -> str:
    return "1 round" if rounds == 1 else f"{rounds} rounds"
