"""Which round is open, and what was picked in those before.

A round is open until it is closed (`framesel next`, and whatever hands its pictures to people):
until then `run` may choose its picks anew. A closed round never changes again; its picks are
`already` for all later ones.

A round's picks are those that a strategy chose, as a reviewer left them (``review.py``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from framesel import tables
from framesel.errors import WorkspaceError
from framesel.rounds import decisions
from framesel.rounds.review import reviewed, unheard
from framesel.rounds.verdicts import Verdicts
from framesel.workspace import Workspace, write_json


@dataclass(frozen=True)
class Round:
    """One turn of select, label, train."""

    number: int
    closed: bool = False
    selection: str | None = None
    """Folder of its selection, relative to the workspace."""
    classes: list[str] | None = None
    """Names of the classes of its detector; None where it had none."""
    heard: int = 0
    """The last decision that its selection had seen when it was made; later ones are replayed."""
    told: int | None = None
    """The last decision that counts, once it is closed: a desk may still be open then."""

    def folder(self, workspace: Workspace) -> Path:
        """Where its export, labels and model are."""
        return workspace.round(self.number)

    def verdicts(self, workspace: Workspace, until: int | None = None) -> Verdicts:
        """What a reviewer said that holds in this round.

        Args:
            workspace: Where.
            until: The last decision to hear; None for all that count.
        """
        ends = [n for n in (until, self.told) if n is not None]
        said = decisions.read(workspace)
        counting = [d for d in said if d.no <= min(ends)] if ends else said
        return decisions.verdicts(counting, self.number)

    def unheard(self, workspace: Workspace) -> list[str]:
        """What was said since its selection was made and takes another to honour, in words."""
        heard = self.verdicts(workspace, self.heard)
        return unheard(heard, self.verdicts(workspace))

    def picks(self, workspace: Workspace) -> pa.Table:
        """Its picks as reviewed, by rank; see ``review.reviewed`` for the columns.

        Raises:
            WorkspaceError: It has none yet.
        """
        return reviewed(self.selected(workspace), self.verdicts(workspace))

    def selected(self, workspace: Workspace) -> pa.Table:
        """The strategy's own picks, by rank.

        Raises:
            WorkspaceError: It has none yet.
        """
        if self.selection is None:
            raise WorkspaceError(
                f"round {self.number} has no picks yet: `framesel run` chooses them"
            )
        return pq.read_table(workspace.root / self.selection / "all.parquet", partitioning=None)


def rounds(workspace: Workspace) -> list[Round]:
    """All rounds, oldest first."""
    found = []
    for path in sorted((workspace.root / "rounds").glob("[0-9]*/round.json")):
        try:
            found.append(_sound(Round(**json.loads(path.read_text("utf-8")))))
        except (ValueError, TypeError) as error:
            raise WorkspaceError(f"{path} is damaged ({error}); restore it or remove it.") from None
    return found


def _sound(this: Round) -> Round:
    """The same round.

    Raises:
        ValueError: One of its numbers is none.
    """
    for name in ("number", "heard", "told"):
        value = getattr(this, name)
        if not (isinstance(value, int) and value >= 0) and (name, value) != ("told", None):
            raise ValueError(f"{name} is {value!r}")
    return this


def current(workspace: Workspace) -> Round:
    """The open round; a new one where there is none."""
    known = rounds(workspace)
    if known and not known[-1].closed:
        return known[-1]
    return Round(known[-1].number + 1 if known else 1)


def save(workspace: Workspace, this: Round) -> None:
    """Writes a round down, if anything about it is new."""
    path = this.folder(workspace) / "round.json"
    if not path.exists() or this not in rounds(workspace):
        write_json(path, asdict(this))


def close(workspace: Workspace, this: Round, told: int) -> None:
    """Closes a round for good: of what was said, only decisions up to ``told`` count for it."""
    save(workspace, replace(this, closed=True, told=told))


def already(workspace: Workspace, before: int | None = None) -> pa.Table:
    """Keys of everything that closed rounds picked.

    Args:
        workspace: Where.
        before: Leaves out this round and all after it.
    """
    keys = pa.schema([tables.SELECTION.field("video_no"), tables.SELECTION.field("pts")])
    closed = [
        this.picks(workspace).select(keys.names)
        for this in rounds(workspace)
        if this.closed and (before is None or this.number < before)
    ]
    return pa.concat_tables(closed) if closed else keys.empty_table()
