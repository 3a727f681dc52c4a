"""What a comparison needs of a detector: it learns from labelled pictures, then it looks."""

from __future__ import annotations

from typing import Protocol

from framesel.evaluation.boxes import Found
from framesel.selection.vectors.arrays import I64
from framesel.uncertainty.boxes import Boxes


class Model(Protocol):
    """A detector that has learnt."""

    def judged(self) -> Found:
        """Its boxes in all judged pictures, confidence 0.001 and more, at most 100 in each."""
        ...

    def pool(self, rows: I64) -> Boxes:
        """What scores need of some pictures of the pool.

        Args:
            rows: (k,) rows of the pool.

        Returns:
            Boxes of k pictures, in this order; logits are relative to background.
        """
        ...


class Learner(Protocol):
    """Made for one pool and one set of judged pictures, whose labels it knows."""

    def fit(self, rows: I64, seed: int) -> Model:
        """The detector that learns from these pictures alone, always from the same beginning.

        Args:
            rows: (k,) rows of the pool, each at most once, at least one.
            seed: Of everything in learning that is drawn; equal for all arms of a trial.
        """
        ...
