"""Folders of older datasets that were added to a workspace: input beside what the user names.

They are kept apart from ``sources.json``, which the next ``framesel run SOURCES`` replaces.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from framesel.errors import UsageError, WorkspaceError
from framesel.sources import expand, plain
from framesel.storage.place import Place
from framesel.workspace import Workspace, write_json


def folders(workspace: Workspace) -> list[str]:
    """All that were added, in the order in which they were.

    Raises:
        WorkspaceError: The list is damaged.
    """
    path = workspace.root / "datasets.json"
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}); restore it or remove it.") from None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise WorkspaceError(f"{path} is damaged (it is no list); restore it or remove it.")
    return [str(one) for one in found]


def remember(workspace: Workspace, folder: Path) -> bool:
    """Adds a folder. Says whether it is new."""
    known, path = folders(workspace), str(plain(folder))
    if path in known:
        return False
    write_json(workspace.root / "datasets.json", [*known, path])
    return True


def drop(workspace: Workspace, folder: Path) -> None:
    """Takes a folder out again."""
    rest = [one for one in folders(workspace) if one != str(plain(folder))]
    write_json(workspace.root / "datasets.json", rest)


def input_files(workspace: Workspace, sources: Sequence[str], *, sequence: bool) -> list[Place]:
    """All files that a run looks at: those of the sources, then the stills of added datasets.

    Args:
        workspace: Remembers the datasets.
        sources: What the user named.
        sequence: A folder of images among the sources is one video; in a dataset it never is.

    Raises:
        UsageError: One of the sources or datasets is gone.
    """
    files = expand(sources, sequence=sequence) if sources else []
    added = folders(workspace)
    if gone := [one for one in added if not Path(one).is_dir()]:
        raise UsageError(
            f"{gone[0]}, which was added as a labelled dataset, is gone: bring it back, or take it "
            f"out of {workspace.root / 'datasets.json'}"
        )
    return list(dict.fromkeys([*files, *(expand(added) if added else [])]))
