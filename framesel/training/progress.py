"""What a training says while it runs, and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a training is, after a step.

    Attributes:
        iteration: Steps done.
        iterations: Steps there will be at most.
        loss: Of this step; a batch's mean.
        score: What the judge gave after this step, None where it was not asked.
        resumed_at: Steps that were done before this call; 0: it began here.
        remark: Once, with the first step of a call: whether and why it went on or began anew.
    """

    iteration: int
    iterations: int
    loss: float
    score: float | None = None
    resumed_at: int = 0
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training left.

    Attributes:
        weights: The file.
        prefix: What stands before its path in a detector's name: empty, or ``torchvision:NAME@``.
        classes: Names, in the order of the detector's numbers.
        size_px: Long side of what the network sees.
        iterations: Steps that were done; fewer than asked for where it stopped early.
        kept: Step whose weights these are.
        scores: (step, score) of each look of the judge.
        taken_over: Classes whose last layer was taken from the initial weights, by name.
        resumed_at: Steps that were done before this call.
    """

    weights: Path
    prefix: str
    classes: tuple[str, ...]
    size_px: int
    iterations: int
    kept: int
    scores: tuple[tuple[int, float], ...]
    taken_over: tuple[str, ...]
    resumed_at: int

    @property
    def name(self) -> str:
        """As ``framesel.detectors.load`` takes it."""
        return f"{self.prefix}{self.weights}"
