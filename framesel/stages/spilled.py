"""Arrays that are too large for memory while they are made and used: they lie in a file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt


class Spilled:
    """An array that grows row by row in a file without a name, which goes with it.

    A context: within it rows are added, at its end the array is had, which stays.

    Args:
        folder: On the disk that has room for it.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._like: npt.NDArray[Any] = np.empty(0)
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()  # what is mapped stays

    def add(self, rows: npt.NDArray[Any]) -> None:
        """Appends (r, ...) numbers; all of the kind and width of the first, be they none."""
        self._file.write(np.ascontiguousarray(rows).tobytes())
        self._like = np.empty_like(rows[:0])  # no view: that would hold the rows
        self._rows += len(rows)

    def array(self) -> npt.NDArray[Any]:
        """(n, ...) all of them; read from the file when looked at."""
        self._file.flush()
        if not self._rows:
            return self._like
        shape = (self._rows, *self._like.shape[1:])
        return np.asarray(np.memmap(self._file, self._like.dtype, "r+", shape=shape))
