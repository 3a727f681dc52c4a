"""Writes down what stages take, where it was predicted what they would."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from framesel.errors import WorkspaceError
from framesel.foresight import prediction
from framesel.task import Outcome
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.foresight.prediction import Prediction
    from framesel.pipeline import Watch

LAST = "export"
"""A run that has come to the end of it is what was predicted; later ones are others."""


class Stopwatch:
    """A ``Watch`` that adds what it hears to the workspace's prediction, and passes everything on.

    A stage that took several runs took the sum of them. A part of it that was killed counts not.
    """

    def __init__(self, workspace: Workspace, watch: Watch) -> None:
        self.workspace = workspace
        self.watch = watch

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        """A stage starts."""
        self.watch.begin(stage, todo, total, why)

    def wrote(self, key: str, rows: int) -> None:
        """Rows were finished."""
        self.watch.wrote(key, rows)

    def finished(self, outcome: Outcome) -> None:
        """A piece of work is done."""
        self.watch.finished(outcome)

    def end(self, stage: str, seconds: float) -> None:
        """A stage is done."""
        self.watch.end(stage, seconds)
        try:
            known = prediction.read(self.workspace)
        except WorkspaceError:
            return  # `framesel status` says that it is damaged; a run does not end for it
        if known is None or known.complete or not self._as_planned(known):
            return
        taken = {**known.taken, stage: known.taken.get(stage, 0.0) + seconds}
        update = {"taken": taken, "complete": stage == LAST}
        prediction.save(self.workspace, known.model_copy(update=update))

    def _as_planned(self, known: Prediction) -> bool:
        """Whether the recipe that runs is the one that was planned."""
        path = self.workspace.recipe
        found = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""
        return known.recipe in ("", found)

    def note(self, remark: str) -> None:
        """Something that a person should hear."""
        self.watch.note(remark)
