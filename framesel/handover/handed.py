"""What was handed out: kept as it was, so that labels find their frames when they come back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel import table_files
from framesel.annotation.sheet import Box, Class, Sheet
from framesel.errors import WorkspaceError
from framesel.handover.stored_pictures import StoredPictures
from framesel.labels import tables
from framesel.labels.labels import BOX, Key
from framesel.workspace import Workspace

FORMAT = 1


@dataclass(frozen=True)
class Handed:
    """One handover.

    Attributes:
        no: Its number, from 1.
        folder: Where it lies: ``handover.json``, ``pictures.parquet`` (``tables.HANDED``),
            ``boxes.parquet`` (``tables.GUESSES``) and ``images/``.
    """

    no: int
    folder: Path

    @cached_property
    def told(self) -> dict[str, Any]:
        """Its ``handover.json``: what it was made from, how, and what could not be made.

        Raises:
            WorkspaceError: It is damaged, or was written by a newer framesel.
        """
        path = self.folder / "handover.json"
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
            newer = found["format"] > FORMAT
            _ = [found[k] for k in ("identity", "title", "purpose", "classes", "guesses", "errors")]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(f"{path} is damaged ({error}); restore it or remove it.") from None
        if newer:
            raise WorkspaceError(f"{path} was written by a newer framesel: update this one")
        return found

    @property
    def identity(self) -> str:
        """Changes when anything that was handed out would."""
        return str(self.told["identity"])

    @property
    def missing(self) -> int:
        """How many of its pictures could not be made."""
        return int(self.told["missing"])

    @property
    def classes(self) -> tuple[Class, ...]:
        """What may be drawn."""
        return tuple(Class(c["name"], c["color"], tuple(c["feeds"])) for c in self.told["classes"])

    def table(self) -> pa.Table:
        """Its pictures, as ``tables.HANDED``.

        Raises:
            WorkspaceError: They are damaged.
        """
        path = self.folder / "pictures.parquet"
        try:
            return table_files.read(path).select(tables.HANDED.names)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise WorkspaceError(f"{path} is damaged ({error}); restore it or remove it.") from None

    def guesses(self) -> pa.Table:
        """The boxes that went with them, as ``tables.GUESSES``.

        Raises:
            WorkspaceError: They are damaged.
        """
        path = self.folder / "boxes.parquet"
        try:
            return table_files.read(path).select(tables.GUESSES.names)
        except (OSError, pa.ArrowException, KeyError) as error:
            raise WorkspaceError(f"{path} is damaged ({error}); restore it or remove it.") from None

    def boxes(self) -> dict[Key, list[Box]]:
        """The same by frame; frames without boxes are not among them."""
        table = self.guesses()
        keys = zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True)
        columns = (table[name].to_pylist() for name in BOX)
        found: dict[Key, list[Box]] = {}
        for key, *box in zip(keys, *columns, strict=True):
            found.setdefault(key, []).append(Box(**dict(zip(BOX, box, strict=True))))
        return found

    def sheet(self) -> Sheet:
        """What formats write. Pictures that could not be made are not on it."""
        return Sheet(
            title=self.told["title"],
            purpose=self.told["purpose"],
            classes=self.classes,
            pictures=StoredPictures(self.folder),
            images=self.folder / "images",
            guesses=self.told["guesses"],
        )


def handovers(workspace: Workspace) -> list[Handed]:
    """All that was handed out, oldest first."""
    folder = workspace.handovers
    found = sorted(folder.glob("[0-9]*")) if folder.is_dir() else []
    return [Handed(int(f.name), f) for f in found if (f / "handover.json").exists()]
