"""Boxes of a few pictures, for the tests of this folder that look at structure."""

from collections.abc import Sequence

import numpy as np
from scipy.special import logit

from framesel.uncertainty.boxes import Boxes

Box = tuple[Sequence[float], Sequence[float]]
"""Corners, and the probability of each class (independent sigmoids)."""

SIZE = (200, 100)


def boxes(
    pictures: Sequence[Sequence[Box]],
    *,
    classes: int = 2,
    peak: Sequence[float] | None = None,
    faint: Sequence[float] | None = None,
) -> Boxes:
    """Few classes, all of them kept. Peak and faint are unknown unless given."""
    rows = [box for picture in pictures for box in picture]
    n, m = len(pictures), len(rows)
    offsets = np.concatenate([[0], np.cumsum([len(p) for p in pictures])]).astype(np.int64)
    z = logit(np.array([p for _, p in rows], np.float64).reshape(m, classes))
    order = np.argsort(-z, axis=1, kind="stable")
    unknown = [np.nan] * n
    return Boxes(
        offsets=offsets,
        size_wh=np.tile(np.array(SIZE, np.float32), (n, 1)),
        peak=np.array(unknown if peak is None else peak, np.float32),
        faint=np.array(unknown if faint is None else faint, np.float32),
        xyxy=np.array([xyxy for xyxy, _ in rows], np.float32).reshape(m, 4),
        top_class=order.astype(np.uint16),
        top_logit=np.take_along_axis(z, order, axis=1).astype(np.float32),
        rest=np.zeros((m, 4), np.float32),
        level=np.zeros(m, np.int8),
        head=np.zeros(m, np.uint8),
        classes=tuple(f"class_{c}" for c in range(classes)),
    )


def at(x: float, y: float = 10, side: float = 20) -> tuple[float, float, float, float]:
    """Corners of a square."""
    return (x, y, x + side, y + side)
