"""What one round of a loop came to."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from framesel.evaluation.results import Estimate
    from framesel.history.turn import History


@dataclass(frozen=True)
class Lap:
    """One round, labelled, trained on and judged.

    Attributes:
        number: Of the round, from 1.
        frames: Labelled frames that its model learnt from or may have.
        boxes: In them.
        map50: Of its model; None where there is nothing to judge it on.
        on: The frames that it was judged on: ``holdout``, or ``val``; empty: none.
        trusted: Whether the detector's uncertainty counted when its picks were chosen; None: there
            was no detector, or the recipe decides.
        auroc: Of that uncertainty for errors; nan: not known.
        stop: Whether another round was not worth it, by what was known when this one ended.
        why: What the stop rules said of that.
    """

    number: int
    frames: int
    boxes: int
    map50: Estimate | None
    on: str
    trusted: bool | None
    auroc: float
    stop: bool
    why: str

    @classmethod
    def of(cls, found: History, number: int, said: Mapping[str, Any]) -> Self:
        """A round of a history.

        Args:
            found: The rounds.
            number: Which.
            said: What the stop rules said when it was the last, as its ``summary.json`` holds it.

        Raises:
            KeyError: There is no such round.
        """
        turn = found.turn(number)
        if turn is None:
            raise KeyError(number)
        point = next((one for one in found.curve if one.round == number), None)
        return cls(
            number=number,
            frames=turn.labelled.frames,
            boxes=turn.labelled.boxes,
            map50=None if point is None else point.metrics.map50,
            on="" if point is None else str(found.on),
            trusted=None if turn.trust is None else turn.trust.trusted,
            auroc=math.nan if turn.trust is None else turn.trust.auroc,
            stop=bool(said["stop"]),
            why=str(said["sentence"]),
        )

    def line(self) -> str:
        """For a person."""
        parts = [f"round {self.number}: {self.frames:,} labels", f"{self.boxes:,} boxes"]
        if self.map50 is None:
            parts.append("no frame to judge the model on")
        else:
            low, high = self.map50.low, self.map50.high
            between = "" if math.isnan(low) else f" ({low:.3f} to {high:.3f})"
            parts.append(f"mAP50 {self.map50.value:.3f}{between} on the {self.on} frames")
        if self.trusted is not None:
            known = "" if math.isnan(self.auroc) else f" (AUROC {self.auroc:.3f})"
            parts.append(f"uncertainty {'trusted' if self.trusted else 'not trusted'}{known}")
        if self.stop:
            parts.append(f"stop is recommended: {self.why}")
        return ", ".join(parts)

    def json(self) -> dict[str, Any]:
        """For files; None for what is not known."""
        estimate = None if self.map50 is None else self.map50._asdict()
        return {
            "round": self.number,
            "frames": self.frames,
            "boxes": self.boxes,
            "map50": estimate,
            "on": self.on,
            "trusted": self.trusted,
            "stop": self.stop,
        }
