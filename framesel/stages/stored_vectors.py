"""Vectors that stay on disk: a matrix too large for memory, of which rows are read when asked."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from framesel import table_files, vector_column
from framesel.stages.vector_file import VectorFile, VectorsOnFile

if TYPE_CHECKING:
    from framesel.selection.vectors.arrays import Rows

_ROWS_AT_ONCE: Final = 65_536

Ints: TypeAlias = npt.NDArray[np.int64]
Places: TypeAlias = npt.NDArray[np.integer[Any]]
Floats: TypeAlias = npt.NDArray[np.float32]
Halves: TypeAlias = npt.NDArray[np.float16]


class StoredVectors:
    """(n, dim) float32 unit rows; indexed by rows like an array, of which only these are read.

    Args:
        files: Embeddings of the shards.
        file_no: (n,) which of them each row is in, rising.
        row: (n,) its row there.
        dim: Numbers of a vector.
        near: Copies of some of them, by their rows.
    """

    def __init__(
        self,
        files: Sequence[Path],
        file_no: Places,
        row: Places,
        dim: int,
        near: VectorsOnFile | None = None,
    ) -> None:
        self._files, self._file_no, self._row, self._near = files, file_no, row, near
        self.shape = (len(row), dim)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: Any) -> Floats:
        rows = self._rows(which)
        if rows.ndim == 0:
            one: Floats = self[rows[None]][0]
            return one
        if self._near is None:
            return self._units(self.halves(rows))
        out = np.empty((len(rows), self.shape[1]), np.float32)
        near = self._near.has(rows)
        out[near] = self._near.vectors(rows[near], slice(None), self.shape[1])[:, 0]
        out[~near] = self._units(self.halves(rows[~near]))
        return out

    @contextmanager
    def at_hand(self, rows: Ints, folder: Path) -> Iterator[StoredVectors]:
        """The same, some of which are copied to one file: where they are wanted in any order.

        Args:
            rows: Which, rising.
            folder: Where the file lies meanwhile.
        """
        with VectorFile(folder, self.shape[1]) as near:
            for low in range(0, len(rows), _ROWS_AT_ONCE):
                some = rows[low : low + _ROWS_AT_ONCE]
                near.add(some, self.halves(some))
            near.seal()
            yield StoredVectors(self._files, self._file_no, self._row, self.shape[1], near.sealed)

    def halves(self, rows: Ints) -> Halves:
        """(r, dim) numbers as they are stored; each file is read once."""
        out = np.empty((len(rows), self.shape[1]), np.float16)
        order = np.argsort(self._file_no[rows], kind="stable")
        numbers = self._file_no[rows][order]
        for mine in np.split(order, np.flatnonzero(np.diff(numbers)) + 1):
            if not len(mine):
                continue
            path = self._files[self._file_no[rows[mine[0]]]]
            table = table_files.read(path, columns=["vector"])
            out[mine] = vector_column.unpack_halves(table["vector"])[self._row[rows[mine]]]
        return out

    def _rows(self, which: Any) -> Ints:
        if not isinstance(which, np.ndarray) or which.dtype == np.bool_:
            which = np.arange(len(self))[which]
        return np.asarray(which)

    def _units(self, halves: Halves) -> Floats:
        return vector_column.units(halves, self.shape[1])[:, 0]


Vectors: TypeAlias = Floats | StoredVectors
"""In memory where there is room, otherwise on disk."""


def blocks(vectors: Rows) -> Iterator[Floats]:
    """All rows, some at a time."""
    for low in range(0, len(vectors), _ROWS_AT_ONCE):
        yield vectors[low : low + _ROWS_AT_ONCE]


class OrderedVectors:
    """(n, dim) float32 unit rows in a file in an order of its own; indexed like an array.

    Args:
        halves: (n, dim) numbers as they are stored.
    """

    def __init__(self, halves: Halves) -> None:
        self._halves = halves

    def __len__(self) -> int:
        return len(self._halves)

    def __getitem__(self, which: Any) -> Floats:
        return vector_column.units(self._halves[which], self._halves.shape[1])[:, 0]


@contextmanager
def in_order(vectors: Vectors, rows: Ints, folder: Path) -> Iterator[Floats | OrderedVectors]:
    """Some rows in another order; of those on disk there is a copy meanwhile, read file by file.

    Args:
        vectors: In memory or on disk.
        rows: (r,) which, in the order wanted.
        folder: Where the copies lie meanwhile.
    """
    if not isinstance(vectors, StoredVectors):
        yield vectors[rows]
        return
    folder.mkdir(parents=True, exist_ok=True)
    dim = vectors.shape[1]
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".vectors.", suffix=".tmp") as file:
        rising = np.argsort(rows, kind="stable")
        for low in range(0, len(rows), _ROWS_AT_ONCE):
            places = rising[low : low + _ROWS_AT_ONCE]
            halves = vectors.halves(rows[places])
            nearby = np.argsort(places)
            _put(file, places[nearby], halves[nearby])
        file.flush()
        yield OrderedVectors(np.memmap(file, np.float16, "r", shape=(len(rows), dim)))


def _put(file: IO[bytes], places: Ints, halves: Halves) -> None:
    """Writes rows to their places, which rise; those side by side at once.

    Not by a mapped file: of a full disk nobody would hear but by a signal that ends the process.
    """
    for run in np.split(np.arange(len(places)), np.flatnonzero(np.diff(places) != 1) + 1):
        file.seek(int(places[run[0]]) * halves[0].nbytes)
        file.write(halves[run].tobytes())
