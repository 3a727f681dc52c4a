"""What a training begins with: the same initial weights each round, or the last round's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from framesel import recipe as recipes
from framesel.errors import UsageError
from framesel.recipe import Recipe
from framesel.rounds.models import Model
from framesel.training import learners
from framesel.workspace import Workspace, write_bytes

CHOICES = (
    "--weights PATH.pt (YOLO weights), --weights scratch:yolo11n (a YOLO that knows nothing yet; "
    "it takes no file), or --weights torchvision:NAME[@PATH]"
)


@dataclass(frozen=True)
class Start:
    """Initial weights.

    Attributes:
        name: As the training takes it.
        digest: Changes with what it holds, not with where it lies.
    """

    name: str
    digest: str

    @property
    def prefix(self) -> str:
        """What stands before the path of weights that are trained from it."""
        return learners.prefix_of(self.name)


def start_of(workspace: Workspace, recipe: Recipe, previous: Model | None) -> Start:
    """What to begin with.

    The initial weights are written into the workspace's recipe, so that later rounds begin with
    the same when ``detections.weights`` is a model of ours; and ``train.rename`` with them, since
    whoever compares detections with labels later has to know the classes by their present names.

    Args:
        workspace: Where.
        recipe: ``train.weights``, or where that is empty ``detections.weights``.
        previous: The model of the round before, for ``train.start: previous``.

    Raises:
        UsageError: Nothing says what to begin with, or nothing can be trained from it.
        WeightsError: The file is not there.
    """
    initial = _initial(workspace, recipe)
    digest = learners.digest_of(initial)
    _remember(workspace, initial, recipe.train.rename)
    if recipe.train.start == "previous" and previous is not None:
        name = previous.name(workspace)
        return Start(name, learners.digest_of(name))
    return Start(initial, digest)


def _initial(workspace: Workspace, recipe: Recipe) -> str:
    if recipe.train.weights:
        return recipe.train.weights
    detector = recipe.detections.weights
    if not detector:
        raise UsageError(f"train.weights: say what training begins with: {CHOICES}")
    if _is_ours(workspace, detector):
        raise UsageError(
            "train.weights: detections.weights is a model of this workspace already, so it does "
            f"not say what the first training began with. Give {CHOICES}"
        )
    return detector


def _is_ours(workspace: Workspace, name: str) -> bool:
    """Whether weights were trained in this workspace."""
    path = Path(name.rpartition("@")[2]).absolute()
    return path.is_relative_to(workspace.root / "models")


def _remember(workspace: Workspace, initial: str, rename: Mapping[str, str]) -> None:
    """Writes both into the workspace's recipe, whose other settings stay."""
    known = recipes.load(workspace.recipe)
    train = known.train.model_copy(update={"weights": initial, "rename": dict(rename)})
    if train == known.train:
        return
    changed = known.model_copy(update={"train": train})
    write_bytes(workspace.recipe, changed.to_yaml(workspace.root).encode("utf-8"))
