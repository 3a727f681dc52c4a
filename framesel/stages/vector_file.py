"""Vectors of some frames in a file that nobody else sees and that goes when it is closed."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from framesel import vector_column

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]


class VectorFile:
    """Vectors by the numbers of their frames, as they are stored; read as often as asked.

    Args:
        folder: Where it lies; there must be space for it.
        width: Numbers of a frame.
    """

    def __init__(self, folder: Path, width: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._width = width
        self._numbers: list[Ints] = []
        self._known, self._order = np.empty(0, np.int64), np.empty(0, np.int64)
        self._halves: Any = np.empty((0, width), np.float16)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._halves = None  # a mapped file cannot be removed everywhere
        self._file.close()

    def add(self, numbers: Ints, halves: Halves) -> None:
        """Appends (r, width) numbers of some frames. ``seal`` makes them known."""
        self._file.write(np.ascontiguousarray(halves).tobytes())
        self._numbers.append(numbers)

    def seal(self) -> None:
        """From now on what was added is known."""
        self._file.flush()
        numbers = np.concatenate([np.empty(0, np.int64), *self._numbers])
        self._numbers = [numbers]
        self._order = np.argsort(numbers, kind="stable")
        self._known = numbers[self._order]
        if len(numbers):
            shape = (len(numbers), self._width)
            self._halves = np.memmap(self._file, np.float16, "r", shape=shape)

    def lacks(self, numbers: Ints) -> Ints:
        """Those of some frames that are not known."""
        return np.setdiff1d(numbers, self._known)

    def vectors(self, numbers: Ints, part: slice, dim: int) -> Floats:
        """(r, v, dim) unit vectors of some frames that are known: those in a part of each."""
        rows = self._order[np.searchsorted(self._known, numbers)]
        return vector_column.units(np.asarray(self._halves[rows, part]), dim)
