"""The rounds of a loop: what is to be done next is read from the workspace each time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framesel.catalog import Catalog
from framesel.errors import StageError, WorkspaceError
from framesel.history.history import history
from framesel.history.leaving import write_round
from framesel.labels import store
from framesel.labels.labels import Key
from framesel.learning.train import train
from framesel.looping import choosing
from framesel.looping.lap import Lap
from framesel.looping.oracle import Oracle
from framesel.looping.setting_aside import look
from framesel.recipe import Recipe
from framesel.rounds import holdout, models, state
from framesel.rounds.models import Model
from framesel.rounds.state import Round
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.history.turn import History
    from framesel.learning.lesson import Trainer
    from framesel.pipeline import Watch
    from framesel.runners.runner import RunnerOf

SHARE = 0.1
"""Of the footage, held out where frames are asked for and no videos are named."""


@dataclass
class Laps:
    """Goes through rounds, each as far as it is not done yet.

    Attributes:
        workspace: Where.
        recipe: Of all rounds; its detector is that of the first.
        holdout: Videos that are held out as a whole.
        holdout_frames: To be labelled of the holdout; None: as many as usual.
        oracle: Who answers.
        sources: All footage.
        watch: Is told what happens.
        runner: Makes a runner; None: as the recipe says.
        trainer: In place of the usual one.
    """

    workspace: Workspace
    recipe: Recipe
    holdout: Sequence[str]
    holdout_frames: int | None
    oracle: Oracle
    sources: Sequence[str]
    watch: Watch
    runner: RunnerOf | None = None
    trainer: Trainer | None = None
    _known: History | None = None

    def lap(self, number: int) -> Lap:
        """One round, as far as it is not done yet."""
        if not self._is_closed(number):
            self._label(number)
        model = next((m for m in models.models(self.workspace) if m.round == number), None)
        if model is None:
            model = self._train(number)
        if self._left(number, model.folder) is None:
            self._known = write_round(self.workspace, self._recipe(), number)
        elif self._known is None or self._known.turn(number) is None:
            self._known = history(self.workspace, self._recipe())
        told = self._left(number, model.folder) or {}
        return Lap.of(self._known, number, told["advice"])

    def _train(self, number: int) -> Model:
        """The model of a round that was just labelled."""
        last = max(this.number for this in state.rounds(self.workspace) if this.closed)
        if last != number:
            raise WorkspaceError(
                f"{self.workspace.root}: round {last} is closed, and round {number} has no model: "
                "rounds went on without the loop. `framesel train` and `framesel next` go on from "
                "here"
            )
        made = train(
            self.workspace, self._recipe(), self.watch, runner=self.runner, trainer=self.trainer
        )
        for line in made.lines():
            self.watch.note(line)
        return made.model

    def _is_closed(self, number: int) -> bool:
        return any(one.number == number and one.closed for one in state.rounds(self.workspace))

    def _recipe(self) -> Recipe:
        """With the newest model as its detector."""
        model = models.latest(self.workspace)
        if model is None:
            return self.recipe
        return choosing.with_model(self.workspace, self.recipe, model)

    def _label(self, number: int) -> None:
        """Chooses a round's frames and has them labelled, which closes the round."""
        this = state.current(self.workspace)
        if not self._is_labelled(this):
            if number == 1:
                self._hold_out()
            self._choose()
            this = state.current(self.workspace)
        picks = _keys(this, self.workspace)
        self.oracle.answer(self.workspace, picks | self._held(), self.watch)
        if not self._is_closed(number):
            raise StageError(
                f"round {number} chose no frame that could be labelled: add footage, or ask for "
                "fewer rounds"
            )

    def _is_labelled(self, this: Round) -> bool:
        """Whether a killed loop left labels of an open round: it must not choose anew."""
        if this.selection is None:
            return False
        labelled = store.labelled_keys(self.workspace)
        known = zip(labelled["video_no"].to_pylist(), labelled["pts"].to_pylist(), strict=True)
        return not _keys(this, self.workspace).isdisjoint(known)

    def _choose(self) -> None:
        recipe = self._recipe()
        choosing.choose(self.workspace, recipe, self.sources, self.watch, runner=self.runner)

    def _hold_out(self) -> None:
        """Holds footage out before anything is chosen."""
        from framesel.splitting.holdout_draw import Wish, draw
        from framesel.splitting.holdout_named import hold_out

        frames = self.holdout_frames
        if not self.holdout and frames is None:
            return
        look(self.workspace, self.recipe, self.sources, self.watch, self.runner)
        with self.workspace.locked():
            if self.holdout:
                hold_out(self.workspace, self.recipe, self.holdout, frames)
            elif holdout.read(self.workspace) is None:
                draw(self.workspace, self.recipe, Wish(SHARE, frames))

    def _held(self) -> set[Key]:
        """Frames of the holdout that are to be labelled and are not yet."""
        found = holdout.read(self.workspace)
        if found is None:
            return set()
        catalog = Catalog(self.workspace)
        numbers = {str(catalog.videos[no]["digest"]): no for no in sorted(catalog.live)}
        wanted = {(numbers[one.digest], one.pts) for one in found.frames if one.digest in numbers}
        labelled = store.labelled_keys(self.workspace)
        known = zip(labelled["video_no"].to_pylist(), labelled["pts"].to_pylist(), strict=True)
        return wanted - set(known)

    def _left(self, number: int, model: str) -> dict[str, Any] | None:
        """The summary in a round's folder; None unless that holds all that it is to hold."""
        folder = self.workspace.round(number)
        try:
            told = json.loads((folder / "summary.json").read_text("utf-8"))
        except (OSError, ValueError):
            return None
        made = isinstance(told, dict) and told.get("model") == model and told.get("closed") is True
        whole = made and isinstance(told.get("advice"), dict)
        rest = ("metrics.prom", "report.html")
        return told if whole and all((folder / name).exists() for name in rest) else None


def _keys(this: Round, workspace: Workspace) -> set[Key]:
    """A round's picks."""
    picks = this.picks(workspace)
    return set(zip(picks["video_no"].to_pylist(), picks["pts"].to_pylist(), strict=True))
