"""How differently two boxes answer the question what they show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from framesel.uncertainty.boxes import I64, Array, Boxes
from framesel.uncertainty.compact import dense

F64 = NDArray[np.float64]
_CHUNK = 1 << 21  # numbers of a full distribution that are in memory at a time


def divergence(p: ArrayLike, q: ArrayLike) -> F64:
    """Jensen-Shannon divergence over ln 2 (Lin, 1991): 0 for the same, 1 for nothing in common.

    Args:
        p: (..., C) distributions.
        q: (..., C).

    Returns:
        (...) float64 in [0, 1], symmetric.
    """
    one, two = np.asarray(p, np.float64), np.asarray(q, np.float64)
    middle = (one + two) / 2
    both = (rel_entr(one, middle).sum(axis=-1) + rel_entr(two, middle).sum(axis=-1)) / 2
    apart: F64 = np.clip(both / np.log(2), 0.0, 1.0)
    return apart


def change(a: Boxes, rows: I64, b: Boxes, other_rows: I64) -> F64:
    """``divergence`` of the distributions over classes and background of pairs of boxes.

    Args:
        a: Boxes of C classes.
        rows: (p,) rows of ``a``.
        b: Boxes of the same classes.
        other_rows: (p,) rows of ``b``.

    Returns:
        (p,) float64 in [0, 1].
    """
    return _in_chunks(a, rows, b, other_rows, lambda p, q: divergence(p, q))


def class_change(boxes: Boxes, rows: I64, other_rows: I64) -> F64:
    """Change of class of pairs of boxes, apart from how sure they are of an object at all.

    ``divergence`` of the distributions over classes given that there is an object, times the lesser
    probability that there is one: what is hardly there has no class to change. 0 for one class.

    Args:
        boxes: Both boxes of each pair.
        rows: (p,).
        other_rows: (p,).

    Returns:
        (p,) float64 in [0, 1].
    """
    return _in_chunks(boxes, rows, boxes, other_rows, _class_change)


def _class_change(p: F64, q: F64) -> F64:
    there = np.minimum(1.0 - p[:, -1], 1.0 - q[:, -1])
    given = [x[:, :-1] / np.maximum(x[:, :-1].sum(axis=1, keepdims=True), 1e-30) for x in (p, q)]
    changed: F64 = there * divergence(*given)
    return changed


def _in_chunks(a: Boxes, rows: I64, b: Boxes, other_rows: I64, measure: Any) -> F64:
    values = np.zeros(len(rows))
    step = max(1, _CHUNK // (len(a.classes) + 1))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        values[part] = measure(_dense_rows(a, rows[part]), _dense_rows(b, other_rows[part]))
    return values


def _dense_rows(boxes: Boxes, rows: I64) -> Array:
    """(k, C + 1) float64: as if the rows were all boxes of one picture."""
    some = replace(
        boxes,
        offsets=np.array([0, len(rows)]),
        xyxy=boxes.xyxy[rows],
        top_class=boxes.top_class[rows],
        top_logit=boxes.top_logit[rows],
        rest=boxes.rest[rows],
    )
    return dense(some).astype(np.float64)
