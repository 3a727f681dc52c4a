"""One round in numbers, and all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framesel.evaluation.results import Estimate, Metrics
from framesel.history.balance import Balance
from framesel.history.coverage import Coverage
from framesel.history.labelled import Labelled
from framesel.history.measured import Measured, On, estimate_json
from framesel.history.trust import Trust
from framesel.history.uncertainty import Uncertainty

if TYPE_CHECKING:
    from framesel.history.advice import Advice
    from framesel.history.comparing import Agreement


@dataclass(frozen=True)
class Turn:
    """One round; round 0 is what was labelled, or trained, before the first.

    What is None is not known: nothing was trained, there was no detector, tables are gone.

    Attributes:
        number: From 0.
        closed: Whether its picks are settled.
        picks: Frames that were picked.
        imports: The last import of labels that belongs to it.
        labelled: Everything that was labelled when it ended, earlier rounds included.
        trained_on: What its model may have seen: labels that came later are not in it.
        model: Folder of its model in the workspace; empty: nothing was trained.
        measured: What the model is worth.
        uncertainty: Of its picks, by the detector that chose them.
        informed: Whether that uncertainty had a say in the choice.
        balance: Classes in its picks, by the same detector.
        trust: Whether that detector's uncertainty was listened to.
        coverage: What of the footage is far from all that is labelled or picked.
        agreement: Of its model with the one before.
        changed: What is different from the round before, in words.
    """

    number: int
    closed: bool
    picks: int
    imports: int
    labelled: Labelled
    trained_on: Labelled | None = None
    model: str = ""
    measured: Measured | None = None
    uncertainty: Uncertainty | None = None
    informed: bool = False
    balance: Balance | None = None
    trust: Trust | None = None
    coverage: Coverage | None = None
    agreement: Agreement | None = None
    changed: tuple[str, ...] = ()

    def json(self) -> dict[str, Any]:
        """For files and pages; None for what is not known."""
        parts = ("labelled", "trained_on", "measured", "uncertainty", "balance", "trust")
        told = {name: getattr(self, name) for name in (*parts, "coverage", "agreement")}
        return {
            "number": self.number,
            "closed": self.closed,
            "picks": self.picks,
            "model": self.model,
            "informed": self.informed,
            "changed": list(self.changed),
            **{name: None if one is None else one.json() for name, one in told.items()},
        }


@dataclass(frozen=True)
class Point:
    """One model on the curve.

    Attributes:
        round: Whose.
        frames: Labelled frames that it may have seen.
        boxes: Boxes in them.
        cost_s: Seconds that labelling had taken then.
        metrics: On frames that are the same for all points, as far as that can be had.
    """

    round: int
    frames: int
    boxes: int
    cost_s: float
    metrics: Metrics

    def estimate(self, metric: str) -> Estimate:
        """``map50`` or ``map50_95``."""
        found: Estimate = getattr(self.metrics, metric)
        return found

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "round": self.round,
            "frames": self.frames,
            "boxes": self.boxes,
            "cost_s": round(self.cost_s, 3),
            "map50": estimate_json(self.metrics.map50),
            "map50_95": estimate_json(self.metrics.map50_95),
        }


@dataclass(frozen=True)
class History:
    """The rounds of a workspace.

    Attributes:
        turns: By number.
        on: Which frames the curve is measured on; None: there is no model.
        advice: Whether to go on; None while there is no round.
        remarks: What a person should hear.
    """

    turns: tuple[Turn, ...]
    on: On | None = None
    advice: Advice | None = None
    remarks: tuple[str, ...] = ()

    @property
    def curve(self) -> tuple[Point, ...]:
        """The models that were measured on those frames, by round."""
        points = []
        for turn in self.turns:
            if self.on is None or turn.measured is None or turn.trained_on is None:
                continue
            metrics = turn.measured.on(self.on)
            if metrics is not None:
                seen = turn.trained_on
                points.append(Point(turn.number, seen.frames, seen.boxes, seen.cost_s, metrics))
        return tuple(points)

    def turn(self, number: int) -> Turn | None:
        """One of them; None if it is not there."""
        return next((turn for turn in self.turns if turn.number == number), None)

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "rounds": [turn.json() for turn in self.turns],
            "on": self.on,
            "curve": [point.json() for point in self.curve],
            "advice": None if self.advice is None else self.advice.json(),
            "remarks": list(self.remarks),
        }
