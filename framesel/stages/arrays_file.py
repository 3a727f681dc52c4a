"""Arrays in a file, by name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.workspace import write_atomic


def save(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Writes them, atomically."""

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    write_atomic(path, fill)


def load(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Reads them."""
    with np.load(path, allow_pickle=False) as found:
        return {name: found[name] for name in found.files}
