"""What a model knows after a first handful of labels, for the arms that listen to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.errors import SelectionError
from framesel.selection.vectors.arrays import F32, I64
from framesel.simulation.world import World

VIDEOS: Final = 5
FRAMES: Final = 20
INVERSE_PENALTY: Final = 100.0
"""Of the logistic regression; unit vectors have small coordinates."""

FLOOR: Final = 0.05
"""Least utility: where a model is sure and wrong, footage must stay worth something."""

GRADIENT_SIDE: Final = 16
"""Columns that vectors are projected to in gradients, which hold that many for each class."""


@dataclass(frozen=True, eq=False)
class Guess:
    """What the model says of every pool frame.

    Attributes:
        utility: (n,) entropy of the predicted classes over log C, from ``FLOOR`` to 1.
        class_counts: (n, C) probability of each class.
        gradients: (n, C * GRADIENT_SIDE) gradient of the last layer, as if the likeliest class was
            right (BADGE: Ash et al., ICLR 2020), through a random projection of the vectors.
    """

    utility: F32
    class_counts: F32
    gradients: F32


def warm_rows(world: World, rng: np.random.Generator) -> I64:
    """The pool frames that are labelled first: some frames, evenly spread, of a few videos.

    More videos than ``VIDEOS`` are taken until there are two classes.

    Raises:
        SelectionError: The pool's labels are all equal.
    """
    pool = world.pool
    labelled = np.flatnonzero(pool.good & (pool.label >= 0))
    taken: list[I64] = []
    for count, video in enumerate(rng.permutation(np.unique(pool.video_no[labelled])), 1):
        rows = labelled[pool.video_no[labelled] == video]
        spread = np.linspace(0, len(rows) - 1, min(FRAMES, len(rows))).round().astype(np.int64)
        taken.append(rows[spread])
        known = np.concatenate(taken)
        if count >= VIDEOS and len(np.unique(pool.label[known])) > 1:
            break
    if not taken or len(np.unique(pool.label[known])) < 2:
        raise SelectionError(
            f"world {world.name!r} shows fewer than two classes in its pool: no model can be "
            "trained; leave informed arms out or give labels of two classes"
        )
    return known


def guess(world: World, rows: I64, rng: np.random.Generator) -> Guess:
    """Train a linear model on some labelled frames and ask it about the whole pool.

    Args:
        world: Whose pool.
        rows: Labelled pool frames of two classes or more.
        rng: Draws the projection of the gradients.
    """
    # Loaded late: takes a second.
    from sklearn.linear_model import LogisticRegression

    pool = world.pool
    model = LogisticRegression(C=INVERSE_PENALTY, max_iter=2_000)
    model.fit(pool.vectors[rows].astype(np.float64), pool.label[rows])
    seen = model.predict_proba(pool.vectors.astype(np.float64))
    chances = np.zeros((len(pool), len(world.classes)), np.float32)
    chances[:, model.classes_] = seen
    entropy = -(seen * np.log(np.maximum(seen, 1e-12))).sum(axis=1) / np.log(seen.shape[1])
    projection = rng.standard_normal((pool.vectors.shape[1], GRADIENT_SIDE)).astype(np.float32)
    small = pool.vectors @ projection / np.float32(np.sqrt(GRADIENT_SIDE))
    blame = chances.copy()
    blame[np.arange(len(blame)), chances.argmax(axis=1)] -= 1.0
    gradients = (blame[:, :, None] * small[:, None, :]).reshape(len(pool), -1)
    utility = FLOOR + (1.0 - FLOOR) * np.clip(entropy, 0.0, 1.0)
    return Guess(utility.astype(np.float32), chances, np.ascontiguousarray(gradients, np.float32))
