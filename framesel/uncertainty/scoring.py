"""From what is known of some pictures to one number for each score and picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from framesel.uncertainty.aggregation import How, aggregate, class_weights
from framesel.uncertainty.boxes import F32, Array
from framesel.uncertainty.evidence import Evidence
from framesel.uncertainty.groups import GROUPS, Group
from framesel.uncertainty.registry import SCORES


def picture_scores(
    known: Evidence,
    names: Sequence[str],
    how: How = "top_mean",
    *,
    m: int = 10,
    class_counts: Array | None = None,
) -> dict[str, F32]:
    """The scores of n pictures that follow from their own boxes and their neighbours in time.

    Args:
        known: Of the n pictures.
        names: Keys of ``SCORES``, none of the group ``pool``. With any of the group ``silence``
            come ``confident_count`` and ``gap_evidence``.
        how: From boxes to pictures.
        m: Boxes that ``top_mean`` looks at.
        class_counts: (C,) boxes of each class that are known already, for
            ``class_weighted_sum``.

    Returns:
        By name (n,) float32. nan: the picture has no box to be scored, or nothing is known.
    """
    found: dict[str, F32] = {}
    for group_name in dict.fromkeys(SCORES[name].group for name in names):
        group = GROUPS[group_name](known)
        for name, values in group.values.items():
            if group.offsets is None:
                found[name] = values.astype(np.float32)
            elif name in names:
                found[name] = _aggregated(name, group, known, how, m, class_counts)
    return found


def fill_empty(values: F32, silence: F32) -> F32:
    """What pictures without any box get: they rank among the others as their silence does.

    A picture without boxes whose silence exceeds that of a share s of the pictures with boxes gets
    the s-quantile of their values: the scale of the score, and never a blind zero.

    Args:
        values: (n,) nan for pictures without boxes.
        silence: (n,) in [0, 1]; nan: nothing is known of the picture.

    Returns:
        (n,) float32. Where no picture has a box, the silence itself.
    """
    empty = np.isnan(values) & ~np.isnan(silence)
    scored = ~np.isnan(values) & ~np.isnan(silence)
    filled = values.copy()
    if not scored.any():
        filled[empty] = silence[empty]
        return filled
    theirs = np.sort(silence[scored])
    low = np.searchsorted(theirs, silence[empty], side="left")
    high = np.searchsorted(theirs, silence[empty], side="right")
    share = (low + high) / (2 * len(theirs))
    filled[empty] = np.quantile(values[scored], share)
    return filled


def _aggregated(
    name: str, group: Group, known: Evidence, how: How, m: int, class_counts: Array | None
) -> F32:
    values, weights = group.values[name], None
    if how == "noisy_or":
        values = _as_chance(name, values, known)
    if how == "class_weighted_sum":
        assert class_counts is not None
        # An object that several looks share has no class of its own.
        ones = np.ones(len(values))
        weights = ones if group.classes is None else class_weights(group.classes, class_counts)
    assert group.offsets is not None
    scores = aggregate(values, group.offsets, how, m=m, weights=weights)
    return scores if group.seen is None else np.where(group.seen, scores, np.float32(np.nan))


def _as_chance(name: str, values: Array, known: Evidence) -> NDArray[np.float64]:
    """Values in [0, 1]: divided by their greatest, or x / (1 + x) where there is none."""
    classes, members = len(known.boxes.classes), 1 + len(known.committee)
    greatest: Mapping[str, Callable[[], float]] = {
        "[0, ln(C+1)]": lambda: np.log(classes + 1),
        "[0, C ln 2]": lambda: classes * np.log(2),
        "[0, ln M]": lambda: np.log(members),
        "[0, ln 2]": lambda: np.log(2),
        "[0, 1/4]": lambda: 0.25,
        ">= 0": lambda: np.nan,
    }
    most = greatest.get(SCORES[name].range, lambda: 1.0)()
    scaled = values / (1.0 + values) if np.isnan(most) else values / most
    return np.clip(np.asarray(scaled, np.float64), 0.0, 1.0)
