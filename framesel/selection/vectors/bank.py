"""Rows that are collected one by one."""

from __future__ import annotations

import numpy as np

from framesel.selection.vectors.arrays import F32

_ROOM = 64


class Bank:
    """A matrix that grows; appending a row takes constant time on average."""

    def __init__(self, rows: F32) -> None:
        """Begin with some rows, or with none: (0, d), or (0, 0) where d is not known yet."""
        self._store, self._count = rows, len(rows)

    def __len__(self) -> int:
        return self._count

    @property
    def dim(self) -> int | None:
        """Columns; None where no row has told."""
        return self._store.shape[1] or None

    @property
    def rows(self) -> F32:
        """(m, d) float32 what is collected so far, C-contiguous."""
        return self._store[: self._count]

    def add(self, row: F32) -> None:
        """Append a row of d numbers."""
        if self._count == len(self._store):
            store = np.empty((2 * self._count + _ROOM, len(row)), np.float32)
            store[: self._count] = self.rows if self._count else 0.0
            self._store = store
        self._store[self._count] = row
        self._count += 1
