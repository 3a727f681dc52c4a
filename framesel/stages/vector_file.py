"""Vectors of some frames in a file that goes when it is closed."""

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


class VectorsOnFile:
    """Vectors by the numbers of their frames, as they are stored; read as often as asked.

    Args:
        path: The file; a row of it for each frame.
        numbers: (r,) of the frames.
        width: Numbers of a row.
    """

    def __init__(self, path: Path, numbers: Ints, width: int) -> None:
        self._order = np.argsort(numbers, kind="stable")
        self._known = numbers[self._order]
        self._halves: Any = np.empty((0, width), np.float16)
        if len(numbers):
            self._halves = np.memmap(path, np.float16, "r", shape=(len(numbers), width))

    def has(self, numbers: Ints) -> npt.NDArray[np.bool_]:
        """(r,) whether each of some frames is there."""
        if not len(self._known):
            return np.zeros(len(numbers), np.bool_)
        at = np.minimum(np.searchsorted(self._known, numbers), len(self._known) - 1)
        return np.asarray(self._known[at] == numbers)

    def vectors(self, numbers: Ints, part: slice, dim: int) -> Floats:
        """(r, v, dim) unit vectors of some frames that are there: those in a part of each row."""
        rows = self._order[np.searchsorted(self._known, numbers)]
        return vector_column.units(np.asarray(self._halves[rows, part]), dim)


class VectorFile:
    """The same, which grows: what was added is there once it is sealed.

    Args:
        folder: Where it lies; there must be space for it. A run that is killed leaves it under a
            temporary name.
        width: Numbers of a row.
    """

    def __init__(self, folder: Path, width: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = tempfile.NamedTemporaryFile(  # noqa: SIM115
            dir=folder, prefix=".vectors.", suffix=".tmp", delete=False
        )
        self.path, self._width = Path(self._file.name), width
        self._numbers: list[Ints] = []
        self._sealed: VectorsOnFile | None = None
        self.seal()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._sealed = None  # a mapped file cannot be removed everywhere
        self._file.close()
        self.path.unlink(missing_ok=True)

    def add(self, numbers: Ints, halves: Halves) -> None:
        """Appends (r, width) numbers of some frames."""
        self._file.write(np.ascontiguousarray(halves).tobytes())
        self._numbers.append(numbers)

    def seal(self) -> None:
        """From now on what was added is there."""
        self._file.flush()
        self._numbers = [np.concatenate([np.empty(0, np.int64), *self._numbers])]
        self._sealed = VectorsOnFile(self.path, self._numbers[0], self._width)

    @property
    def sealed(self) -> VectorsOnFile:
        """What is there."""
        assert self._sealed is not None
        return self._sealed

    @property
    def numbers(self) -> Ints:
        """(r,) of the frames that are there, in the order of the file."""
        return self._numbers[0]
