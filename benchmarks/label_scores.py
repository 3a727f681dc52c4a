"""Scores of pictures for three types of label faults: ours, and those of others.

All take labels and detections and give (n, 3) suspicions: that an object was overlooked, that a box
is badly located, that a class was swapped.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.uncertainty.annotated import Annotated
from framesel.uncertainty.label_quality import label_quality, pooled
from framesel.uncertainty.label_tracks import LabelsInTime, runs, track_faults
from framesel.uncertainty.mistakenness import mistakenness

GAP_S = 1.0

F64 = NDArray[np.float64]


def for_cleanlab(boxes: Annotated, confidence: F64) -> tuple[list[dict[str, Any]], list[Any]]:
    """Labels and predictions as cleanlab takes them."""
    told = np.concatenate([boxes.seen_xyxy, confidence[:, None]], axis=1)
    labels, predictions = [], []
    for at in range(boxes.pictures):
        mine = slice(boxes.offsets[at], boxes.offsets[at + 1])
        labels.append({"bboxes": boxes.xyxy[mine], "labels": boxes.class_no[mine]})
        seen = slice(boxes.seen_offsets[at], boxes.seen_offsets[at + 1])
        by_class = np.empty(boxes.C, object)
        for number in range(boxes.C):
            by_class[number] = told[seen][boxes.seen_class[seen] == number]
        predictions.append(by_class)
    return labels, predictions


def cleanlab_scores(labels: list[dict[str, Any]], predictions: list[Any]) -> F64:
    """(n, 3) suspicion of each picture, by cleanlab itself."""
    from cleanlab.internal.constants import ALPHA
    from cleanlab.object_detection import rank

    # As its own get_label_quality_scores does: what all three need is computed once.
    shared = rank._get_valid_inputs_for_compute_scores(ALPHA, labels, predictions)
    scores = (
        rank.compute_overlooked_box_scores(auxiliary_inputs=shared),
        rank.compute_badloc_box_scores(auxiliary_inputs=shared),
        rank.compute_swap_box_scores(auxiliary_inputs=shared),
    )
    pictures: F64 = np.stack([1.0 - rank.pool_box_scores_per_image(s) for s in scores], axis=1)
    return pictures


def our_scores(boxes: Annotated, video: NDArray[np.int64] | None) -> F64:
    """(n, 3) by ``label_quality``."""
    found = label_quality(boxes, video)
    return np.stack(
        [
            pooled(found.overlooked, boxes.seen_picture, boxes.pictures),
            pooled(found.located, boxes.picture, boxes.pictures),
            pooled(found.swapped, boxes.picture, boxes.pictures),
        ],
        axis=1,
    )


def time_scores(boxes: Annotated, video: NDArray[np.int64], t_s: F64) -> F64:
    """(n, 3) by neighbouring frames alone."""
    run = runs(video, t_s, GAP_S)
    found = track_faults(LabelsInTime(boxes.offsets, boxes.xyxy, boxes.class_no, t_s, run))
    return np.stack(
        [
            pooled(found.gaps.score, found.gaps.picture, boxes.pictures),
            pooled(found.jump, boxes.picture, boxes.pictures),
            pooled(found.renamed, boxes.picture, boxes.pictures),
        ],
        axis=1,
    )


def mistaken_scores(boxes: Annotated, confidence: F64) -> F64:
    """(n, 3) by FiftyOne's mistakenness."""
    found = mistakenness(boxes, confidence)
    return np.stack(
        [
            pooled(found.missing * confidence, boxes.seen_picture, boxes.pictures),
            pooled(np.nan_to_num(found.place), boxes.picture, boxes.pictures),
            pooled(np.nan_to_num(found.class_), boxes.picture, boxes.pictures),
        ],
        axis=1,
    )
