"""Average precision for many samples of the same pictures at once.

A bootstrap draws videos with replacement. What became of a box does not depend on the draw, only
how often it counts: boxes are matched and sorted once, and each sample is a vector of weights.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from framesel.evaluation.average_precision_kernel import interpolated
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.matching import Matches, match

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

RECALLS: F64 = np.linspace(0.0, 1.0, 101)
"""Recalls at which precision is read; average precision is the mean over them."""


def average_precision(matches: Matches, group: I64, weights: F64) -> F64:
    """Interpolated average precision by sample, class and threshold.

    Precision at recall r is the best precision at any recall of at least r (Everingham et al.,
    "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, equation 2), read at 101 recalls
    as COCO does. A weight multiplies the boxes and the objects of its pictures. With whole numbers
    that is the same as to evaluate anew with each picture repeated so often, but that boxes of one
    class and picture whose confidence is equal stay together.

    Args:
        matches: Of n pictures.
        group: (n,) to which group each picture belongs, from 0 to G - 1: its video.
        weights: (B, G) how often each group is in each sample; at least 0.

    Returns:
        (B, C, T) in [0, 1]; nan where a sample holds no object of the class.
    """
    classes, thresholds = len(matches.objects), len(matches.flags)
    per_group = np.zeros((classes, weights.shape[1]))
    np.add.at(per_group.T, group, matches.objects.T.astype(np.float64))
    objects = weights @ per_group.T
    values = np.full((len(weights), classes, thresholds), np.nan)
    sample = np.ascontiguousarray(weights, np.float64)
    for which in range(classes):
        rows = slice(matches.starts[which], matches.starts[which + 1])
        if per_group[which].any():
            values[:, which] = interpolated(
                np.ascontiguousarray(matches.flags[:, rows]),
                group[matches.picture[rows]],
                sample,
                np.ascontiguousarray(objects[:, which]),
                RECALLS,
            )
    return values


def macro(values: F64) -> F64:
    """Mean over the classes that occur.

    Args:
        values: (B, C, T) of ``average_precision``.

    Returns:
        (B, T); nan for a sample without any object.
    """
    there = np.isfinite(values)
    count = there.sum(axis=1)
    total = np.where(there, values, 0.0).sum(axis=1)
    mean: F64 = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return mean


def mean_average_precision(truth: Truth, found: Found, classes: int) -> tuple[float, float]:
    """mAP50 and mAP50-95 and nothing else; nan where nothing is labelled.

    Args:
        truth: What is there.
        found: What a detector found in the same pictures.
        classes: How many there are.

    Raises:
        UsageError: The two do not fit together.
    """
    matches = match(truth, found, classes)
    together = np.zeros(len(truth), np.int64)
    values = macro(average_precision(matches, together, np.ones((1, 1))))[0]
    return float(values[0]), float(values.mean())
