"""Where more frames may be chosen than fit into memory, parts of them say which go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from framesel import table_files
from framesel.errors import StageError, WorkspaceError
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages.gathered import KEY, Lookup, need_gb
from framesel.stages.part_task import PartOnDisk, PartTask
from framesel.stages.pool import Pool
from framesel.stages.stored_vectors import StoredVectors

if TYPE_CHECKING:
    from framesel.selection.shortlist import Part, Standing

NAME: Final = "shortlist"
PART: Final = 50_000
"""Candidates of a part, about, where the budget is not large."""
PART_PER_PICK: Final = 5
"""Candidates of a part for each pick, where it is."""
_CALLER_GB: Final = 0.35
"""What the caller holds beside frames, with the server that workers are forked from."""
_FRAME_GB: Final = 150e-9
"""What is known of each frame."""


def size_of_parts(budget: int, exact_below: int) -> int:
    """Candidates of a part: few, so that little memory does, but several for each pick."""
    return min(max(PART, PART_PER_PICK * budget), exact_below)


def check_memory(found: Pool, exact_below: int, run: RunSettings) -> None:
    """Makes sure that the memory allowed will do for what is looked at together.

    Raises:
        StageError: It will not.
    """
    count = min(len(found.rows), exact_below)
    need = need_gb(count, found.numbers)
    if need > run.memory():
        raise StageError(
            f"choosing from {count:,} frames, {found.numbers} numbers each, takes {need:.1f} GB; "
            f"run.memory_gb allows {run.memory():.3g}. Raise it (--set run.memory_gb={need:.0f}), "
            f"or let fewer be looked at together (selection.exact_below, {exact_below:,})."
        )


@contextmanager
def candidates_at_hand(found: Pool, folder: Path) -> Iterator[Pool]:
    """The same pool; where vectors stay on disk, those of its candidates are in one file."""
    vectors = found.data.vectors
    if not isinstance(vectors, StoredVectors):
        yield found
        return
    with vectors.at_hand(found.rows, folder) as near:
        found = replace(found, data=replace(found.data, vectors=near))  # the first one may go now
        yield found


def shortlist(found: Pool, task: PartTask, room: int, budget: int, inputs: GatherInputs) -> None:
    """Lets parts of the candidates choose until there is room for what is left, and writes it down.

    What parts have chosen is kept until then, so that a run that is ended goes on where it was.

    Args:
        found: All that may be chosen.
        task: Chooses from a part.
        room: Candidates that may be left.
        budget: Frames that are chosen at last.
        inputs: Says who computes, and takes the table: key and mass of what is left, without what a
            reviewer has fixed.

    Raises:
        SelectionError: The budget is too large for parts of that size.
    """
    from framesel.selection import shortlist

    known = np.concatenate([found.before, found.said.fixed])
    known = known[np.sort(np.unique(known, return_index=True)[1])]
    task.begin(found.data.vectors[known])
    held_gb = _CALLER_GB + _FRAME_GB * len(found.data)

    def choose(parts: list[Part]) -> list[Standing]:
        names = [PartOnDisk(part.level, part.number, part.budget) for part in parts]
        todo = []
        for name, part in zip(names, parts, strict=True):
            if not task.has_chosen(name):
                task.give(name, found.some(part.rows, part.mass, known))
                todo.append(name)
        for _ in inputs.spread(task, todo, held_gb):
            pass
        return [task.standing(name, part) for name, part in zip(names, parts, strict=True)]

    free = ~np.isin(found.rows, found.said.fixed)
    rows, columns = found.rows[free], found.data.columns
    video_no, pts = (columns[name][rows].astype(np.int64) for name in KEY)
    everything = shortlist.Standing(rows, found.weight[free])
    left = shortlist.shortlist(
        everything, video_no, pts, room, task.largest, budget, task.strategy.parts, choose
    )
    keys = {name: columns[name][left.rows] for name in KEY}
    inputs.beside(NAME, pa.table({**keys, "mass": left.mass}))
    task.pieces.clear()


def is_listed(folder: Path) -> bool:
    """Whether a selection's folder says what parts have left."""
    return (folder / f"{NAME}.parquet").exists()


def listed(found: Pool, folder: Path) -> Pool:
    """The pool with what parts have left, and what a reviewer has fixed, for its candidates.

    Raises:
        WorkspaceError: Nothing was written down there.
    """
    if not is_listed(folder):
        raise WorkspaceError(
            f"{folder} does not say which frames were left at last: `framesel run` once more"
        )
    table = table_files.read(folder / f"{NAME}.parquet")
    fixed = np.isin(found.rows, found.said.fixed)
    at = Lookup(*(found.data.columns[name][found.rows] for name in KEY))
    left = found.rows[at(*(table[name] for name in KEY))]
    rows = np.concatenate([left, found.rows[fixed]])
    order = np.argsort(rows)
    weight = np.concatenate([table["mass"].to_numpy(), found.weight[fixed]])
    return replace(found, rows=rows[order], weight=weight[order])
