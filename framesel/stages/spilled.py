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
        dtype: Of its numbers.
        width: Numbers of a row.
    """

    def __init__(self, folder: Path, dtype: npt.DTypeLike, width: int = 1) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._dtype, self._width, self._rows = np.dtype(dtype), width, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()  # what is mapped stays

    def add(self, rows: npt.NDArray[Any]) -> None:
        """Appends (r, width) numbers, or (r,) where a row is one."""
        self._file.write(np.ascontiguousarray(rows, self._dtype).tobytes())
        self._rows += len(rows)

    def array(self) -> npt.NDArray[Any]:
        """(n, width) all of them, or (n,) where a row is one; read from the file when looked at."""
        self._file.flush()
        shape = (self._rows, self._width) if self._width > 1 else (self._rows,)
        if not self._rows:
            return np.empty(shape, self._dtype)
        return np.asarray(np.memmap(self._file, self._dtype, "r+", shape=shape))
