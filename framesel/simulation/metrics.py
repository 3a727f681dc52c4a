"""What a choice of frames is worth, each figure a plain function of arrays.

Distances between unit vectors: the chord ``sqrt(2 - 2 cos)`` where a metric is needed (radius), the
cosine distance ``1 - cos`` where figures are averaged.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.vectors.arrays import F32, F64, I64, Bool, chord

_ROWS_AT_ONCE = 4_096


def nearest(vectors: F32, picks: F32) -> tuple[F32, I64]:
    """Cosine of each frame to its nearest pick, and which pick that is.

    Args:
        vectors: (n, d) unit rows.
        picks: (k, d) unit rows.

    Returns:
        (n,) float32 and (n,) int64; ties go to the pick of lower rank. Without picks, cosine -1
        (nothing is farther) and position -1.
    """
    cosine = np.full(len(vectors), -1.0, np.float32)
    which = np.full(len(vectors), -1, np.int64)
    if not len(picks):
        return cosine, which
    for low in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(low, low + _ROWS_AT_ONCE)
        products = vectors[part] @ picks.T
        which[part] = products.argmax(axis=1)
        cosine[part] = np.take_along_axis(products, which[part, None], axis=1)[:, 0]
    return np.clip(cosine, -1.0, 1.0), which


def coverage_radius(vectors: F32, picks: F32) -> float:
    """Largest chord from a frame to its nearest pick; 0 for no frames."""
    return float(chord(nearest(vectors, picks)[0]).max(initial=0.0))


def radius_bound(vectors: F32, budgets: list[int]) -> dict[int, float]:
    """What no choice of so many frames can go below: budget to a lower bound of the radius.

    After k steps of farthest-first the picks and the frame farthest from them are k + 1 frames that
    are pairwise at least that far apart, so two of them share a centre: half of it is a lower bound
    (Gonzalez 1985; Hochbaum & Shmoys 1985). The best of several starts is taken.

    Args:
        vectors: (n, d) unit rows.
        budgets: How many frames may be chosen.
    """
    bound = dict.fromkeys(budgets, 0.0)
    most = max(budgets, default=0)
    for start in {0, len(vectors) // 3, 2 * len(vectors) // 3} if len(vectors) else set():
        closest = np.full(len(vectors), -np.inf, np.float32)
        row = start
        for k in range(1, min(most, len(vectors) - 1) + 1):
            np.maximum(closest, vectors @ vectors[row], out=closest)
            row = int(closest.argmin())
            if k in bound:
                bound[k] = max(bound[k], 0.5 * float(chord(closest[row])))
    return bound


def mean_distance(cosine: F32, weight: F64 | None = None) -> float:
    """Mean cosine distance of frames to their nearest pick: how well footage is represented.

    Args:
        cosine: (n,) of each frame to its nearest pick.
        weight: (n,) how much each frame counts; default all the same, so that what is seen for long
            counts for long.
    """
    if not len(cosine):
        return float("nan")
    return float(np.average(1.0 - cosine.astype(np.float64), weights=weight))


def share_of_moment(moment: I64) -> F64:
    """Weights under which each moment counts once: 1 / (frames that show it). (n,) float64."""
    _, which, counts = np.unique(moment, return_inverse=True, return_counts=True)
    shares: F64 = 1.0 / counts[which]
    return shares


def repeated(picks: F32, tau_cos: float) -> Bool:
    """Picks that have a near-duplicate among the others: (k,) bool. Redundancy is their share."""
    near = np.greater_equal(picks @ picks.T, tau_cos)
    np.fill_diagonal(near, False)
    found: Bool = near.any(axis=1)
    return found


def found_events(event: I64, picked: I64) -> tuple[I64, Bool]:
    """All rare events, and whether a pick shows each.

    Args:
        event: (n,) number of the event of each frame, negative for none.
        picked: Rows of the picks.

    Returns:
        (e,) int64 rising numbers of the events and (e,) bool.
    """
    events = np.unique(event[event >= 0])
    found: Bool = np.isin(events, event[picked])
    return events, found


def class_balance(counts: I64) -> float:
    """Entropy of a histogram over C classes, divided by log C: 1 where all are equally frequent.

    0 for a single class in the histogram, nan for an empty one.
    """
    total = counts.sum()
    if not total:
        return float("nan")
    shares = counts[counts > 0] / total
    return float(-(shares * np.log(shares)).sum() / np.log(max(len(counts), 2)))


def predicted_labels(vectors: F32, picks: F32, labels: I64) -> I64:
    """Label of the nearest pick that has one (1-NN); -1 where no pick has one.

    Args:
        vectors: (n, d) unit rows to be classified.
        picks: (k, d) unit rows.
        labels: (k,) label of each pick, negative for none.
    """
    labelled = labels >= 0
    _, which = nearest(vectors, picks[labelled])
    known = labels[labelled]
    return known[which] if len(known) else which


def macro_accuracy(label: I64, predicted: I64) -> float:
    """Mean over classes of the share of their frames that is predicted right; nan without any."""
    classes = np.unique(label[label >= 0])
    shares = [float((predicted[label == one] == one).mean()) for one in classes]
    return float(np.mean(shares)) if shares else float("nan")


def partners(keeper: I64, moment: I64) -> tuple[I64, I64, I64]:
    """For each frame: partners by the duplicates found, by the truth, and by both. 3 x (n,) int64.

    Pairwise precision is sum(both) / sum(found), pairwise recall sum(both) / sum(true).

    Args:
        keeper: (n,) row that stands for each frame.
        moment: (n,) equal for frames that truly are duplicates.
    """
    return (
        _others(keeper),
        _others(moment),
        _others(np.unique(np.stack([keeper, moment]), axis=1, return_inverse=True)[1].ravel()),
    )


def lost_moments(moment: I64, kept: Bool) -> tuple[I64, Bool]:
    """All moments, and whether no kept frame shows each: unique frames wrongly dropped.

    Returns:
        (m,) int64 rising numbers of the moments and (m,) bool.
    """
    moments = np.unique(moment)
    lost: Bool = ~np.isin(moments, moment[kept])
    return moments, lost


def _others(group: I64) -> I64:
    """How many other rows are in the group of each row. (n,) int64."""
    _, which, counts = np.unique(group, return_inverse=True, return_counts=True)
    others: I64 = counts[which] - 1
    return others
