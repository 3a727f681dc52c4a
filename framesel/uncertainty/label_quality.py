"""How likely each label is a mistake, by what a detector says and by what other labels say of it.

Related to ObjectLab (``objectlab.py``) in what is asked: objects that were overlooked, boxes badly
located, classes swapped. The differences:

- Distances are measured in box sizes, so a picture of another size has the same scores.
- The detector is not believed as it states itself. How often a box of its confidence is labelled,
  and what people call the things that it calls so, is counted in the labels themselves; each
  case is left out of its own count. (Confident learning, Northcutt et al. 2021, counts likewise.)
- Half of each score compares with all pictures, half with those of the same group (a video): a
  detector that is wrong in one scene in the same way all the time is no reason to doubt the labels.
  The other half keeps a mistake that was made throughout a video from being hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.annotated import F64, I64, Annotated
from framesel.uncertainty.label_kernels import compare
from framesel.uncertainty.rates import medians, own_rate, rate

FAR = 4.0
"""Distance in box sizes from which on boxes have nothing to do with one another."""

_PRIOR = 10.0  # cases that the expectation from all pictures is worth
_PLACE_PRIOR = 3.0
_CELLS = 12  # along each side of a picture
_LOGIT_STEP = 0.5
_SHARES = (0.3, 0.5, 0.7, 0.9)
_FEW_VOTES = 0.05
_SPREAD_PRIOR = 20.0
_LEAST_SPREAD = 0.2
_STEADY = 0.05  # of a side: nobody draws better, though guesses that were left alone seem to
_USUAL = 3.0  # robust standard deviations that need no explanation
_NORMAL = 1.4826  # from median of absolute values to standard deviation


@dataclass(frozen=True, eq=False, slots=True)
class LabelQuality:
    """Suspicions about the labels of n pictures, each from 0 for none to 1.

    Attributes:
        overlooked: (m,) of each of the detector's boxes: that its object should be labelled.
        located: (t,) of each label: that its edges are wrong.
        swapped: (t,) of each label: that its class is wrong.
        spurious: (t,) of each label: that nothing is there.
        partner: (t,) the detector's box that shows the same object, -1 for none.
        said: (t,) the class that the detector sees there; the label's own where it sees none.
    """

    overlooked: F64
    located: F64
    swapped: F64
    spurious: F64
    partner: I64
    said: I64


def label_quality(boxes: Annotated, group: I64 | None = None) -> LabelQuality:
    """Holds labels against detections.

    Args:
        boxes: Labels and detections. Detections should reach down to little confidence.
        group: (n,) which pictures belong together, such as those of a video; None: compare with
            all pictures only.

    Raises:
        UsageError: There is not one group for each picture.
    """
    if group is not None and np.shape(group) != (boxes.pictures,):
        raise UsageError(f"{boxes.pictures} pictures and {np.shape(group)} groups")
    share = np.ascontiguousarray(boxes.share, np.float64)
    partner, top, votes, nearest = compare(
        boxes.xyxy.astype(np.float64), boxes.class_no.astype(np.int64), boxes.offsets,
        boxes.seen_xyxy.astype(np.float64), share, boxes.seen_offsets, FAR,
    )  # fmt: skip
    of = None if group is None else np.asarray(group, np.int64)
    told = votes[:, 2] >= _FEW_VOTES
    return LabelQuality(
        _overlooked(boxes, nearest, of),
        _located(boxes, partner, of),
        _swapped(boxes, top, votes, of),
        _spurious(boxes, partner, of),
        partner,
        np.where(told, top, boxes.class_no),
    )


def pooled(scores: F64, picture: I64, pictures: int) -> F64:
    """(n,) the greatest score of each picture, 0 for one without any.

    Args:
        scores: (k,).
        picture: (k,) where each belongs.
        pictures: How many there are: n.
    """
    most = np.zeros(pictures)
    np.maximum.at(most, picture, scores)
    return most


def _overlooked(boxes: Annotated, nearest: F64, group: I64 | None) -> F64:
    """Probability that such a box is labelled, as far as no label is near."""
    there = np.clip(boxes.there, 1e-9, 1 - 1e-9)
    level = np.floor(np.log(there / (1 - there)) / _LOGIT_STEP).astype(np.int64)
    labelled = nearest < 1.0
    usual = rate(level, labelled, float(labelled.mean()) if len(labelled) else 0.0, _PRIOR)
    usual = rate(np.stack([_strongest(boxes), level], axis=1), labelled, usual, _PRIOR)
    if group is not None:
        usual = (usual + _here(boxes, labelled, usual, group)) / 2
    return np.asarray(usual * -np.expm1(-nearest), np.float64)


def _strongest(boxes: Annotated) -> NDArray[np.bool_]:
    """(m,) whether a box is the surest of its picture."""
    order = np.lexsort((-boxes.there, boxes.seen_picture))
    strongest = np.zeros(len(order), np.bool_)
    strongest[order[boxes.seen_offsets[:-1][np.diff(boxes.seen_offsets) > 0]]] = True
    return strongest


def _here(boxes: Annotated, labelled: NDArray[np.bool_], usual: F64, group: I64) -> F64:
    """The same in this place of this video: the mean over four grids, moved by half a cell."""
    picture = boxes.seen_picture
    centre = (boxes.seen_xyxy[:, :2] + boxes.seen_xyxy[:, 2:]) / 2 / boxes.size_wh[picture]
    total = np.zeros(len(picture))
    for shift in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        cell = np.floor(centre * _CELLS + np.array(shift)).astype(np.int64)
        key = np.concatenate([group[picture][:, None], cell], axis=1)
        total += rate(key, labelled, usual, _PLACE_PRIOR)
    return total / 4


def _swapped(boxes: Annotated, top: I64, votes: F64, group: I64 | None) -> F64:
    """Probability that what the detector calls so is called otherwise than it was labelled."""
    own, total = boxes.class_no, np.maximum(votes[:, 2], _FEW_VOTES)
    few = votes[:, 2] < _FEW_VOTES
    level = np.digitize(votes[:, 0] / total, _SHARES)
    seen = np.where(few, -1, top)
    alike = own_rate(seen, own, votes[:, 1] / total, _PRIOR)
    right = own_rate(np.stack([seen, level], axis=1), own, alike, _PRIOR)
    right = np.where(few, 1.0, right)  # where nothing is seen, nothing speaks against the label
    if group is not None:
        mine = group[boxes.picture]
        local = (right + own_rate(mine, own, right, _PRIOR)) / 2
        right = (right + own_rate(np.stack([mine, seen], axis=1), own, local, _PRIOR)) / 2
    return 1.0 - right


def _located(boxes: Annotated, partner: I64, group: I64 | None) -> F64:
    """How unusual the offset from the detector's box is, as surely as there is an object."""
    found = np.flatnonzero(partner >= 0)
    scores = np.zeros(len(partner))
    if not len(found):
        return scores
    offset = _offsets(boxes.xyxy[found], boxes.seen_xyxy[partner[found]])
    spread = np.maximum(np.median(np.abs(offset), axis=0) * _NORMAL, _STEADY)
    steps = offset / spread
    odd = np.linalg.norm(steps, axis=1)
    if group is not None:
        odd = (odd + np.linalg.norm(_within(steps, group[boxes.picture[found]]), axis=1)) / 2
    excess = boxes.there[partner[found]] * np.maximum(odd - _USUAL, 0.0)
    scores[found] = excess / (excess + _USUAL)
    return scores


def _within(steps: F64, group: I64) -> F64:
    """Offsets less what is usual in the group, in units of what is usual there."""
    middle, cases = medians(group, steps)
    lean = (cases / (cases + _SPREAD_PRIOR))[:, None]
    moved = steps - lean * middle
    spread = medians(group, np.abs(moved))[0] * _NORMAL
    return np.asarray(moved / np.maximum(spread, _LEAST_SPREAD) ** lean)


def _offsets(a: F64, b: F64) -> F64:
    """(k, 4) of the centres as shares of the mean sides, and logarithms of the sides' ratios."""
    wide_a, wide_b = a[:, 2:] - a[:, :2], b[:, 2:] - b[:, :2]
    wide_b = np.maximum(wide_b, 1e-3 * wide_a)
    centres = (a[:, :2] + a[:, 2:] - b[:, :2] - b[:, 2:]) / (wide_a + wide_b)
    return np.concatenate([centres, np.log(wide_a / wide_b)], axis=1)


def _spurious(boxes: Annotated, partner: I64, group: I64 | None) -> F64:
    """Probability that the detector finds such an object, where it found nothing."""
    lost = partner < 0
    sides = boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]
    size = np.floor(np.log2(np.maximum(np.prod(sides, axis=1), 1e-9))).astype(np.int64)
    usual = rate(boxes.class_no, ~lost, float((~lost).mean()) if len(lost) else 0.0, _PRIOR)
    usual = rate(np.stack([boxes.class_no, size], axis=1), ~lost, usual, _PRIOR)
    if group is not None:
        local = rate(group[boxes.picture], ~lost, usual, _PRIOR)
        usual = (usual + local) / 2
    return np.where(lost, usual, 0.0)
