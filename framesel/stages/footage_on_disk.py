"""Footage whose shots are decided, as the joining of shots asks for it; vectors stay on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from framesel import threads
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages.decided_shots import DecidedShots, FromFile, Home, keepers_of
from framesel.stages.links_task import LinksTask, Load
from framesel.stages.pieces import Pieces
from framesel.stages.vector_file import VectorFile

if TYPE_CHECKING:
    from framesel.selection.duplicates.banks import Banks
    from framesel.selection.duplicates.joining import Members
    from framesel.selection.duplicates.links import Side

UNIT_ERROR: Final = 1e-5
"""Largest deviation from one of the norm of a stored vector that was scaled back."""
_SHARE: Final = 0.1
"""Of the memory, for the vectors of one load; what is made of them takes as much again."""
_KEPT_GB: Final = 100e-9
"""What is known of a kept frame."""

Ints = npt.NDArray[np.int64]


class FootageOnDisk:
    """See :class:`framesel.selection.duplicates.joining.Footage`.

    Args:
        decided: Its tables.
        run: Says how much memory may be taken.
        folder: For what is worked with meanwhile.
        file: For vectors that are asked for by number.
    """

    def __init__(
        self, decided: DecidedShots, run: RunSettings, folder: Path, file: VectorFile
    ) -> None:
        self.decided, self.homes = decided, decided.homes()
        self._file = file
        self._pieces = Pieces.of(decided.inputs.workspace, folder / ".links", run)
        self._load_gb = run.memory() * _SHARE / threads.cores()
        self.room = max(1, int(run.memory() * _SHARE * 1e9 / (4 * decided.width)))

    @classmethod
    @contextmanager
    def open(
        cls, inputs: GatherInputs, run: RunSettings, stage: str, tau_tile: float
    ) -> Iterator[FootageOnDisk]:
        """For a stage, in whose folder vectors lie meanwhile."""
        decided = DecidedShots(inputs, tau_tile)
        folder = inputs.workspace.stage(stage, inputs.keys[stage])
        with VectorFile(folder, decided.width) as file:
            yield cls(decided, run, folder, file)

    def kept(self) -> Side:
        """See ``Footage``."""
        from framesel.selection.duplicates.links import Side

        rows, shots = [], []
        for home in self.homes:
            found = self.decided.shots(home.number, "pts", "keeper_pts", "shot")
            kept = np.flatnonzero(found["pts"] == found["keeper_pts"])
            rows.append(home.first + kept)
            shots.append(home.first_shot + found["shot"][kept].astype(np.int64))
        numbers = np.concatenate(rows)
        return Side(self.frames(numbers), numbers, np.concatenate(shots))

    def frames(self, rows: Ints) -> FromFile:
        """See ``Footage``."""
        lacking = np.setdiff1d(rows, self._file.numbers)
        for home in self.homes:
            mine = home.among(lacking)
            if len(mine):
                whole = self.decided.whole(home)
                names = ["vector", *(["tiles"] if self.decided.each else [])]
                halves = [whole.halves(mine, name) for name in names]
                self._file.add(home.first + mine, np.concatenate(halves, axis=1))
        self._file.seal()
        return FromFile(self.decided, self._file.sealed)

    def links(self, banks: Banks) -> Iterator[Ints]:
        """See ``Footage``: here, or in workers where it is much."""
        loads = list(_loads(self.homes, max(1, self.room // threads.cores())))
        if len(loads) <= 1:
            for homes in loads:
                yield banks.links(self.decided.side(homes))
            return
        task, inputs = self._task(banks.old), self.decided.inputs
        task.begin(banks, self._file)
        pieces = [Load(homes[0].number, homes[-1].number) for homes in loads]
        todo = [piece for piece in pieces if not task.is_done(piece)]
        for _ in inputs.spread(task, todo, _KEPT_GB * len(self._file.numbers)):
            pass
        for piece in pieces:
            yield task.links(piece)

    def close(self) -> None:
        """Removes what workers left: it was heard."""
        self._pieces.clear()

    def _task(self, old: int) -> LinksTask:
        inputs = self.decided.inputs
        return LinksTask(
            pieces=self._pieces,
            old=old,
            root=inputs.workspace.address,
            keys=dict(inputs.keys),
            homes=tuple(self.homes),
            tau_tile=self.decided.tau_tile,
            vectors=self._pieces.lend(self._file.path),
            gb=2.0 * self._load_gb,
        )

    def of(self, shots: Ints) -> Members:
        """See ``Footage``."""
        from framesel.selection.duplicates.joining import Members

        found = [Members(*(np.empty(0, kind) for kind in (int, int, float, int, np.float32)))]
        for home in self.homes:
            low, high = np.searchsorted(shots, [home.first_shot, home.end_shot])
            if low == high:
                continue
            table = self.decided.shots(home.number, "keeper_pts", "keeper_cos", "shot")
            shot = home.first_shot + table["shot"].astype(np.int64)
            keeper = keepers_of(table)
            mine = np.flatnonzero(np.isin(shot, shots[low:high]) & (keeper >= 0))
            whole = self.decided.whole(home, "sharpness")
            quality = whole.columns["sharpness"][mine].astype(np.float64)
            numbers, keeper = home.first + mine, home.first + keeper[mine]
            cosine = table["keeper_cos"][mine]
            found.append(Members(numbers, shot[mine], quality, keeper, cosine))
        columns = ([getattr(m, field.name) for m in found] for field in fields(Members))
        return Members(*(np.concatenate(column) for column in columns))


def _loads(homes: Sequence[Home], room: int) -> Iterator[list[Home]]:
    """Shards that fit into memory together; those without frames are left out."""
    load: list[Home] = []
    for home in homes:
        if load and home.end - load[0].first > room:
            yield load
            load = []
        if home.end > home.first:
            load.append(home)
    if load:
        yield load
