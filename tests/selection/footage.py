"""Candidates with everything that may be known of a frame, for suites that run every strategy."""

from dataclasses import replace
from typing import Any

import numpy as np

from framesel.selection import STRATEGIES, Candidates
from framesel.selection.objects import Objects

from .vectors import make, unit

CLASSES = ("person", "car", "dog")

OPTIONAL: dict[str, Any] = {
    "utility": None,
    "class_counts": None,
    "metadata": {},
    "gradients": None,
    "objects": None,
    "targets": None,
}
"""Columns that a strategy may do without, and what stands there then."""


def footage(kind: str = "clustered", n: int = 80, dim: int = 24, seed: int = 1) -> Candidates:
    """Candidates of five videos with different lengths and masses, and all columns."""
    rng = np.random.default_rng(seed)
    video_no = np.sort(rng.integers(0, 5, n))
    objects = boxes(n, rng)
    counts = np.zeros((n, len(CLASSES)))
    np.add.at(counts, (objects.frame_of(), objects.class_no), 1.0)
    return Candidates(
        make(kind, n, dim, seed),
        mass=rng.integers(1, 40, n),
        utility=rng.random(n),
        video_no=video_no,
        pts_s=rng.permutation(n) / 7.0,
        class_counts=counts,
        classes=CLASSES,
        metadata={
            "camera": np.array(["north", "south", "", "yard", "south"])[video_no],
            "video": np.char.add("v", video_no.astype(str)),
        },
        gradients=rng.standard_normal((n, 7)) * rng.random((n, 1)),
        objects=objects,
        targets=make("random", 2, dim, seed + 1),
    )


def boxes(n: int, rng: np.random.Generator) -> Objects:
    """None to three boxes for each of n frames; the first class is seen most often."""
    offsets = np.concatenate([[0], np.cumsum(rng.integers(0, 4, n))]).astype(np.int64)
    m = int(offsets[-1])
    return Objects(
        offsets,
        unit(rng.standard_normal((m, 5))) if m else np.empty((0, 5), np.float32),
        rng.choice(len(CLASSES), m, p=[0.6, 0.3, 0.1]).astype(np.int32),
        rng.random(m).astype(np.float32),
        rng.random(m).astype(np.float32),
    )


def without(candidates: Candidates, *columns: str) -> Candidates:
    """The same frames, of which less is known."""
    return replace(candidates, **{column: OPTIONAL[column] for column in columns})


def only_what_is_used(candidates: Candidates, name: str) -> Candidates:
    """The same frames with nothing that the strategy says it can do without."""
    return without(candidates, *(OPTIONAL.keys() - STRATEGIES[name].uses))
