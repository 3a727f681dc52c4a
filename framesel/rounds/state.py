"""Which round is open, and what was picked in those before.

A round is open until it is closed, by `framesel next` or by labels of its picks that come in:
until then `run` may choose its picks anew. (That its pictures were exported does not close it: what
nobody has labelled can still be given back.) A closed round never changes again; its picks are
`already` for all later ones, and so is whatever else is labelled.

A round's picks are those that a strategy chose, as a reviewer left them (``review.py``).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pyarrow as pa

from framesel import table_files, tables
from framesel.errors import WorkspaceError
from framesel.labels import store
from framesel.rounds import decisions
from framesel.rounds.decision import Key
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
    imports: int = 0
    """The last import of labels that its selection knew."""

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
        return table_files.read(workspace.root / self.selection / "all.parquet")


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
    for name in ("number", "heard", "told", "imports"):
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


def close_labelled(workspace: Workspace, frames: Iterable[Key], told: int) -> Round | None:
    """Closes the open round if any of its picks is among frames that people labelled.

    Args:
        workspace: Where. The caller has its lock.
        frames: That were labelled.
        told: As for ``close``.

    Returns:
        The round that was closed; None if none was.
    """
    this = current(workspace)
    if this.selection is None or _keys(this.picks(workspace)).isdisjoint(frames):
        return None
    close(workspace, this, told)
    return this


def already(workspace: Workspace, before: int | None = None) -> pa.Table:
    """Keys of everything that closed rounds picked, then of what else is labelled.

    Labelled picks of the open round are not among them: it would lose them if it chose anew.

    Args:
        workspace: Where.
        before: What this round saw when it chose: the rounds before it, and the labels that were
            there.
    """
    keys = pa.schema([tables.SELECTION.field("video_no"), tables.SELECTION.field("pts")])
    known = rounds(workspace)
    closed = [
        this.picks(workspace).select(keys.names)
        for this in known
        if this.closed and (before is None or this.number < before)
    ]
    found = pa.concat_tables([keys.empty_table(), *closed])
    imports = next((this.imports for this in known if this.number == before), None)
    labelled = store.labelled_keys(workspace, imports)
    if not labelled.num_rows:
        return found
    leave = _keys(found)
    if before is None and known and not known[-1].closed and known[-1].selection is not None:
        leave |= _keys(known[-1].picks(workspace))
    more = [key not in leave for key in _pairs(labelled)]
    return pa.concat_tables([found, labelled.filter(pa.array(more, pa.bool_())).cast(keys)])


def _keys(table: pa.Table) -> set[Key]:
    return set(_pairs(table))


def _pairs(table: pa.Table) -> list[Key]:
    return list(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))
