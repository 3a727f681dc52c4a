"""Arrays that a gathering stage and its workers hand to one another, by name.

They lie in a hidden folder of the stage. Where workers are on other machines and the workspace is
in an object store, they lie there, at the place that such a folder would have: no working copy
looks there.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy.typing as npt

from framesel.settings import RunSettings
from framesel.stages import arrays_file
from framesel.storage import store
from framesel.storage.copies import near
from framesel.storage.place import place
from framesel.storage.working_copy import url_of
from framesel.workspace import Workspace

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Pieces:
    """Arrays by name.

    Attributes:
        folder: Of the machine that asks.
        url: Of the same in an object store; empty where the workspace is in none.
        elsewhere: Whether workers run on machines that see the store alone.
    """

    folder: Path
    url: str = ""
    elsewhere: bool = False

    @classmethod
    def of(cls, workspace: Workspace, folder: Path, run: RunSettings) -> Self:
        """In a folder of a workspace, for those who work where these settings say."""
        root = url_of(workspace.root)
        if root is None:
            return cls(folder)
        inside = folder.relative_to(workspace.root).as_posix()
        return cls(folder, f"{root}/{inside}", elsewhere=not run.here)

    def write(self, name: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Writes some, whole or not at all."""
        if not self.elsewhere:
            arrays_file.save(self.folder / f"{name}.npz", arrays)
            return
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "piece.npz"
            arrays_file.save(file, arrays)
            store.put(file, self._url(name))

    def read(self, name: str) -> Arrays:
        """Reads some."""
        file = place(self._url(name)) if self.elsewhere else self.folder / f"{name}.npz"
        return arrays_file.load(near(file))

    def has(self, name: str) -> bool:
        """Whether some are there."""
        if not self.elsewhere:
            return (self.folder / f"{name}.npz").exists()
        try:
            return not store.entry(self._url(name)).folder
        except FileNotFoundError:
            return False

    def remove(self, name: str) -> None:
        """Removes some, if they are there."""
        if self.elsewhere:
            store.remove([self._url(name)])
        else:
            (self.folder / f"{name}.npz").unlink(missing_ok=True)

    def clear(self) -> None:
        """Removes all, wherever they are."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.url:
            store.remove(entry.url for entry in store.listing(self.url))

    def lend(self, file: Path) -> str:
        """Lets workers read a file of this machine; returns where they ``borrow`` it."""
        if not self.elsewhere:
            return str(file)
        store.put(file, f"{self.url}/lent")
        return f"{self.url}/lent"

    def _url(self, name: str) -> str:
        return f"{self.url}/{name}.npz"


def borrow(where: str) -> Path:
    """A file that was lent, on this machine; it stays as long as this process."""
    return near(place(where))
