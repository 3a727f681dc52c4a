"""Texts of many frames of which few differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Texts:
    """(n,) texts, which take a small number each; indexed and converted like an array of texts.

    Attributes:
        names: (k,) what the numbers stand for; the same may come more than once.
        code: (n,) a number for each.
    """

    names: npt.NDArray[np.str_]
    code: npt.NDArray[np.integer[Any]]

    def __len__(self) -> int:
        return len(self.code)

    def __getitem__(self, which: Any) -> Any:
        return self.names[self.code[which]]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        del copy
        return np.asarray(self.names[self.code], dtype)

    def is_(self, text: str) -> npt.NDArray[np.bool_]:
        """(n,) whether each is this text."""
        found: npt.NDArray[np.bool_] = (self.names == text)[self.code]
        return found
