"""A selection at one moment of its review."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel.desk.history import History
from framesel.recipe import Recipe
from framesel.report.boxes import StoredBoxes
from framesel.report.vectors import FrameVectors
from framesel.report.view import View
from framesel.rounds import decisions
from framesel.rounds.decisions import Decision, Key, Verdicts
from framesel.rounds.review import reviewed
from framesel.rounds.state import Round

if TYPE_CHECKING:
    from framesel.stages.sightings import Counts


@dataclass(frozen=True)
class Decided(View):
    """A view after some decisions. What decisions do not change is that of the view it stands on.

    Attributes:
        base: The selection as it was opened.
        history: Everything that was said up to this moment.
    """

    base: View
    history: History

    @classmethod
    def on(cls, base: View, said: list[Decision]) -> Decided:
        """The view once these were heard."""
        return cls(
            base.workspace,
            base.catalog,
            base.chosen,
            base.keys,
            base.frames,
            base.pixels,
            base.fates,
            base,
            History(said),
        )

    def after(self, more: list[Decision]) -> Decided:
        """The same with some more decisions."""
        return Decided.on(self.base, [*self.history.decisions, *more])

    @cached_property
    def verdicts(self) -> Verdicts:
        """What stands in this round."""
        number = None if self.round is None else self.round.number
        return decisions.verdicts(self._counting, number)

    @cached_property
    def picks(self) -> pa.Table:
        """By rank, as reviewed."""
        return reviewed(self.chosen.picks, self.verdicts)

    @cached_property
    def pick_keys(self) -> list[Key]:
        """Keys of the picks, by rank."""
        columns = (self.picks[name].to_pylist() for name in ("video_no", "pts"))
        return list(zip(*columns, strict=True))

    @cached_property
    def own_keys(self) -> frozenset[Key]:
        """Keys of the strategy's own picks."""
        columns = (self.chosen.picks[name].to_pylist() for name in ("video_no", "pts"))
        return frozenset(zip(*columns, strict=True))

    @property
    def _counting(self) -> list[Decision]:
        """Decisions that came before the round was closed."""
        told = None if self.round is None else self.round.told
        return [d for d in self.history.decisions if told is None or d.no <= told]

    def key(self, row: int) -> Key:
        """The key of a frame."""
        return int(self.frames.video_no[row]), int(self.frames.pts[row])

    # What follows decisions do not change.

    @cached_property
    def round(self) -> Round | None:
        """The round that has this selection."""
        return self.base.round

    @cached_property
    def recipe(self) -> Recipe:
        """That of the last run."""
        return self.base.recipe

    @cached_property
    def vectors(self) -> FrameVectors:
        """(n, d) unit rows."""
        return self.base.vectors

    @cached_property
    def utility(self) -> npt.NDArray[np.float32] | None:
        """(n,) how much a label would teach."""
        return self.base.utility

    @cached_property
    def class_counts(self) -> Counts | None:
        """(n, C) confident boxes of each class."""
        return self.base.class_counts

    @cached_property
    def _boxes(self) -> StoredBoxes | None:
        return self.base._boxes
