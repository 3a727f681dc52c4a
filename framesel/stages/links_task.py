"""Comparing some of the footage with all that was kept of it, in a process of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import pyarrow as pa

from framesel import threads
from framesel.catalog import Catalog
from framesel.stage import GatherInputs
from framesel.stages.decided_shots import DecidedShots, FromFile, Home
from framesel.stages.pieces import Pieces, borrow
from framesel.stages.vector_file import VectorFile, VectorsOnFile
from framesel.task import Outcome, Say, Takes
from framesel.workspace import Workspace, folder_of

if TYPE_CHECKING:
    from framesel.selection.duplicates.banks import Banks

_ENGINE_GB: Final = 0.5
"""What a worker takes beside vectors."""

Ints = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


@dataclass(frozen=True)
class Load:
    """Some shards whose frames are compared."""

    first: int
    last: int

    @property
    def key(self) -> str:
        """A short name for logs and files."""
        return f"links-{self.first:06d}-{self.last:06d}"


@dataclass(frozen=True)
class LinksTask:
    """Compares loads of footage, and hands over which of their shots show copies.

    Attributes:
        pieces: What loads are compared with, and what was found. They go when all are done.
        old: What is known of shots below this number is left out there.
        root: The workspace's address.
        keys: Stage to folder.
        homes: All shards.
        tau_tile: Cosine that each tile of two copies reaches.
        vectors: File that was lent, with the vectors of what was kept.
        gb: Memory for the vectors of a load and what is made of them.
        threads: To compute with.
        title: What a person calls it.
    """

    pieces: Pieces
    old: int
    root: str
    keys: Mapping[str, str]
    homes: Sequence[Home]
    tau_tile: float
    vectors: str
    gb: float
    threads: int = 1
    title: str = "duplicates"

    @property
    def takes(self) -> Takes:
        """Of the machine."""
        return Takes(gb=_ENGINE_GB + self.gb)

    def with_threads(self, threads: int) -> Self:
        """See ``Computation``."""
        return replace(self, threads=threads)

    def begin(self, banks: Banks, file: VectorFile) -> None:
        """Writes down what footage is compared with."""
        self.pieces.write(self._banks, {"numbers": file.numbers, **banks.arrays()})

    def open(self) -> Callable[[Load, Say], Outcome]:
        """Returns the function that compares one load."""
        from framesel.selection.duplicates.banks import Banks
        from framesel.selection.duplicates.joining import chained

        workspace = Workspace(folder_of(self.root))
        inputs = GatherInputs(workspace, self.keys, Catalog(workspace), pa.table({}))
        arrays = self.pieces.read(self._banks)
        decided = DecidedShots(inputs, self.tau_tile)
        kept = VectorsOnFile(borrow(self.vectors), arrays.pop("numbers"), decided.width)
        banks = Banks.restored(arrays, FromFile(decided, kept))

        def one(work: Load, say: Say) -> Outcome:
            began = time.monotonic()
            homes = [home for home in self.homes if work.first <= home.number <= work.last]
            with threads.limited(self.threads):
                asked = decided.side(homes)
                links = chained(banks.links(asked))
            self.pieces.write(self._links(work), {"links": links})
            say(-1, len(asked.rows))
            return Outcome(work.key, len(asked.rows), (), time.monotonic() - began)

        return one

    def is_done(self, work: Load) -> bool:
        """Whether a load was compared."""
        return self.pieces.has(self._links(work))

    def links(self, work: Load) -> Ints:
        """(l, 2) shots of a load that show copies."""
        return self.pieces.read(self._links(work))["links"]

    @property
    def _banks(self) -> str:
        return f"banks-{self.old}"

    def _links(self, work: Load) -> str:
        return f"{work.key}-{self.old}"
