"""Vectors that stay on disk: a matrix too large for memory, of which rows are read when asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from framesel import table_files, vector_column

Places: TypeAlias = npt.NDArray[np.integer[Any]]
Floats: TypeAlias = npt.NDArray[np.float32]


class StoredVectors:
    """(n, dim) float32 unit rows; indexed by rows like an array, of which only these are read.

    Args:
        files: Embeddings of the shards.
        file_no: (n,) which of them each row is in, rising.
        row: (n,) its row there.
        dim: Numbers of a vector.
    """

    def __init__(self, files: Sequence[Path], file_no: Places, row: Places, dim: int) -> None:
        self._files, self._file_no, self._row = files, file_no, row
        self.shape = (len(row), dim)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, which: Any) -> Floats:
        rows = np.arange(len(self))[which]
        if rows.ndim == 0:
            one: Floats = self[rows[None]][0]
            return one
        out = np.empty((len(rows), self.shape[1]), np.float32)
        order = np.argsort(self._file_no[rows], kind="stable")
        numbers = self._file_no[rows][order]
        for mine in np.split(order, np.flatnonzero(np.diff(numbers)) + 1):
            if not len(mine):
                continue
            path = self._files[self._file_no[rows[mine[0]]]]
            table = table_files.read(path, columns=["vector"])
            halves = vector_column.unpack_halves(table["vector"])[self._row[rows[mine]]]
            out[mine] = vector_column.units(halves, self.shape[1])[:, 0]
        return out


Vectors: TypeAlias = Floats | StoredVectors
"""In memory where there is room, otherwise on disk."""
