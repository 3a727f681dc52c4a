"""From which cosine on are two frames duplicates? Answered from the data, with what it costs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from framesel import threads
from framesel.errors import SelectionError
from framesel.selection.vectors.arrays import F32, F64, I64, checked_column, checked_vectors
from framesel.selection.vectors.dot import dot_rows, kernel

_ROWS_AT_ONCE = 64


@dataclass(frozen=True)
class TauRow:
    """What one threshold would do.

    Attributes:
        tau_cos: The threshold.
        recall: Share of the self-made duplicates that it would recognise.
        wrong_merges: Share of frames that it would merge with a frame of another video.
    """

    tau_cos: float
    recall: float
    wrong_merges: float


@dataclass(frozen=True)
class TauAdvice:
    """A suggested threshold and what to expect of it.

    Attributes:
        tau_cos: The suggestion.
        recall: Expected share of duplicates found.
        wrong_merges: Expected share of frames wrongly merged.
        separable: Whether both targets can be met at once; if not, the suggestion holds the wrong
            merges down and gives up recall.
        table: The same for a range of thresholds, rising.
    """

    tau_cos: float
    recall: float
    wrong_merges: float
    separable: bool
    table: tuple[TauRow, ...]


def nearest_in_other_videos(vectors: ArrayLike, video_no: ArrayLike) -> F32:
    """Largest cosine of each frame to a frame of another video.

    This is the extreme value that a threshold must stay above: a frame has as many chances of a
    wrong merge as there are frames elsewhere. Costs n * n inner products, each made as the leader
    rule makes it, so that threads and blocks change nothing; sample first.

    Args:
        vectors: (n, d) unit rows.
        video_no: (n,) the video of each.

    Returns:
        (n,) float32.

    Raises:
        SelectionError: Bad vectors, or fewer than two videos.
    """
    matrix = checked_vectors(vectors, "vectors")
    video = checked_column(video_no, len(matrix), np.int64, "video_no", 0).astype(np.int64)
    if len(np.unique(video)) < 2:
        raise SelectionError(
            "tau needs frames of at least two videos to see how alike different footage looks; "
            "add a video or set tau_cos by hand"
        )
    nearest = np.empty(len(matrix), np.float32)

    def part(low: int) -> None:
        _nearest(matrix, video, low, min(low + _ROWS_AT_ONCE, len(matrix)), nearest)

    with ThreadPoolExecutor(threads.count()) as pool:
        for _ in pool.map(part, range(0, len(matrix), _ROWS_AT_ONCE)):
            pass
    return np.clip(nearest, -1.0, 1.0)


@kernel
def _nearest(vectors: F32, video: I64, low: int, high: int, nearest: F32) -> None:
    """Largest inner product of the rows from low to high with a row of another video."""
    for row in range(low, high):
        best = np.float32(-2.0)
        for other in range(len(vectors)):
            if video[other] != video[row]:
                best = max(best, dot_rows(vectors, row, vectors, other))
        nearest[row] = best


def suggest_tau(
    originals: ArrayLike,
    duplicates: ArrayLike,
    nearest_cos: ArrayLike,
    *,
    recall: float = 0.95,
    wrong_merges: float = 1e-3,
    contamination: float = 0.005,
    at_least_cos: float = 0.0,
) -> TauAdvice:
    """Suggest ``tau_cos`` from self-made duplicates and from neighbours that are none.

    The suggestion is the largest threshold that still finds the wanted share of the duplicates, or,
    where that one would merge too much, the smallest that holds the wrong merges down. Merging
    costs information and a missed duplicate costs little, so recall is what gives way.

    Args:
        originals: (p, d) unit rows of frames.
        duplicates: (p, d) unit rows of altered copies (re-encoded, shifted, brighter...), row by
            row.
        nearest_cos: (n,) from :func:`nearest_in_other_videos`.
        recall: Wanted share of duplicates found.
        wrong_merges: Tolerated share of frames merged with another video's.
        contamination: Share of frames whose best match elsewhere is taken for a true copy of the
            same footage and left out of the count.
        at_least_cos: No suggestion is below this: other videos say nothing about what differs
            inside one.

    Returns:
        Threshold, expectations and a table.

    Raises:
        SelectionError: Rows that do not pair up, no pairs, no neighbours, or rates out of range.
    """
    positives = np.sort(_paired_cosines(originals, duplicates))
    negatives = np.sort(
        checked_column(nearest_cos, np.size(nearest_cos), np.float64, "nearest_cos", 0)
    )
    negatives = negatives.astype(np.float64)
    if not len(negatives):
        raise SelectionError("tau needs neighbours in other videos; none were given")
    for name, rate in (
        ("recall", recall),
        ("wrong_merges", wrong_merges),
        ("contamination", contamination),
        ("at_least_cos", at_least_cos),
    ):
        if not 0.0 <= rate <= 1.0:
            raise SelectionError(f"{name} is {rate}; give a share between 0 and 1")
    negatives = negatives[: max(1, int(np.ceil(len(negatives) * (1.0 - contamination))))]
    finds = _highest_finding(positives, recall)
    spares = _lowest_sparing(negatives, wrong_merges)
    tau = float(np.clip(max(finds, spares, at_least_cos), 1e-3, 1.0))
    row = _row(tau, positives, negatives)
    table = tuple(_row(float(t), positives, negatives) for t in _grid(positives, negatives, tau))
    return TauAdvice(tau, row.recall, row.wrong_merges, finds >= spares, table)


def _paired_cosines(originals: ArrayLike, duplicates: ArrayLike) -> F64:
    """Cosine of each original with its own copy."""
    left = checked_vectors(originals, "originals")
    right = checked_vectors(duplicates, "duplicates")
    if left.shape != right.shape or not len(left):
        raise SelectionError(
            f"originals have shape {left.shape} and duplicates {right.shape}; "
            "give the same number of rows, at least one, in the same order"
        )
    cosines: F64 = np.einsum("ij,ij->i", left, right, dtype=np.float64)
    return np.clip(cosines, -1.0, 1.0)


def _highest_finding(positives: F64, recall: float) -> float:
    """Largest threshold that at least the wanted share of the (sorted) positives reaches."""
    missed = int(np.floor((1.0 - recall) * len(positives) + 1e-9))
    return float(positives[min(missed, len(positives) - 1)])


def _lowest_sparing(negatives: F64, wrong_merges: float) -> float:
    """Smallest threshold that at most the tolerated share of the (sorted) negatives reaches."""
    tolerated = int(np.floor(wrong_merges * len(negatives) + 1e-9))
    if tolerated >= len(negatives):
        return -1.0
    # The next float32, since decisions are made in that precision.
    highest = np.float32(negatives[len(negatives) - 1 - tolerated])
    return float(np.nextafter(highest, np.float32(2.0)))


def _row(tau: float, positives: F64, negatives: F64) -> TauRow:
    """Measured recall and wrong merges of a threshold."""
    return TauRow(tau, _reaching(positives, tau), _reaching(negatives, tau))


def _reaching(values: F64, tau: float) -> float:
    """Share of sorted values that are at least tau."""
    return 1.0 - int(np.searchsorted(values, tau, side="left")) / len(values)


def _grid(positives: F64, negatives: F64, tau: float) -> F64:
    """Rounded thresholds between the typical negative and the typical positive, rising."""
    low = min(float(np.median(negatives)), float(positives[0]), tau)
    steps = np.linspace(max(0.0, low), 1.0, 12)
    return np.unique(np.round(steps, 4))
