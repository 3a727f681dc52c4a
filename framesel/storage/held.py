"""What a working copy knows of its files: the store's tags, beside its folder."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Self

from framesel.storage.store import Entry


class HeldFile(NamedTuple):
    """A file as it was fetched or put."""

    tag: str
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """The same of what a store tells."""
        return cls(entry.tag, entry.size, entry.mtime_ns)


@dataclass(frozen=True)
class Held:
    """Files by name. What is not in it is looked at again, so that losing it costs time only."""

    files: dict[str, HeldFile] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path) -> Self:
        """Of a working copy; empty where nothing sound is written down."""
        try:
            found = json.loads(_path(root).read_text("utf-8"))
            files = {
                str(name): HeldFile(str(tag), int(size), int(mtime_ns))
                for name, (tag, size, mtime_ns) in found.items()
            }
            return cls(files)
        except (FileNotFoundError, ValueError, TypeError, AttributeError):
            return cls()

    def write(self, root: Path) -> None:
        """Writes it down, whole or not at all."""
        handle, name = tempfile.mkstemp(prefix=".held.", suffix=".tmp", dir=root.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({name: list(one) for name, one in sorted(self.files.items())}, file)
        Path(name).replace(_path(root))


def _path(root: Path) -> Path:
    return root.with_suffix(".held.json")
