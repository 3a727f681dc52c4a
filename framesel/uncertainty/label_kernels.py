"""Compiled loops that hold labelled boxes against what a detector sees, picture by picture.

All take corners as float64; labels have an area.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.uncertainty.kernel import kernel
from framesel.uncertainty.overlap_kernels import _iou

Array = NDArray[Any]

OTHERWISE = 0.3
"""What a box of another class weighs as the label's own: one object may lie before another."""


@kernel
def least_similarity(a: Array, starts: Array, b: Array, other_starts: Array, alpha: float) -> float:
    """The least similarity over all pairs of a label and a box of the same picture that is not 0.

    Args:
        a: (t, 4) labels.
        starts: (n + 1,) offsets of the pictures in ``a``.
        b: (m, 4) boxes.
        other_starts: (n + 1,) offsets of the pictures in ``b``.
        alpha: See ``similarity``.
    """
    least = 1.0
    for picture in range(len(starts) - 1):
        for row in range(starts[picture], starts[picture + 1]):
            for other in range(other_starts[picture], other_starts[picture + 1]):
                value = similarity(a[row], b[other], _iou(a[row], b[other]), alpha)
                if 0.0 < value < least:
                    least = value
    return least


@kernel
def similarity(a: Array, b: Array, overlap: float, alpha: float) -> float:
    """ObjectLab's: ``alpha IoU + (1 - alpha) exp(-d / 10)``, d in pixels between the centres."""
    across = (a[0] + a[2]) / 2.0 - (b[0] + b[2]) / 2.0
    down = (a[1] + a[3]) / 2.0 - (b[1] + b[3]) / 2.0
    far = np.sqrt(across * across + down * down)
    return float(alpha * overlap + (1.0 - alpha) * np.exp(-0.1 * far))


@kernel
def object_lab(
    a: Array,
    a_class: Array,
    starts: Array,
    b: Array,
    b_class: Array,
    sure: Array,
    other_starts: Array,
    limits: tuple[float, float, float, float],
) -> tuple[Array, Array, Array]:
    """Overlooked (m,), badly located (t,) and swapped (t,), see ``objectlab.objectlab``.

    Args:
        a: (t, 4) labels.
        a_class: (t,).
        starts: (n + 1,) offsets of the pictures in ``a``.
        b: (m, 4) boxes.
        b_class: (m,).
        sure: (m,) confidence.
        other_starts: (n + 1,) offsets of the pictures in ``b``.
        limits: alpha, the confidence from which a box tells of a bad location, that from which it
            tells of an overlooked or swapped object, and the least similarity.
    """
    alpha, low, high, least = limits
    overlooked = np.full(len(b), np.nan)
    located = np.full(len(a), -1.0)
    near = np.full(len(a), -1.0)
    for picture in range(len(starts) - 1):
        for other in range(other_starts[picture], other_starts[picture + 1]):
            alone, closest = sure[other] >= high, -1.0
            for row in range(starts[picture], starts[picture + 1]):
                overlap = _iou(a[row], b[other])
                value = similarity(a[row], b[other], overlap, alpha)
                alone = alone and overlap <= 0.0
                if a_class[row] == b_class[other]:
                    closest = max(closest, value)
                    if sure[other] > low and overlap > 0.0:
                        located[row] = max(located[row], value)
                elif sure[other] > high:
                    near[row] = max(near[row], value)
            if alone:
                overlooked[other] = closest if closest >= 0.0 else least * (1.0 - sure[other])
    return (
        overlooked,
        np.where(located >= 0.0, located, 1.0),
        np.where(near >= 0.0, np.maximum(least, 1.0 - near), 1.0),
    )


@kernel
def labelled_twice(a: Array, a_class: Array, starts: Array, least_iou: float) -> Array:
    """(t,) bool: a label of another class lies on the same place.

    Args:
        a: (t, 4) labels.
        a_class: (t,).
        starts: (n + 1,) offsets of the pictures.
        least_iou: From which overlap on two boxes are on the same place.
    """
    twice = np.zeros(len(a), np.bool_)
    for picture in range(len(starts) - 1):
        for row in range(starts[picture], starts[picture + 1]):
            for other in range(starts[picture], row):
                if a_class[row] != a_class[other] and _iou(a[row], a[other]) >= least_iou:
                    twice[row] = twice[other] = True
    return twice


@kernel
def compare(
    a: Array,
    a_class: Array,
    starts: Array,
    b: Array,
    share: Array,
    other_starts: Array,
    far: float,
) -> tuple[Array, Array, Array, Array]:
    """What the boxes around each label say, and how far the next label is from each box.

    A box counts with ``exp(-distance)``, or its square where it votes for classes.

    Args:
        a: (t, 4) labels.
        a_class: (t,).
        starts: (n + 1,) offsets of the pictures in ``a``.
        b: (m, 4) boxes.
        share: (m, C + 1) what each is, the last column for nothing.
        other_starts: (n + 1,) offsets of the pictures in ``b``.
        far: Distance from which on a box has no vote.

    Returns:
        partner (t,) int64, the box that most surely shows the same object, -1 for none nearer than
        1: that it is something of another class counts by ``OTHERWISE``; top (t,) int64, the class
        with most votes; votes (t, 3), those for it, for the label's own class, and all; nearest
        (m,), distance to the next label, infinite without one.
    """
    partner = np.full(len(a), -1, np.int64)
    top = np.zeros(len(a), np.int64)
    votes = np.zeros((len(a), 3))
    nearest = np.full(len(b), np.inf)
    told = np.zeros(share.shape[1] - 1)
    for picture in range(len(starts) - 1):
        for row in range(starts[picture], starts[picture + 1]):
            told[:] = 0.0
            best = 0.0
            for other in range(other_starts[picture], other_starts[picture + 1]):
                distance = apart(a[row], b[other])
                nearest[other] = min(nearest[other], distance)
                if distance >= far:
                    continue
                near = np.exp(-distance)
                for number in range(len(told)):
                    told[number] += near * near * share[other, number]
                there = OTHERWISE * (1.0 - share[other, -1])
                surely = near * max(there, share[other, a_class[row]])
                if distance < 1.0 and surely > best:
                    best, partner[row] = surely, other
            for number in range(len(told)):
                votes[row, 2] += told[number]
                if told[number] > votes[row, 0]:
                    votes[row, 0], top[row] = told[number], number
            votes[row, 1] = told[a_class[row]]
    return partner, top, votes, nearest


@kernel
def apart(a: Array, b: Array) -> float:
    """How far two boxes are from being the same, in units of their sizes.

    Their centres' offset along each side, as a share of the mean of the two sides, and a tenth of
    the squared logarithms of the sides' ratios, as one length. Scaling both changes nothing.
    """
    total = 0.0
    for axis in range(2):
        one = a[axis + 2] - a[axis]
        two = max(b[axis + 2] - b[axis], 1e-3 * one)
        offset = (a[axis] + a[axis + 2] - b[axis] - b[axis + 2]) / (one + two)
        ratio = np.log(one / two)
        total += offset * offset + 0.1 * ratio * ratio
    return float(np.sqrt(total))


@kernel
def take(
    a: Array, starts: Array, b: Array, sure: Array, other_starts: Array, least: float
) -> Array:
    """Pairs boxes with labels as COCO's evaluation does, classes aside.

    The boxes take, most confident first, the free label that they overlap most.

    Args:
        a: (t, 4) labels.
        starts: (n + 1,) offsets of the pictures in ``a``.
        b: (m, 4) boxes.
        sure: (m,) confidence.
        other_starts: (n + 1,) offsets of the pictures in ``b``.
        least: Least IoU of a pair.

    Returns:
        (t,) int64 box of each label, -1 for none.
    """
    taken = np.full(len(a), -1, np.int64)
    for picture in range(len(starts) - 1):
        some = sure[other_starts[picture] : other_starts[picture + 1]]
        for place in np.argsort(-some, kind="mergesort"):
            other = other_starts[picture] + place
            best, most = -1, least
            for row in range(starts[picture], starts[picture + 1]):
                overlap = _iou(a[row], b[other])
                if taken[row] < 0 and overlap >= most and (best < 0 or overlap > most):
                    best, most = row, overlap
            if best >= 0:
                taken[best] = other
    return taken
