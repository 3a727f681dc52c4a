"""What a detector found in the judged pictures, as figures; each in samples of the videos too."""

from __future__ import annotations

from typing import Final

import numpy as np

from framesel.evaluation.average_precision import average_precision, macro
from framesel.evaluation.boxes import Found
from framesel.evaluation.matching import Matches, match
from framesel.selection.vectors.arrays import F64, I64
from framesel.simulation.detector.pool import NO_CLASS, Judged
from framesel.simulation.statistics import draws

REPLICATES: Final = 1_000
"""Samples of the judged videos."""

CONFIDENT: Final = 0.25
"""From which confidence on a box counts in a recall."""

MAIN: Final = "map50"
"""The figure that levels, areas and goals are about."""


def samples(videos: int) -> F64:
    """(1 + b, v) how often each video counts: each once, then drawn with replacement.

    The same for all arms, seeds and settings with so many videos.
    """
    rng = np.random.default_rng([2, videos])
    return np.concatenate([np.ones((1, videos)), draws(videos, REPLICATES, rng)])


def measured(found: Found, judged: Judged, rare: int) -> dict[str, F64]:
    """The figures of a detector.

    Args:
        found: What it found in the judged pictures.
        judged: What is there.
        rare: Class that was thinned out in the pool, ``NO_CLASS`` for none.

    Returns:
        By name (1 + b,): ``map50``, ``map50_95``; ``recall``, the share of all objects that a box
        of their class and of ``CONFIDENT`` or more shows at an IoU of 0.5, mean over classes; and
        ``rare_map50`` and ``rare_recall``, the same of the rare class alone, where there is one.
    """
    matches = match(judged.truth, found, len(judged.classes))
    weights = samples(int(judged.video_no.max()) + 1)
    precision = average_precision(matches, judged.video_no, weights)
    recalls = _recalls(matches, judged.video_no, weights)
    means = macro(precision)
    figures = {
        MAIN: means[:, 0],
        "map50_95": means.mean(axis=1),
        "recall": macro(recalls[..., None])[:, 0],
    }
    if rare != NO_CLASS:
        figures |= {"rare_map50": precision[:, rare, 0], "rare_recall": recalls[:, rare]}
    return figures


def _recalls(matches: Matches, video_no: I64, weights: F64) -> F64:
    """(b, C) share of the objects that a confident box shows; nan without any."""
    classes, videos = len(matches.objects), weights.shape[1]
    there = np.zeros((videos, classes))
    np.add.at(there, video_no, matches.objects.T.astype(np.float64))
    class_no = np.repeat(np.arange(classes), np.diff(matches.starts))
    hits = np.flatnonzero((matches.flags[0] == 1) & (matches.conf >= CONFIDENT))
    shown = np.zeros((videos, classes))
    np.add.at(shown, (video_no[matches.picture[hits]], class_no[hits]), 1.0)
    objects = weights @ there
    recalls: F64 = np.where(objects > 0, (weights @ shown) / np.maximum(objects, 1e-12), np.nan)
    return recalls
