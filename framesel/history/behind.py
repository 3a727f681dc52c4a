"""Which tables stand behind a round's selection: those it read, and those that they were made from.

A selection that does without scores (because they are not trusted yet) was still made in a run that
computed them: the way leads through the tables in between.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel import tables
from framesel.errors import WorkspaceError
from framesel.workspace import Workspace


def behind(workspace: Workspace, selection: str | None) -> dict[str, str]:
    """Folder of each stage that a selection came from, the selection's own included.

    Stages whose tables are gone are left out, and so is what only they would name.

    Args:
        workspace: Where.
        selection: Folder relative to the workspace; None: nothing was chosen.

    Raises:
        WorkspaceError: A ``stage.json`` is damaged.
    """
    found: dict[str, str] = {}
    queue = [] if selection is None else [tuple(selection.split("/", 1))]
    while queue:
        name, key = queue.pop(0)
        folder = _folder(workspace, name, key)
        if folder is None or name in found:
            continue
        found[name] = folder.name
        queue += list(_needs(folder).items())
    return found


def identity(workspace: Workspace, name: str, key: str) -> dict[str, Any]:
    """What the fingerprint of a stage hashed; empty where it is gone.

    Raises:
        WorkspaceError: It is damaged.
    """
    path = workspace.stage(name, key) / "stage.json"
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}); remove its folder.") from None
    return found if isinstance(found, dict) else {}


def _folder(workspace: Workspace, name: str, key: str) -> Path | None:
    """The folder of a stage by its key, or by its fingerprint alone: then the newest."""
    exact = workspace.stage(name, key)
    if exact.is_dir():
        return exact
    known = sorted(exact.parent.glob(f"{key}-*/all.parquet"), key=lambda p: p.stat().st_mtime_ns)
    return known[-1].parent if known else None


def _needs(folder: Path) -> Mapping[str, str]:
    """Stage to folder: of a gathered table as its footer has it, else to its fingerprint."""
    path = folder / "all.parquet"
    try:
        told = tables.footer(path).get("inputs") if path.exists() else None
        if told is None:
            told = json.loads((folder / "stage.json").read_text("utf-8"))["needs"]
        return {str(name): str(key) for name, key in told.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, AttributeError, pa.ArrowInvalid) as error:
        raise WorkspaceError(f"{folder} is damaged ({error}): `framesel run` once more") from None
