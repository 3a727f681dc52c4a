"""Random pictures with labels and boxes, and what pycocotools makes of them."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from framesel.evaluation.boxes import Found, Truth

Array = NDArray[Any]


@dataclass(frozen=True)
class Scene:
    """Pictures whose corners are whole quarters, so that COCO's width and height lose nothing."""

    truth: Truth
    found: Found
    video: Array
    classes: tuple[str, ...]


def offsets(counts: Array | list[int]) -> Array:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def scene(
    seed: int, pictures: int = 12, classes: int = 3, videos: int = 4, ties: bool = True
) -> Scene:
    """Labels, and boxes near them or anywhere; a class without a label, pictures without either."""
    rng = np.random.default_rng(seed)
    per_picture = rng.integers(0, 5, pictures) * (rng.random(pictures) < 0.8)
    labels = _boxes(rng, int(per_picture.sum()))
    label_class = rng.integers(0, max(classes - 1, 1), len(labels))
    rows, picture, conf = [], [], []
    for at, box in enumerate(labels):
        for _ in range(rng.integers(0, 3)):
            moved = box + rng.integers(-8, 9, 4) / 4
            rows.append((moved, label_class[at] if rng.random() < 0.8 else rng.integers(classes)))
            picture.append(np.searchsorted(np.cumsum(per_picture), at, side="right"))
    for box in _boxes(rng, 2 * pictures):
        rows.append((box, rng.integers(-1, classes)))
        picture.append(rng.integers(pictures))
    order = np.argsort(picture, kind="stable")
    if ties:
        conf = rng.integers(1, 8, len(rows)) / 8
    else:
        conf = (rng.permutation(len(rows)) + 1) / (len(rows) + 1)
    return Scene(
        Truth(offsets(per_picture), labels.astype(np.float32), label_class.astype(np.int64)),
        Found(
            offsets(np.bincount(picture, minlength=pictures)),
            np.array([rows[at][0] for at in order], np.float32),
            np.array([rows[at][1] for at in order], np.int64),
            np.asarray(conf, np.float32)[order],
        ),
        rng.integers(0, videos, pictures),
        tuple(f"class {number}" for number in range(classes)),
    )


def _boxes(rng: np.random.Generator, count: int) -> Array:
    corner = rng.integers(0, 400, (count, 2)) / 4
    side = np.round(4 * np.exp(rng.uniform(np.log(4), np.log(160), (count, 2)))) / 4
    return np.concatenate([corner, corner + side], axis=1)


def repeated(boxes: Any, pictures: Array) -> Any:
    """``Truth`` or ``Found`` of the given pictures, each as often as it is named."""
    counts = np.diff(boxes.offsets)[pictures]
    rows = np.concatenate(
        [np.arange(boxes.offsets[at], boxes.offsets[at + 1]) for at in pictures] or [np.zeros(0)]
    ).astype(np.int64)
    columns = [boxes.xyxy[rows], boxes.class_no[rows]]
    if isinstance(boxes, Found):
        columns.append(boxes.conf[rows])
    return type(boxes)(offsets(counts), *columns)


def coco(truth: Truth, found: Found, classes: int, ranges: list[Any] | None = None) -> Array:
    """Average precision by pycocotools: (areas, C, T), nan where there is no object."""
    dataset = {
        "info": {},
        "images": [{"id": at + 1} for at in range(len(truth))],
        "categories": [{"id": at + 1, "name": str(at)} for at in range(classes)],
        "annotations": _rows(truth),
    }
    with contextlib.redirect_stdout(io.StringIO()):
        labels = COCO()
        labels.dataset = dataset
        labels.createIndex()
        boxes = COCO()
        boxes.dataset = {**dataset, "annotations": _rows(found)}
        boxes.createIndex()
        judged = COCOeval(labels, boxes, "bbox")
        if ranges is not None:
            judged.params.areaRng, judged.params.areaRngLbl = ranges, [str(one) for one in ranges]
        judged.evaluate()
        judged.accumulate()
    precision = judged.eval["precision"][..., -1]  # T, R, C, areas; at most 100 boxes
    mean = precision.mean(axis=1)
    return np.where(mean < 0, np.nan, mean).transpose(2, 1, 0)


def _rows(boxes: Any) -> list[dict[str, Any]]:
    picture = np.repeat(np.arange(len(boxes)), np.diff(boxes.offsets))
    rows = []
    for at, (x0, y0, x1, y1) in enumerate(boxes.xyxy.astype(np.float64).tolist()):
        if boxes.class_no[at] < 0:
            continue
        row = {
            "id": at + 1,
            "image_id": int(picture[at]) + 1,
            "category_id": int(boxes.class_no[at]) + 1,
            "bbox": [x0, y0, x1 - x0, y1 - y0],
            "area": (x1 - x0) * (y1 - y0),
            "iscrowd": 0,
        }
        if isinstance(boxes, Found):
            row["score"] = float(boxes.conf[at])
        rows.append(row)
    return rows
