"""The commands as functions: ``framesel.run``, ``plan``, ``train``, ``next_round``, ``loop``.

They do what ``framesel run``, ``plan``, ``train``, ``next`` and ``loop`` do, and return
what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING

from framesel import recipe as recipes
from framesel.errors import UsageError
from framesel.foresight import MEASURE_S
from framesel.looping import choosing
from framesel.looping.silent import Silent
from framesel.looping.wishes import overrides
from framesel.workspace import Workspace, folder_of

if TYPE_CHECKING:
    from framesel.foresight.prediction import Prediction
    from framesel.learning.train import Result
    from framesel.looping.lap import Lap
    from framesel.pipeline import Report, Watch

Place = str | PathLike[str]
"""A path, a glob or a list, as the commands take it."""


def run(
    sources: Place | Sequence[Place] | None,
    workspace: Place,
    recipe: Place | None = None,
    *,
    budget: str | int | None = None,
    settings: Sequence[str] = (),
    device: str | None = None,
    runner: str | None = None,
    watch: Watch | None = None,
) -> Report:
    """Chooses the frames worth labelling. The same call again goes on where it stopped.

    Where labels closed the last round, nothing is chosen: ``next_round`` opens another.

    Args:
        sources: Videos, images, folders, globs, lists; None: those of last time.
        workspace: Folder where tables are left.
        recipe: A YAML file; None for the defaults.
        budget: Frames, or what labelling may cost: ``"3000 boxes"``, ``"6 h"``.
        settings: Texts like ``frames.sample.fps=2``.
        device: ``auto``, ``cpu``, ``cuda`` or ``cuda:N``; None: as the recipe says.
        runner: ``local`` or ``ray``; None: as the recipe says.
        watch: Is told what happens.

    Returns:
        The round, the stages, what failed, and how many frames were chosen.

    Raises:
        FrameselError: Whatever ends the command.
    """
    chosen = recipes.load(_path(recipe), overrides(settings, budget, device, runner=runner))
    named = _texts(sources)
    opened = choosing.opened(folder_of(workspace), chosen, named)
    remembered = choosing.remembered(opened, named)
    before = "selection" if choosing.is_between(opened) else ""
    return choosing.choose(opened, chosen, remembered, watch or Silent(), before=before)


def plan(
    sources: Place | Sequence[Place] | None,
    workspace: Place | None = None,
    recipe: Place | None = None,
    *,
    budget: str | int | None = None,
    settings: Sequence[str] = (),
    device: str | None = None,
    measure_s: float = MEASURE_S,
) -> Prediction:
    """Predicts what ``run`` would take, from a short measurement.

    Where a workspace is named, only what is missing there is planned, and the prediction is kept
    in it: after the run ``framesel status`` shows it beside the truth. It is made if need be.

    Args:
        sources: As for ``run``.
        workspace: Likewise; None: a new one, nothing is kept.
        recipe: As for ``run``.
        budget: Likewise.
        settings: Likewise.
        device: Likewise.
        measure_s: Seconds for measuring, about.

    Raises:
        FrameselError: Whatever ends the command.
    """
    from framesel.foresight import prediction
    from framesel.foresight.foresee import foresee

    chosen = recipes.load(_path(recipe), overrides(settings, budget, device))
    named, root = _texts(sources), None if workspace is None else Path(workspace)
    if not named and root is not None and (root / "workspace.json").exists():
        named = choosing.remembered(Workspace.open(root), None)
    if not named:
        raise UsageError("name some videos: framesel plan VIDEOS")
    found = foresee(named, chosen, root, measure_s)
    if root is not None and found.rows:
        prediction.save(Workspace.create(root), found)
    return found


def train(
    workspace: Place,
    *,
    settings: Sequence[str] = (),
    device: str | None = None,
    runner: str | None = None,
    watch: Watch | None = None,
) -> Result:
    """Trains a detector on everything that is labelled, and judges it.

    Its round's folder then holds labels, metrics and a page of how it went.

    Args:
        workspace: With labels.
        settings: Texts like ``train.iterations=500``.
        device: As for ``run``.
        runner: Likewise.
        watch: Is told what happens.

    Returns:
        The model, its metrics, and what a person should hear.

    Raises:
        FrameselError: Whatever ends the command.
    """
    from framesel.history.leaving import write_round
    from framesel.learning.train import train as learn

    opened, watching = Workspace.open(folder_of(workspace)), watch or Silent()
    changes = overrides(settings, None, device, runner=runner)
    found = learn(opened, recipes.load(choosing.last_recipe(opened), changes), watching)
    number = found.model.round
    if not found.again or not (opened.round(number) / "summary.json").exists():
        write_round(opened, recipes.load(choosing.last_recipe(opened)), number)
    return found


def next_round(
    workspace: Place,
    *,
    budget: str | int | None = None,
    settings: Sequence[str] = (),
    device: str | None = None,
    runner: str | None = None,
    watch: Watch | None = None,
) -> Report:
    """Closes the open round and chooses frames that add to all picks so far.

    The newest model of the workspace is the detector, unless ``settings`` name another.

    Args:
        workspace: Where something was chosen.
        budget: As for ``run``.
        settings: Likewise, on top of the recipe of the last run.
        device: Likewise.
        runner: Likewise.
        watch: Is told what happens.

    Raises:
        FrameselError: Whatever ends the command.
    """
    opened, watching = Workspace.open(folder_of(workspace)), watch or Silent()
    chosen, told = choosing.next_recipe(opened, overrides(settings, budget, device, runner=runner))
    sources = choosing.remembered(opened, None)
    choosing.open_next(opened, chosen)
    for line in told:
        watching.note(line)
    return choosing.choose(opened, chosen, sources, watching)


def loop(
    sources: Place | Sequence[Place],
    workspace: Place,
    oracle: Place,
    rounds: int,
    recipe: Place | None = None,
    *,
    budget: str | int | None = None,
    holdout: Sequence[Place] = (),
    holdout_frames: int | None = None,
    settings: Sequence[str] = (),
    device: str | None = None,
    runner: str | None = None,
    oracle_format: str = "auto",
    stop: bool = False,
    watch: Watch | None = None,
    finished: Callable[[Lap], None] = lambda lap: None,
) -> tuple[Lap, ...]:
    """Chooses, labels from stored labels, trains and chooses again. The same call again goes on.

    Args:
        sources: As for ``run``.
        workspace: Likewise.
        oracle: A file or folder of labels of everything in the sources and the holdout.
        rounds: How many.
        recipe: As for ``run``.
        budget: Of each round; likewise.
        holdout: Videos that are held out as a whole: models are judged on them.
        holdout_frames: To be labelled of the holdout; without ``holdout``, videos with a tenth of
            the footage are drawn for it.
        settings: As for ``run``.
        device: Likewise.
        runner: Likewise.
        oracle_format: Of the labels.
        stop: End where the stop rules recommend it.
        watch: Is told what happens.
        finished: Is told of each round that is done.

    Returns:
        What each round came to.

    Raises:
        FrameselError: Whatever ends the command.
    """
    from framesel.looping.loop import Plan
    from framesel.looping.loop import loop as go

    plan = Plan(
        tuple(_texts(sources) or ()),
        Path(oracle),
        rounds,
        tuple(_texts(holdout) or ()),
        holdout_frames,
        oracle_format,
        stop,
    )
    chosen = recipes.load(_path(recipe), overrides(settings, budget, device, runner=runner))
    return go(folder_of(workspace), chosen, plan, watch or Silent(), finished)


def _texts(places: Place | Sequence[Place] | None) -> list[str] | None:
    if places is None:
        return None
    many = [places] if isinstance(places, str | PathLike) else places
    return [fspath(one) for one in many]


def _path(place: Place | None) -> Path | None:
    return None if place is None else Path(place)
