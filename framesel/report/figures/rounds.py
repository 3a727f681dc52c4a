"""What the rounds came to: the curve of mAP, whether to go on, what each round picked and cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from framesel.history.advice import TITLES
from framesel.history.history import history
from framesel.history.turn import History
from framesel.report.view import View


@dataclass(frozen=True)
class Rounds:
    """The rounds of the view's workspace.

    Attributes:
        history: All of them.
        metric: What the stop rules judge by: ``map50`` or ``map50_95``.
    """

    history: History
    metric: str

    def json(self) -> dict[str, Any]:
        """For the page."""
        told, advice = self.history.json(), self.history.advice
        newest = () if advice is None else advice.newest[1]
        return {
            "metric": self.metric,
            "on": told["on"],
            "points": told["curve"],
            "fit": None if advice is None else advice.fit(),
            "expected": next((one.sentence for one in newest if one.rule == "plateau"), ""),
            "rounds": told["rounds"],
            "advice": None
            if advice is None
            else {
                "stop": advice.stop,
                "sentence": advice.why,
                "rulings": [{**one.json(), "title": TITLES[one.rule]} for one in newest],
            },
            "remarks": told["remarks"],
        }


def rounds(view: View) -> Rounds | None:
    """All rounds; None where there is but one, without a model and without a verdict on scores."""
    found = history(view.workspace, view.recipe)
    if len(found.turns) < 2 and not any(turn.model or turn.trust for turn in found.turns):
        return None
    return Rounds(found, view.recipe.stop.metric)
