"""What labels say about a round: how much of what was handed out stayed as it was guessed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from framesel.annotation.sheet import Box
from framesel.errors import UsageError
from framesel.handover.handed import Handed, handovers
from framesel.labels import store
from framesel.labels.annotators import Annotator, annotators
from framesel.labels.consensus import FRAME, consensus
from framesel.labels.edits import Edits, edits
from framesel.labels.labels import Key, Labels
from framesel.rounds import state
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Said:
    """What is known of some labelled frames.

    Attributes:
        title: What they are.
        asked: Frames that there are to be labelled.
        labels: What people said of them, every annotator's newest word.
        agreed: The same as one word on each frame.
        edits: What became of the guesses that were handed out with them; None where none were.
        people: Figures of every annotator.
    """

    title: str
    asked: int
    labels: Labels
    agreed: Labels
    edits: Edits | None
    people: list[Annotator]


def said(workspace: Workspace, round_no: int | None, rule: str = "majority") -> Said:
    """Looks up what people said.

    Args:
        workspace: Where.
        round_no: Of the picks; None for all that is labelled.
        rule: Of the consensus.

    Raises:
        UsageError: There is no such round, or no such rule.
        WorkspaceError: Labels or a handover are damaged.
    """
    labels = store.current(workspace)
    wanted = list(labels.keys) if round_no is None else _picks(workspace, round_no)
    mine = _of(labels, set(wanted))
    agreed = consensus(mine, rule)
    boxes = {key: one[""] for key, one in agreed.by_frame.items()}
    guesses = _guesses(handovers(workspace), set(boxes))
    compared = {key: boxes[key] for key in boxes if key in guesses}
    return Said(
        "all labels" if round_no is None else f"round {round_no}",
        len(wanted),
        mine,
        agreed,
        edits(guesses, compared) if compared else None,
        annotators(mine, rule),
    )


def _picks(workspace: Workspace, round_no: int) -> list[Key]:
    for this in state.rounds(workspace):
        if this.number == round_no:
            return _keys(this.picks(workspace))
    raise UsageError(f"there is no round {round_no}; `framesel status` lists them")


def _guesses(handed: Iterable[Handed], wanted: set[Key]) -> dict[Key, list[Box]]:
    """What was guessed in frames by the newest handover that had them with guesses."""
    found: dict[Key, list[Box]] = {}
    for one in handed:
        if not one.told["guesses"] or one.told["purpose"] != "label":
            continue
        table = one.table()
        ranks = table["rank"].to_pylist()
        keys = [key for key, rank in zip(_keys(table), ranks, strict=True) if rank]
        found.update({key: [] for key in keys if key in wanted})
        found.update((key, boxes) for key, boxes in one.boxes().items() if key in wanted)
    return found


def _of(labels: Labels, wanted: set[Key]) -> Labels:
    return Labels(_rows(labels.frames, wanted), _rows(labels.boxes, wanted), labels.classes)


def _rows(table: pa.Table, wanted: set[Key]) -> pa.Table:
    return table.filter(pa.array([key in wanted for key in _keys(table)], pa.bool_()))


def _keys(table: pa.Table) -> list[Any]:
    return list(zip(*(table[name].to_pylist() for name in FRAME), strict=True))
