"""Whether a detector says the same of an edited view of a picture.

The idea of a membership query, made useful for detection: nobody can label a made-up picture, but
the model can be asked about it, and where the answer depends on a mirror or on a lamp, the real
picture is worth a label. CSD (Jeong et al. 2019) trains on this difference, CALD (Yu et al. 2022)
selects by it. CALD adds IoU and class agreement and looks for frames near a set point; here they
are multiplied, so that a box counts as confirmed only if place and class both are, and the
difference is weighted by how sure the detector is in the view where it is surer. So the score has
bounds, and a faint box that comes and goes weighs little.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, I64, Boxes
from framesel.uncertainty.matching import match_overlaps
from framesel.uncertainty.overlap_kernels import overlapping
from framesel.uncertainty.similarity import change


def inconsistency(
    original: Boxes,
    view: Boxes,
    visible: NDArray[np.bool_] | None = None,
    least_iou: float = 0.5,
) -> tuple[F32, I64]:
    """How much each object's box differs between a picture and an edited view of it.

    ``c (1 - IoU (1 - JS))`` for a matched pair, with c the greater confidence of the two and JS the
    Jensen-Shannon divergence over ln 2 of the distributions over classes and background; ``c`` for
    a box without a partner. Boxes that only the view has are objects too.

    Args:
        original: Boxes of n pictures, m in all.
        view: Boxes of the same pictures in the edited view, moved back to where they lie in the
            original.
        visible: (m,) bool, which boxes of the original the view shows; the others are left out.
        least_iou: Boxes that overlap less do not show the same object.

    Returns:
        (g,) float32 in [0, 1], for each picture first the visible boxes of the original, then those
        that only the view has; and (n + 1,) offsets.

    Raises:
        UsageError: The boxes are not of the same pictures or classes.
    """
    shown = np.ones(len(original), np.bool_) if visible is None else np.asarray(visible, np.bool_)
    _check(original, view, shown)
    original = original.where(shown)
    partner, overlap = _partners(original, view, least_iou)
    mine = np.flatnonzero(partner >= 0)
    theirs = partner[mine]
    sure, view_sure = original.confidence(), view.confidence()
    values = sure.astype(np.float64)
    values[mine] = np.maximum(sure[mine], view_sure[theirs]) * (
        1.0 - overlap[mine] * (1.0 - change(original, mine, view, theirs))
    )
    alone = np.ones(len(view), np.bool_)
    alone[theirs] = False
    picture = np.concatenate([original.picture_of(), view.picture_of()[alone]])
    order = np.argsort(picture, kind="stable")
    together = np.concatenate([values, view_sure[alone]])[order].astype(np.float32)
    count = np.bincount(picture, minlength=original.pictures)
    return together, np.concatenate([[0], np.cumsum(count)]).astype(np.int64)


def _partners(original: Boxes, view: Boxes, least_iou: float) -> tuple[I64, NDArray[np.float64]]:
    """(m,) row of the view's box that is the same object, -1: none; and (m,) their IoU."""
    partner = np.full(len(original), -1, np.int64)
    overlap = np.zeros(len(original))
    pairs, share = overlapping(
        original.xyxy.astype(np.float64),
        original.offsets,
        view.xyxy.astype(np.float64),
        view.offsets,
        least_iou,
    )
    # Most boxes have one candidate that has no other; only pictures with a choice need a search.
    mine, theirs = np.bincount(pairs[:, 0])[pairs[:, 0]], np.bincount(pairs[:, 1])[pairs[:, 1]]
    picture = original.picture_of()[pairs[:, 0]]
    open_ = np.isin(picture, picture[(mine > 1) | (theirs > 1)])
    partner[pairs[~open_, 0]], overlap[pairs[~open_, 0]] = pairs[~open_, 1], share[~open_]
    choices = np.flatnonzero(open_)
    for here in np.split(choices, np.flatnonzero(np.diff(picture[choices])) + 1):
        rows, row = np.unique(pairs[here, 0], return_inverse=True)
        others, other = np.unique(pairs[here, 1], return_inverse=True)
        table = np.zeros((len(rows), len(others)))
        table[row, other] = share[here]
        best = match_overlaps(table, least_iou)
        partner[rows[best[:, 0]]] = others[best[:, 1]]
        overlap[rows[best[:, 0]]] = table[best[:, 0], best[:, 1]]
    return partner, overlap


def _check(original: Boxes, view: Boxes, visible: NDArray[np.bool_]) -> None:
    if original.pictures != view.pictures or visible.shape != (len(original),):
        raise UsageError(
            f"{original.pictures} pictures with {len(original)} boxes are compared with "
            f"{view.pictures} edited views, and {visible.shape} say which boxes are visible: give "
            "one view for each picture and one truth value for each box"
        )
    if original.classes != view.classes:
        raise UsageError(
            f"boxes of {original.classes} cannot be compared with boxes of {view.classes}: ask the "
            "same detector about the view"
        )
