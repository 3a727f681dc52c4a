"""What the rounds came to: the curve of mAP, whether to go on, what each round picked and cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
        told = self.history.json()
        advice = told["advice"]
        if advice is not None:
            newest = max((one["round"] for one in advice["rulings"]), default=0)
            advice["rulings"] = [one for one in advice["rulings"] if one["round"] == newest]
        return {
            "metric": self.metric,
            "on": told["on"],
            "points": told["curve"],
            "fit": None if advice is None else advice["fit"],
            "rounds": told["rounds"],
            "advice": advice,
            "remarks": told["remarks"],
        }


def rounds(view: View) -> Rounds | None:
    """All rounds; None where there is but one, and no model yet: then there is nothing to tell."""
    found = history(view.workspace, view.recipe)
    if len(found.turns) < 2 and not any(turn.model for turn in found.turns):
        return None
    return Rounds(found, view.recipe.stop.metric)
