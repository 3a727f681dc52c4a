"""Labels and detections for tests, as columns and as cleanlab takes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from framesel.uncertainty.annotated import Annotated


def corners(rng: np.random.Generator, count: int, near: np.ndarray | None = None) -> np.ndarray:
    """(count, 4) random boxes; some of them shifted copies of others."""
    low = rng.uniform(0, 80, (count, 2))
    made = np.concatenate([low, low + rng.uniform(4, 40, (count, 2))], axis=1)
    if near is not None and len(near):
        copies = rng.random(count) < 0.6
        made[copies] = near[rng.integers(len(near), size=copies.sum())]
        made[copies] += np.repeat(rng.uniform(-3, 3, (copies.sum(), 2)), 2, axis=0).reshape(-1, 4)
    return made


def random_annotated(seed: int, pictures: int = 12, classes: int = 4, most: int = 5) -> Annotated:
    """Pictures with up to ``most`` labels and detections each."""
    rng = np.random.default_rng(seed)
    labels = [corners(rng, int(n)) for n in rng.integers(0, most + 1, pictures)]
    seen = [corners(rng, int(rng.integers(0, most + 1)), near=each) for each in labels]
    xyxy, seen_xyxy = np.concatenate(labels), np.concatenate(seen)
    logits = rng.normal(0, 3, (len(seen_xyxy), classes + 1))
    logits[rng.random(len(seen_xyxy)) < 0.5, rng.integers(classes)] += 9.0
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Annotated(
        np.cumsum([0, *map(len, labels)]),
        xyxy,
        rng.integers(0, classes, len(xyxy)),
        np.cumsum([0, *map(len, seen)]),
        seen_xyxy,
        share,
        np.full((pictures, 2), 120.0),
    )


def for_cleanlab(
    boxes: Annotated,
) -> tuple[list[dict[str, Any]], list[Any], np.ndarray]:
    """Labels, predictions by class, and the row of each of its boxes in its order."""
    labels, predictions, rows = [], [], []
    for one in range(boxes.pictures):
        mine = slice(boxes.offsets[one], boxes.offsets[one + 1])
        labels.append({"bboxes": boxes.xyxy[mine], "labels": boxes.class_no[mine]})
        seen = np.arange(boxes.seen_offsets[one], boxes.seen_offsets[one + 1])
        by_class = [seen[boxes.seen_class[seen] == number] for number in range(boxes.C)]
        told = np.concatenate([boxes.seen_xyxy, boxes.sure[:, None]], axis=1)
        predictions.append(by_name := np.empty(boxes.C, object))
        for number, some in enumerate(by_class):
            by_name[number] = told[some]
        rows.append(np.concatenate(by_class))
    return labels, predictions, np.concatenate(rows)
