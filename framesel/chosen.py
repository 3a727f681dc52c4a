"""Selections as they lie on disk, read back: picks, why the rest was left out, settings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel import table_files, tables
from framesel.catalog import Catalog
from framesel.errors import UsageError, WorkspaceError
from framesel.rounds import state
from framesel.rounds.verdicts import Verdicts
from framesel.stage import GatherInputs
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Chosen:
    """One selection of a workspace.

    Attributes:
        name: What a person calls it: ``round 2``, or its folder.
        folder: Where its tables are.
    """

    name: str
    folder: Path

    @cached_property
    def picks(self) -> pa.Table:
        """By rank, as ``tables.SELECTION`` says.

        Raises:
            WorkspaceError: Another version of framesel made it.
        """
        path = self.folder / "all.parquet"
        table = table_files.read(path)
        lacking = sorted(set(tables.SELECTION.names) - set(table.column_names))
        if lacking:
            raise WorkspaceError(
                f"{path} was written by another version of framesel: it lacks "
                f"{', '.join(lacking)}. `framesel run` once more, or choose another selection."
            )
        return table

    @cached_property
    def left_out(self) -> pa.Table:
        """As ``tables.LEFT_OUT`` says.

        Raises:
            WorkspaceError: It was made before reasons were written down.
        """
        path = self.folder / "left_out.parquet"
        if not path.exists():
            raise WorkspaceError(
                f"{self.folder} was made by an older version that wrote down no reasons: "
                "`framesel run` once more"
            )
        return table_files.read(path)

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What its fingerprint hashed: settings, needs, runtime."""
        found: dict[str, Any] = json.loads((self.folder / "stage.json").read_text("utf-8"))
        return found

    def round(self, workspace: Workspace) -> state.Round | None:
        """The round that has this selection; None if it is of none."""
        known = {f"round {this.number}": this for this in state.rounds(workspace)}
        return known.get(self.name)

    def saw(self, workspace: Workspace, keys: Mapping[str, str]) -> GatherInputs:
        """What it saw when it was made: tables, picks of earlier rounds, a reviewer's decisions.

        Args:
            workspace: Where it lies.
            keys: Stage to folder, for all that it needs.
        """
        this = self.round(workspace)
        if this is None:
            earlier, said = state.already(workspace), Verdicts()
        else:
            earlier = state.already(workspace, before=this.number)
            said = this.verdicts(workspace, this.heard)
        return GatherInputs(workspace, keys, Catalog(workspace), earlier, verdicts=said)


def find(workspace: Workspace, name: str | None = None) -> Chosen:
    """A selection by the number of its round or by the beginning of its folder's name.

    Args:
        workspace: Where it lies.
        name: None for that of the latest round.

    Raises:
        UsageError: There is none of that name, or several.
        WorkspaceError: Nothing was chosen yet.
    """
    known = selections(workspace)
    if not known:
        raise WorkspaceError(f"nothing was chosen in {workspace.root} yet: `framesel run` first")
    if name is None:
        return known[-1]
    rounds = [one for one in known if one.name == f"round {name}"]
    found = rounds or [one for one in known if one.folder.name.startswith(name)]
    folders = {one.folder for one in found}
    if len(folders) == 1:
        return found[0]
    listed = ", ".join(f"{one.folder.name} ({one.name})" for one in known)
    what = "no selection is" if not folders else "several selections are"
    raise UsageError(f"{what} called {name!r}; there are {listed}")


def selections(workspace: Workspace) -> list[Chosen]:
    """All finished selections: first those of no round, by age, then those of rounds, in order."""
    by_folder: dict[Path, list[str]] = {}
    rounds = []
    for this in state.rounds(workspace):
        if this.selection is not None:
            folder = workspace.root / this.selection
            rounds.append(Chosen(f"round {this.number}", folder))
            by_folder.setdefault(folder, []).append(f"round {this.number}")
    done = sorted(
        (workspace.root / "selection").glob("*/all.parquet"), key=lambda p: p.stat().st_mtime_ns
    )
    others = [Chosen("of no round", p.parent) for p in done if p.parent not in by_folder]
    return [*others, *(one for one in rounds if (one.folder / "all.parquet").exists())]
