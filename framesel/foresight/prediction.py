"""What was predicted, beside what became of it: ``prediction.json`` in the workspace."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from framesel.errors import WorkspaceError
from framesel.workspace import Workspace, write_json

if TYPE_CHECKING:
    from framesel.recipe import Recipe

FILE = "prediction.json"

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(_Model):
    """One stage.

    Attributes:
        stage: Its name.
        of: What it works on: files, seconds of footage, frames, picks.
        amount: How many.
        workers: Processes at once; 0: the command itself.
        seconds: In all, its start included.
        start_s: Until it works: programs and models are loaded.
        disk: Bytes that it leaves.
        memory: Bytes of all its processes together at their peak.
    """

    stage: str
    of: Literal["files", "seconds", "pictures", "frames", "picks"]
    amount: Amount
    workers: Annotated[int, Field(ge=0)]
    seconds: Amount
    start_s: Amount
    disk: Amount
    memory: Amount


class Change(_Model):
    """A setting that would change the whole.

    Attributes:
        settings: As ``--set`` texts.
        why: What it does, in words.
        seconds: Of the whole run with it.
        disk: Bytes, likewise.
    """

    settings: tuple[str, ...]
    why: str
    seconds: Amount
    disk: Amount


class Prediction(_Model):
    """What a run will take.

    Attributes:
        rows: Of the stages that have something to do, in their order.
        frames: Of all the footage, those included that are there already.
        changes: Settings that would change it, the one that saves most first.
        notes: What a person should know of how it was found.
        measured_s: What measuring took.
        free_disk: Bytes where the workspace is or will be.
        free_memory: Bytes that programs may take.
        recipe: Digest of what was to be done; empty: whatever is done counts.
        taken: Seconds that stages took since; see ``Stopwatch``.
        complete: Whether a run has come to its end since.
    """

    rows: tuple[Row, ...]
    frames: Amount
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    measured_s: Amount = 0.0
    free_disk: Amount = 0.0
    free_memory: Amount = 0.0
    recipe: str = ""
    taken: Mapping[str, Amount] = {}
    complete: bool = False

    @property
    def seconds(self) -> float:
        """Of all stages."""
        return sum(row.seconds for row in self.rows)

    @property
    def disk(self) -> float:
        """Bytes that all stages leave."""
        return sum(row.disk for row in self.rows)

    @property
    def memory(self) -> float:
        """Bytes at the peak: stages run one after the other."""
        return max((row.memory for row in self.rows), default=0.0)


def digest_of(recipe: Recipe, root: Path) -> str:
    """Of a recipe as a run leaves it in its workspace."""
    return hashlib.sha256(recipe.to_yaml(root).encode("utf-8")).hexdigest()


def save(workspace: Workspace, prediction: Prediction) -> None:
    """Keeps a prediction; the one before it is gone."""
    write_json(workspace.root / FILE, prediction.model_dump(mode="json"))


def read(workspace: Workspace) -> Prediction | None:
    """The last prediction; None where there was none.

    Raises:
        WorkspaceError: Its file is damaged.
    """
    path = workspace.root / FILE
    try:
        return Prediction.model_validate(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, ValidationError) as error:
        raise WorkspaceError(f"{path} is damaged; remove it ({error})") from None
