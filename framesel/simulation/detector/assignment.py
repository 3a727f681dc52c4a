"""Which proposal shows which labelled object, and how its box must move to be the label's."""

from __future__ import annotations

from typing import Final

import numpy as np

from framesel.selection.vectors.arrays import F32, I64

NOTHING: Final = -1
UNCLEAR: Final = -2

CENTRAL: Final = 0.25
"""A proposal shows an object if its centre is off the object's by less than this share of the
object's size, along both axes. Overlap would ask too much: labels may be drawn far wider than what
they show, and a frozen network's boxes are tight."""

NEAR: Final = 0.7
"""Proposals whose centre is off by less than this, or that are too large, are no examples."""

LARGEST: Final = 1.5
"""Times the object's size that a proposal which shows it may have."""

UNIT_PX: Final = 8.0
LEAST_PX: Final = 2.0
LOG_SIZE: Final = (-1.5, 4.5)
"""Of a box in units; beyond what any picture holds."""


def assigned(proposals: F32, truth: F32) -> I64:
    """The object that each proposal shows.

    Args:
        proposals: (k, 4) corners.
        truth: (g, 4) corners of labelled objects, in the same pixels.

    Returns:
        (k,) int64 row of ``truth``, ``NOTHING`` or ``UNCLEAR``.
    """
    if not len(truth):
        return np.full(len(proposals), NOTHING, np.int64)
    centre, size = _middle(proposals)
    true_centre, true_size = _middle(truth)
    off = (np.abs(centre[:, None] - true_centre) / true_size).max(axis=2)
    large = (size[:, None] / true_size).max(axis=2)
    shows = (off < CENTRAL) & (large < LARGEST)
    nearest = np.where(shows, off, np.inf).argmin(axis=1)
    unclear = (off < NEAR).any(axis=1)
    return np.where(shows.any(axis=1), nearest, np.where(unclear, UNCLEAR, NOTHING))


def moves(proposals: F32, truth: F32) -> F32:
    """From each proposal to its object: shift of the centre and log size, in units of 8 pixels.

    Args:
        proposals: (k, 4) corners.
        truth: (k, 4) corners.
    """
    centre, _ = _middle(proposals)
    true_centre, true_size = _middle(truth)
    moved = [(true_centre - centre) / UNIT_PX, np.log(true_size / UNIT_PX)]
    found: F32 = np.concatenate(moved, axis=1).astype(np.float32)
    return found


def moved(proposals: F32, by: F32) -> F32:
    """The boxes that ``moves`` leads to: (k, 4) corners."""
    centre, _ = _middle(proposals)
    centre = centre + by[:, :2] * UNIT_PX
    half = np.exp(np.clip(by[:, 2:], *LOG_SIZE)) * UNIT_PX / 2
    corners: F32 = np.concatenate([centre - half, centre + half], axis=1).astype(np.float32)
    return corners


def _middle(xyxy: F32) -> tuple[F32, F32]:
    """Centres and sizes, (k, 2) each."""
    centre: F32 = (xyxy[:, :2] + xyxy[:, 2:]) / np.float32(2.0)
    size: F32 = np.maximum(xyxy[:, 2:] - xyxy[:, :2], np.float32(LEAST_PX))
    return centre, size
