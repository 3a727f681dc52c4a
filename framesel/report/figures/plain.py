"""Arrays as JSON: no number is nan, and none has more digits than anybody can see."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt


def floats(values: npt.ArrayLike, digits: int = 6) -> list[float | None]:
    """Numbers with so many significant digits; null for what is nan or infinite."""
    return [number(value, digits) for value in np.asarray(values, np.float64).ravel().tolist()]


def number(value: float | None, digits: int = 6) -> float | None:
    """One number; null for none, nan and infinity."""
    if value is None or not np.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def ints(values: npt.ArrayLike) -> list[int]:
    """Whole numbers."""
    found: list[Any] = np.asarray(values).ravel().tolist()
    return [int(value) for value in found]
