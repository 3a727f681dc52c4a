"""From what a network of torchvision computed to the boxes that are kept.

The rules are those of torchvision's own post-processing (a threshold, a limit before suppression,
suppression within each class, a limit after it), with one difference: torchvision can return one
place several times, once for each class above the threshold. Here a place is one box with the
probabilities of all classes, and its most likely class decides. Where there is one class, or the
threshold is at least one half of a softmax, the two are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torchvision.ops import batched_nms, remove_small_boxes

from framesel.detectors.detector import DetectSettings

FAINT_FROM = 0.005
FAINT_AT_MOST = 300


@dataclass(frozen=True, eq=False)
class Candidates:
    """All n places in one picture that a network judged.

    Attributes:
        logits: (n, C) relative to background.
        probability: (n, C) of each class, as the network itself computes it.
        level: (n,) pyramid level.
        head: (n,) row of the last layer.
        boxes: Rows and the class of each, both (k,) -> (k, 4) corners in pixels of the network's
            input, clipped to the picture.
        features: Rows (k,) -> (k, F), input of the last layer; None where there are none.
        limited_by: Of the rows above the threshold, at most ``most`` of each level or class stay.
        most: See there.
        least_px: Boxes with a smaller side are dropped.
    """

    logits: Tensor
    probability: Tensor
    level: Tensor
    head: Tensor
    boxes: Callable[[Tensor, Tensor], Tensor]
    features: Callable[[Tensor], Tensor] | None = None
    limited_by: Literal["nothing", "level", "class"] = "nothing"
    most: int = 0
    least_px: float = 0.0


@dataclass(frozen=True, eq=False)
class Kept:
    """Rows of ``Candidates`` that are boxes, best first, with their corners; see ``Detections``."""

    rows: Tensor
    xyxy: Tensor
    peak: float
    faint: float


def keep(candidates: Candidates, settings: DetectSettings) -> Kept:
    """The boxes among the candidates.

    Args:
        candidates: At least one class.
        settings: ``conf``, ``iou`` and ``max_candidates`` are read.
    """
    logits = candidates.logits
    if len(logits) == 0:
        return Kept(candidates.level[:0], logits.new_zeros(0, 4), float("-inf"), 0.0)
    score, best = candidates.probability.max(dim=1)
    rows = _limited(torch.where(score > settings.conf)[0], candidates, score, best)
    xyxy = candidates.boxes(rows, best[rows])
    if candidates.least_px > 0:
        large = remove_small_boxes(xyxy, candidates.least_px)
        rows, xyxy = rows[large], xyxy[large]
    chosen = batched_nms(xyxy, score[rows], best[rows], settings.iou)[: settings.max_candidates]
    rows, xyxy = rows[chosen], xyxy[chosen]
    faint = _faint(candidates, score, best, rows, settings)
    return Kept(rows, xyxy, float(logits.max()), faint)


def _limited(rows: Tensor, candidates: Candidates, score: Tensor, best: Tensor) -> Tensor:
    """The best rows of each level or class."""
    if candidates.limited_by == "nothing":
        return rows
    group = (candidates.level if candidates.limited_by == "level" else best)[rows]
    stay = []
    for number in torch.unique(group):
        members = rows[group == number]
        top = score[members].topk(min(candidates.most, len(members))).indices
        stay.append(members[top])
    return torch.cat(stay) if stay else rows


def _faint(
    candidates: Candidates, score: Tensor, best: Tensor, kept: Tensor, settings: DetectSettings
) -> float:
    """Expected number of objects under the threshold: probabilities that survive suppression.

    The rows compete with one another and with the boxes that were kept, all of which are better.
    """
    rows = torch.where((score >= FAINT_FROM) & (score <= settings.conf))[0]
    rows = rows[score[rows].topk(min(FAINT_AT_MOST, len(rows))).indices]
    if len(rows) == 0:
        return 0.0
    both = torch.cat([kept, rows])
    xyxy = candidates.boxes(both, best[both])
    survivors = batched_nms(xyxy, score[both], best[both], settings.iou)
    alone = survivors[survivors >= len(kept)]
    return float(score[both[alone]].double().sum())
