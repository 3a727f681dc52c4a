"""Whether what we read off a YOLO is what ultralytics' own inference makes of it.

How a head is called, which of two it takes and what it returns differed between versions of
ultralytics. So every model is asked once in both ways, on a picture that is always the same.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from framesel.detectors.detector import F32, Image
from framesel.detectors.torch_engine import sift
from framesel.detectors.yolo_boxes import Rows, Rule, decode
from framesel.detectors.yolo_network import YoloNetwork
from framesel.errors import WeightsError

MOST_CONF_OFF = 1e-3
MOST_PX_OFF = 0.1


def probe_picture(height: int, width: int) -> Image:
    """A fixed picture with content at two scales, (1, height, width, 3) uint8."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (8, 8, 3))
    rows, columns = np.arange(height) * 8 // height, np.arange(width) * 8 // width
    noise = rng.integers(-20, 21, (height, width, 3))
    picture = np.clip(coarse[rows][:, columns] + noise, 0, 255).astype(np.uint8)
    return np.ascontiguousarray(picture[None])


def own_inference(model: nn.Module, one2one: bool) -> Tensor:
    """What the model itself answers to the probe: (1, 4 + C, A), or (1, K, 6) without suppression.

    Args:
        model: Unfused, in evaluation mode.
        one2one: Which of two heads it is told to take.
    """
    asked: Any = model
    head = asked.model[-1]
    if getattr(head, "one2one_cv2", None) is not None:
        head.end2end = one2one
    side = 2 * int(asked.stride.max())
    picture = torch.from_numpy(probe_picture(side, 2 * side)).permute(0, 3, 1, 2).float() / 255.0
    with torch.inference_mode():
        answer = asked(picture)
    found: Tensor = answer[0] if isinstance(answer, list | tuple) else answer
    return found


def check_faithful(network: YoloNetwork, answer: Tensor, origin: str) -> None:
    """Compare boxes and confidences with those of the model's own inference.

    Args:
        network: Ours.
        answer: From ``own_inference``.
        origin: For messages.

    Raises:
        WeightsError: They differ, or are not finite.
    """
    side = 2 * max(network.strides)
    with torch.inference_mode():
        outputs = network(torch.from_numpy(probe_picture(side, 2 * side)))
    rows = sift(outputs, len(network.strides), -np.inf)[0]
    if not rows.is_finite() or not bool(torch.isfinite(answer).all()):
        raise WeightsError(f"{origin}: gives values that are not finite. Its weights are damaged.")
    theirs = answer[0].float().numpy()
    rule = Rule(network.strides, network.positions, 0.0, None, len(rows.level))
    same = _same_best(rows, rule, theirs) if network.one2one else _same_all(rows, rule, theirs)
    if not same:
        import ultralytics

        raise WeightsError(
            f"{origin}: the boxes read off this model are not those of its own inference in "
            f"ultralytics {ultralytics.__version__}, so its scores would be wrong. Install a "
            "version with which framesel was tested: pip install 'ultralytics==8.4.190'"
        )


def _same_all(rows: Rows, rule: Rule, theirs: F32) -> bool:
    """Every cell: centre, size and class scores; and the confidences after their suppression."""
    from ultralytics.utils.nms import non_max_suppression

    if theirs.shape != (4 + rows.logits.shape[1], len(rows.level)):
        return False
    xyxy = decode(rows, rule)
    xywh = np.concatenate([(xyxy[:, :2] + xyxy[:, 2:]) / 2, xyxy[:, 2:] - xyxy[:, :2]], axis=1)
    scores = _scores(rows)
    if not _close(xywh, theirs[:4].T, MOST_PX_OFF) or not _close(scores, theirs[4:].T):
        return False
    kept, cells = non_max_suppression(
        torch.from_numpy(theirs[None]), conf_thres=0.0, iou_thres=0.7, return_idxs=True
    )
    return _close(scores[cells[0].long().numpy().reshape(-1)].max(axis=1), kept[0][:, 4].numpy())


def _same_best(rows: Rows, rule: Rule, theirs: F32) -> bool:
    """The best (cell, class) pairs: each of theirs is a box and a score of ours, and vice versa."""
    if theirs.ndim != 2 or theirs.shape[1] != 6:
        return False
    xyxy, scores = decode(rows, rule), _scores(rows)
    best_cells = np.argsort(-scores.max(axis=1), kind="stable")[: len(theirs)]
    ours = np.sort(scores[best_cells], axis=None)[::-1][: len(theirs)]
    if not _close(ours, np.sort(theirs[:, 4])[::-1]):
        return False
    for box, score, class_no in zip(theirs[:, :4], theirs[:, 4], theirs[:, 5], strict=True):
        near = np.abs(xyxy - box).max(axis=1) <= MOST_PX_OFF
        if not (np.abs(scores[near, int(class_no)] - score) <= MOST_CONF_OFF).any():
            return False
    return True


def _scores(rows: Rows) -> F32:
    scores: F32 = torch.from_numpy(rows.logits).sigmoid().numpy()
    return scores


def _close(ours: F32, theirs: F32, most: float = MOST_CONF_OFF) -> bool:
    return ours.shape == theirs.shape and bool((np.abs(ours - theirs) <= most).all())
