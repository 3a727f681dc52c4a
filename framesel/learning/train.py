"""``framesel train``: a detector from everything that is labelled, frozen, judged, remembered.

Each step leaves files that the next one finds: killed at any moment, the same call goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from framesel.handover.pictures import Work
from framesel.learning import assessment
from framesel.learning.lesson import Lesson, Trainer
from framesel.recipe import Recipe
from framesel.rounds import models
from framesel.rounds.models import Model
from framesel.runners.runner import RunnerOf, runner_of
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.pipeline import Watch


@dataclass(frozen=True)
class Result:
    """What a training came to.

    Attributes:
        model: As the workspace has it now.
        metrics: What its ``metrics.json`` holds: ``holdout`` and ``val`` (as ``Metrics.json`` gives
            them, or None), ``difference`` from the model of the round before and ``previous``, that
            one's metrics on the same frames; ``learnt_from`` and ``left_out``.
        again: Nothing had to be done.
        remarks: What a person should hear.
    """

    model: Model
    metrics: Mapping[str, Any]
    again: bool
    remarks: tuple[str, ...]

    def lines(self) -> Iterator[str]:
        """For a person."""
        learnt = self.metrics["learnt_from"]
        begin = "already trained" if self.again else "trained"
        yield (
            f"{begin} for round {self.model.round}: {learnt['boxes']:,} boxes in "
            f"{learnt['frames']:,} frames of {learnt['videos']:,} videos, "
            f"{len(self.model.classes)} classes"
        )
        yield from (f"  {line}" for line in assessment.lines(self.metrics))
        for one in self.metrics["left_out"]:
            yield f"  left out   {one['frames']:,} frames of {one['video']}: {one['error']}"


def train(
    workspace: Workspace,
    recipe: Recipe,
    watch: Watch,
    *,
    runner: RunnerOf | None = None,
    trainer: Trainer | None = None,
) -> Result:
    """Trains on everything that is labelled and judges what comes out; or goes on with that.

    Takes the workspace's lock. Unlabelled frames and the holdout are never trained on.

    Args:
        workspace: With labels.
        recipe: Of the last run; its section ``train`` counts.
        watch: Is told what happens.
        runner: Makes a runner; None: as the recipe says.
        trainer: In place of ``framesel.training.loop.train``.

    Raises:
        UsageError: Nothing can be trained on or begun with, or classes do not agree.
        WorkspaceError: Nothing is labelled, tables are damaged, or another framesel is at work.
        WeightsError: The initial weights are missing, damaged or not to be trusted.
        StageError: Not one picture could be made, or the training diverged.
    """
    with workspace.locked():
        workspace.sweep()
        runners = runner or runner_of(recipe.run, workspace.root)
        lesson = Lesson(Work(workspace, recipe, watch, runners), trainer)
        for remark in lesson.remarks:
            watch.note(remark)
        told, again = lesson.judged()
        model = lesson.model(told)
        if model not in models.models(workspace):
            models.save(workspace, model)
    return Result(model, told, again, tuple(lesson.remarks))
