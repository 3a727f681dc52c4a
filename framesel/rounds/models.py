"""Which weights were trained from the labels of which round.

``rounds/0002/model.json`` points to the model that was trained with the labels up to round 2. A
workspace whose labels came before any round has a ``rounds/0000/model.json``.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from framesel.errors import WorkspaceError
from framesel.workspace import Workspace, write_json


@dataclass(frozen=True)
class Model:
    """A trained detector.

    Attributes:
        round: The last closed round whose labels it may have seen; 0: there was none.
        folder: Relative to the workspace: ``models/FINGERPRINT``. It holds ``stage.json`` (what
            the fingerprint hashed), ``data/`` (what it saw), ``metrics.json`` (last of all).
        weights: File in that folder.
        prefix: What stands before its path in a detector's name: empty, or ``torchvision:NAME@``.
        classes: Names, in the order of the detector's numbers.
        size_px: Long side of what the network sees.
        imports: The last import of labels that it may have seen.
    """

    round: int
    folder: str
    weights: str
    prefix: str
    classes: tuple[str, ...]
    size_px: int
    imports: int

    def path(self, workspace: Workspace) -> Path:
        """Its folder."""
        return workspace.root / self.folder

    def name(self, workspace: Workspace) -> str:
        """As ``detections.weights`` takes it."""
        return f"{self.prefix}{self.path(workspace) / self.weights}"


def models(workspace: Workspace) -> list[Model]:
    """One for each round that was trained after, oldest first.

    Raises:
        WorkspaceError: A file is damaged.
    """
    found = []
    for path in sorted((workspace.root / "rounds").glob("[0-9]*/model.json")):
        try:
            read = json.loads(path.read_text("utf-8"))
            found.append(Model(**{**read, "classes": tuple(read["classes"])}))
        except (ValueError, TypeError, KeyError) as error:
            raise WorkspaceError(f"{path} is damaged ({error}); `framesel train` anew.") from None
    return found


def latest(workspace: Workspace) -> Model | None:
    """The newest model; None where nothing was trained."""
    found = models(workspace)
    return found[-1] if found else None


def save(workspace: Workspace, model: Model) -> None:
    """Writes down which model a round has now; what it had before stays in ``models/``."""
    write_json(workspace.round(model.round) / "model.json", asdict(model))
