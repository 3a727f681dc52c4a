"""How differently two boxes answer the question what they show."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import rel_entr

from framesel.uncertainty.boxes import I64, Array, Boxes
from framesel.uncertainty.divergence_kernel import pair_divergence

F64 = NDArray[np.float64]


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

    The same as on what ``dense`` gives, without making it.

    Args:
        a: Boxes of C classes.
        rows: (p,) rows of ``a``.
        b: Boxes of the same classes.
        other_rows: (p,) rows of ``b``.

    Returns:
        (p,) float64 in [0, 1].
    """
    return _pairs(a, rows, b, other_rows, given=False)


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
    return _pairs(boxes, rows, boxes, other_rows, given=True)


def _pairs(a: Boxes, rows: I64, b: Boxes, other_rows: I64, *, given: bool) -> F64:
    apart: F64 = pair_divergence(
        *_columns(a, rows), *_columns(b, other_rows), len(a.classes), given
    )
    return np.clip(apart, 0.0, 1.0)


def _columns(boxes: Boxes, rows: I64) -> tuple[Array, F64, F64]:
    rest = boxes.rest[rows, 0].astype(np.float64)
    # It makes up for the rounding of the kept logits, too: that is no class's own, and may be < 0.
    rest = np.maximum(rest, 0.0) if boxes.top_logit.shape[1] < len(boxes.classes) else 0.0 * rest
    return boxes.top_class[rows], boxes.top_logit[rows].astype(np.float64), rest
