"""What every node of a cluster must see: the workspace and the videos."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from framesel import __version__
from framesel.errors import StageError
from framesel.storage.working_copy import url_of


@dataclass(frozen=True)
class Sight:
    """What the caller sees and has, for a node to compare.

    Attributes:
        root: The workspace.
        marker: A file in it that nobody else has: another folder of the same name lacks it. None
            where it lies in an object store, which all nodes reach by its address.
        sources: Files and folders of the input.
        version: Of framesel.
    """

    root: Path
    marker: Path | None
    sources: tuple[str, ...]
    version: str = __version__

    def check(self, node: str) -> None:
        """Looks around on a node, before it touches anything.

        Args:
            node: Its name, for the message.

        Raises:
            StageError: It has another framesel, or does not see what the caller sees.
        """
        if self.version != __version__:
            raise StageError(
                f"node {node} has framesel {__version__}, the caller has {self.version}: "
                "install the same on all nodes"
            )
        if self.marker is not None and not self.marker.exists():
            raise StageError(f"node {node} does not see the workspace {self.root}: {_CURE}")
        for source in self.sources:
            if not Path(source).exists():
                raise StageError(f"node {node} does not see the input {source}: {_CURE}")


_CURE = (
    "workspace and videos must lie in folders that all nodes share under the same path (NFS, "
    "Lustre, EFS, …); see docs/cluster.md"
)


@contextmanager
def shown(root: Path) -> Iterator[Sight]:
    """What is to be seen of a workspace, while its marker is there."""
    if url_of(root) is not None:
        yield Sight(root, None, _sources(root))
        return
    marker = root / f".ray-{uuid.uuid4().hex}.tmp"  # if this is killed, the next run sweeps it
    marker.touch()
    try:
        yield Sight(root, marker, _sources(root))
    finally:
        marker.unlink(missing_ok=True)


def _sources(root: Path) -> tuple[str, ...]:
    """Of the input of the last run, what this machine sees."""
    try:
        named = json.loads((root / "sources.json").read_text("utf-8"))
    except (OSError, ValueError):
        return ()
    return tuple(name for name in named if Path(name).exists())
