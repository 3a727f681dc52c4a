"""Evidence of missed objects, for every picture and above all for those without a confident box.

A detector that is sure of nothing says nothing, and whatever looks at its boxes only, calls such a
picture easy. What speaks for an object all the same is evidence of different kinds:

- ``faint``: something in the picture nearly crossed the threshold;
- ``gap``: a track is there before and after, but not in this frame (see ``temporal.py``);
- ``nearby``: the frames of the same video just before and after hold more than this one;
- ``neighbours``: so do the frames that look like it.

Each is a number in [0, 1] that is read as the probability that this evidence alone gives. They are
joined as independent witnesses: 1 - Π (1 - e); what is not available stays out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, I64, Boxes
from framesel.uncertainty.neighbours import nearest
from framesel.uncertainty.overlap_kernels import first_of_place

Array = NDArray[Any]
F64 = NDArray[np.float64]
CONFIDENT = 0.25
_AROUND = 8  # frames looked at before and after
_ALIKE = 0.25  # what a frame that only looks alike proves


def silence(
    boxes: Boxes,
    *,
    confident: float = CONFIDENT,
    gap: Array | None = None,
    video_no: Array | None = None,
    pts_s: Array | None = None,
    vectors: Array | None = None,
) -> dict[str, F32]:
    """All evidence of missed objects that there is.

    Args:
        boxes: Of n pictures.
        confident: A box from here on says that there is an object; what is under it, says nothing.
        gap: (n,) expected number of tracks that have a gap here, from ``temporal.gaps``.
        video_no: (n,) video of each picture.
        pts_s: (n,) second of each picture in its video.
        vectors: (n, d) unit rows, embeddings of the pictures.

    Returns:
        By name (n,) float32 in [0, 1]: ``silence``, which is all of them together, ``faint``, and
        of ``gap``, ``nearby`` and ``neighbours`` those that can be had.
    """
    parts: dict[str, F32] = {"faint": faint(boxes, confident)}
    count = confident_count(boxes, confident)
    if gap is not None:
        parts["gap"] = np.clip(np.asarray(gap, np.float32), 0.0, 1.0)
    if video_no is not None and pts_s is not None:
        parts["nearby"] = nearby(count, video_no, pts_s, faint=parts["faint"])
    if vectors is not None:
        parts["neighbours"] = neighbours(count, vectors, faint=parts["faint"])
    return {"silence": together(parts.values()), **parts}


def together(evidence: Iterable[Array]) -> F32:
    """Independent witnesses: 1 - Π (1 - e), over what is not nan.

    Args:
        evidence: Several (n,) in [0, 1].

    Returns:
        (n,) float32; nan where there is no evidence of any kind.
    """
    table = np.stack([np.asarray(part, np.float64) for part in evidence])
    doubt = np.prod(np.where(np.isnan(table), 1.0, 1.0 - table), axis=0)
    return np.where(np.isnan(table).all(axis=0), np.nan, 1.0 - doubt).astype(np.float32)


def confident_count(boxes: Boxes, confident: float = CONFIDENT) -> I64:
    """(n,) int64: boxes of each picture from that confidence on."""
    sure = np.concatenate([[0], np.cumsum(boxes.confidence() >= confident)])
    count: I64 = np.diff(sure[boxes.offsets]).astype(np.int64)
    return count


def faint(boxes: Boxes, confident: float = CONFIDENT) -> F32:
    """Probability of an object in what stayed under the threshold.

    Every place with boxes that are not confident, and no confident one, counts once, with the
    highest probability there that it shows anything at all (1 - q of background). What was not
    even stored counts by its expected number (``Boxes.faint``), as a Poisson number of objects.
    Where nothing is confident, the highest response of the network is a lower bound.

    Args:
        boxes: Of n pictures.
        confident: See ``silence``.

    Returns:
        (n,) float32 in [0, 1].
    """
    sure = boxes.confidence() >= confident
    something = _objectness(boxes)
    counted = ~sure & _once(boxes, something, sure)
    doubt = np.log1p(-np.where(counted, np.minimum(something, 1 - 1e-7), 0.0))
    total = np.concatenate([[0.0], np.cumsum(doubt)])[boxes.offsets]
    unseen = np.where(np.isnan(boxes.faint), 0.0, boxes.faint)
    chance = -np.expm1(np.diff(total) - unseen)
    peak = np.where(np.isnan(boxes.peak), 0.0, expit(boxes.peak.astype(np.float64)))
    nothing = confident_count(boxes, confident) == 0
    evidence: F32 = np.where(nothing, np.maximum(chance, peak), chance).astype(np.float32)
    return evidence


def _objectness(boxes: Boxes) -> F64:
    """(m,) 1 - q of background: Σ odds / (1 + Σ odds)."""
    odds = np.exp(boxes.top_logit.astype(np.float64)).sum(axis=1) + boxes.rest[:, 0]
    odds = np.maximum(odds, 0.0)
    chance: F64 = odds / (1.0 + odds)
    return chance


def _once(boxes: Boxes, something: F64, sure: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(m,) bool: no confident or more probable box lies on the same place (IoU 0.5)."""
    picture = boxes.picture_of()
    order = np.lexsort((-something, ~sure, picture))
    first = np.empty(len(boxes), np.bool_)
    first[order] = first_of_place(boxes.xyxy[order].astype(np.float64), picture[order], 0.5)
    return first


def nearby(
    count: Array,
    video_no: Array,
    pts_s: Array,
    reach_s: float = 0.5,
    *,
    faint: Array | None = None,
) -> F32:
    """How much more the frames just before and after hold than this one.

    Of each, what it holds is the number of its confident boxes and the probability of one more;
    what that is over the confident boxes of this frame counts, up to 1. A frame at a distance of t
    seconds weighs e^(-t / reach_s); one that holds no more and weighs 1/2 is added, so that far
    frames prove little. Eight frames to each side count.

    Args:
        count: (n,) confident boxes.
        video_no: (n,).
        pts_s: (n,) seconds.
        reach_s: Over 0.
        faint: (n,) probability of another object, see ``faint``; left out: 0.

    Returns:
        (n,) float32 in [0, 1).

    Raises:
        UsageError: The lengths differ, or ``reach_s`` is not positive.
    """
    count, video_no, pts_s = np.asarray(count), np.asarray(video_no), np.asarray(pts_s, np.float64)
    if not len(count) == len(video_no) == len(pts_s) or not reach_s > 0:
        raise UsageError(
            f"nearby frames: {len(count)} counts, {len(video_no)} videos, {len(pts_s)} times and "
            f"reach_s = {reach_s}; give one of each for every frame, and a reach over 0"
        )
    order = np.lexsort((pts_s, video_no))
    video, time_s, sure = video_no[order], pts_s[order], count[order]
    holds = held(count, faint)[order]
    more, weights = np.zeros(len(order)), np.full(len(order), 0.5)
    for step in range(1, min(_AROUND, len(order) - 1) + 1):
        same = video[step:] == video[:-step]
        # Of another video the difference may be large and positive, and its exponential too much.
        since_s = np.where(same, time_s[:-step] - time_s[step:], -np.inf)
        weight = np.exp(since_s / reach_s)
        weights[step:] += weight
        weights[:-step] += weight
        more[step:] += weight * np.clip(holds[:-step] - sure[step:], 0.0, 1.0)
        more[:-step] += weight * np.clip(holds[step:] - sure[:-step], 0.0, 1.0)
    share = np.empty(len(order), np.float32)
    share[order] = more / weights
    return share


def neighbours(count: Array, vectors: Array, k: int = 10, *, faint: Array | None = None) -> F32:
    """How much more the k frames that look most alike hold than this one, as ``nearby`` counts it.

    Each weighs what its cosine is over 0. A frame that only looks alike proves less than one of the
    same moment: the mean is divided by four.

    Args:
        count: (n,) confident boxes.
        vectors: (n, d) unit rows.
        k: At least 1.
        faint: (n,) probability of another object, see ``faint``; left out: 0.

    Returns:
        (n,) float32 in [0, 1/4]; 0 for a frame that is like no other.

    Raises:
        UsageError: The lengths differ.
    """
    count = np.asarray(count)
    if len(count) != len(vectors) or k < 1:
        raise UsageError(
            f"frames that look alike: {len(count)} counts, {len(vectors)} vectors, k = {k}; give "
            "one of each for every frame, and k of at least 1"
        )
    index, cosine = nearest(vectors, k)
    return more_alike(count, held(count, faint)[index], cosine)


def more_alike(count: Array, others: Array, cosine: Array) -> F32:
    """``neighbours`` of frames whose neighbours are known.

    Args:
        count: (n,) confident boxes.
        others: (n, k) what the frames that look alike hold, see ``held``.
        cosine: (n, k) cosine with each of them.

    Returns:
        (n,) float32 in [0, 1/4].
    """
    weight = np.maximum(np.asarray(cosine, np.float64), 0.0)
    more = (weight * np.clip(others - np.asarray(count)[:, None], 0.0, 1.0)).sum(axis=1)
    total = weight.sum(axis=1)
    share: F64 = np.divide(more, total, out=np.zeros(len(total)), where=total > 0)
    return (share * _ALIKE).astype(np.float32)


def held(count: Array, faint: Array | None) -> F64:
    """(n,) what frames hold: their confident boxes, and the probability of one more."""
    holds: F64 = np.asarray(count, np.float64) + (0.0 if faint is None else np.nan_to_num(faint))
    return holds
