"""``framesel loop``: choose, label from stored labels, train, choose again.

What is to be done next is read from the workspace each time. Killed at any moment, the same call
goes on and ends with the same picks and metrics.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framesel.annotation.opening import AUTO
from framesel.errors import UsageError
from framesel.looping import choosing
from framesel.looping.lap import Lap
from framesel.looping.laps import Laps
from framesel.looping.oracle import Oracle
from framesel.recipe import Recipe
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.learning.lesson import Trainer
    from framesel.pipeline import Watch
    from framesel.runners.runner import RunnerOf


@dataclass(frozen=True)
class Plan:
    """What a loop is asked for.

    Attributes:
        sources: Footage to choose from.
        oracle: A file or folder of labels of all of it, the holdout included.
        rounds: How many.
        holdout: Videos that are held out as a whole.
        holdout_frames: To be labelled of the holdout; None: 200, or all of fewer. Where no videos
            are named and this is given, some are drawn.
        oracle_format: Of the labels.
        stop: Whether to end where the stop rules recommend it.
    """

    sources: tuple[str, ...]
    oracle: Path
    rounds: int
    holdout: tuple[str, ...] = ()
    holdout_frames: int | None = None
    oracle_format: str = AUTO
    stop: bool = False

    def __post_init__(self) -> None:
        if not self.sources:
            raise UsageError("name some videos: framesel loop VIDEOS --workspace FOLDER …")
        if self.rounds < 1:
            raise UsageError(f"--rounds {self.rounds}: give 1 or more")

    @property
    def input(self) -> list[str]:
        """All footage."""
        return [*self.sources, *self.holdout]


def loop(
    workspace: Path,
    recipe: Recipe,
    plan: Plan,
    watch: Watch,
    finished: Callable[[Lap], None] = lambda lap: None,
    *,
    runner: RunnerOf | None = None,
    trainer: Trainer | None = None,
) -> tuple[Lap, ...]:
    """Goes from round to round. What is done already is not done again.

    Round 1 is chosen with the recipe's detector, if it has one; each later one with the model that
    was trained on the labels of those before. Training begins with the recipe's ``train.weights``,
    or else with its detector, each time.

    Args:
        workspace: Folder; made where there is none.
        recipe: Of all rounds.
        plan: What is asked for.
        watch: Is told what happens.
        finished: Is told of each round that is done, those of earlier calls included.
        runner: Makes a runner; None: as the recipe says.
        trainer: In place of the usual one; see ``learning.train.train``.

    Returns:
        What each round came to.

    Raises:
        UsageError: Something that is asked for makes no sense; nothing was written.
        LabelsError: The oracle lacks labels of some input, or its labels are broken.
        FrameselError: Whatever ends ``framesel run`` or ``framesel train``.
    """
    ready = prepare(recipe, plan)
    opened = choosing.opened(workspace, ready.recipe, plan.input)
    return ready.go(opened, watch, finished, runner=runner, trainer=trainer)


@dataclass(frozen=True)
class Ready:
    """A loop of which all is known that can be known before anything is written.

    Attributes:
        recipe: Of all rounds; it says what training begins with.
        plan: What is asked for.
        oracle: Who answers.
    """

    recipe: Recipe
    plan: Plan
    oracle: Oracle

    def go(
        self,
        workspace: Workspace,
        watch: Watch,
        finished: Callable[[Lap], None] = lambda lap: None,
        *,
        runner: RunnerOf | None = None,
        trainer: Trainer | None = None,
    ) -> tuple[Lap, ...]:
        """Goes from round to round; see ``loop``."""
        sources = choosing.remembered(workspace, self.plan.input)
        plan = self.plan
        going = Laps(
            workspace,
            self.recipe,
            plan.holdout,
            plan.holdout_frames,
            self.oracle,
            sources,
            watch,
            runner,
            trainer,
        )
        laps = []
        for number in range(1, plan.rounds + 1):
            lap = going.lap(number)
            laps.append(lap)
            finished(lap)
            if plan.stop and lap.stop:
                break
        return tuple(laps)


def prepare(recipe: Recipe, plan: Plan) -> Ready:
    """Reads the oracle and looks whether training can begin; writes nothing.

    Raises:
        UsageError: Nothing says what training begins with, or input is missing.
        LabelsError: The oracle lacks labels of some input, or its labels are broken.
        WeightsError: The initial weights are not there.
    """
    from framesel.learning.start import CHOICES
    from framesel.training import learners

    initial = recipe.train.weights or recipe.detections.weights
    if not initial:
        raise UsageError(
            f"train.weights: say what each training begins with: {CHOICES}; or give a detector "
            "(detections.weights), and it is that"
        )
    learners.digest_of(initial)
    train = recipe.train.model_copy(update={"weights": initial})
    oracle = Oracle.open(
        plan.oracle, plan.input, plan.oracle_format, sequence=recipe.catalog.sequence
    )
    return Ready(recipe.model_copy(update={"train": train}), plan, oracle)
