"""What an arm could know at each budget without the judged pictures: for the rules that stop.

It is measured as :mod:`framesel.history` does it in a workspace, but for one thing: the stop set is
drawn among all frames of the pool, and each model looks at it as soon as it is trained.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from framesel.evaluation.agreement import agreement
from framesel.evaluation.boxes import Found
from framesel.selection.coverage.widths import natural_width
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.simulation.arms import default_tau
from framesel.simulation.detector.choice import Batch, Said
from framesel.simulation.detector.pool import Pool
from framesel.simulation.detector.trust import Evidence
from framesel.simulation.detector.world import World
from framesel.stopping.saturation import uncovered_share

STOP_FRAMES: Final = 200
"""Frames of the pool on which successive models are compared."""

UNKNOWN: Final = float("nan")


def known(
    world: World, before: I64, taken: I64, batch: Batch, said: Said | None, evidence: Evidence
) -> dict[str, float]:
    """Figures; nan where nothing is known.

    Args:
        world: The pool.
        before: Rows that were labelled a batch ago; none in the first batch.
        taken: Rows that are labelled.
        batch: What was picked last.
        said: What a detector said then; None where the arm heard none.
        evidence: What the detector's doubt was worth up to then.

    Returns:
        ``agreement`` and ``kappa`` of this detector with that of the batch before, ``ratio`` of the
        doubt about the last picks to that about all frames, ``uncertain``: the mean chance of an
        error in the frames that are left, ``uncovered`` and ``radius`` of the footage.
    """
    found = {"agreement": UNKNOWN, "kappa": UNKNOWN, "ratio": UNKNOWN, "uncertain": UNKNOWN}
    if len(before):
        same = agreement(_asserted(world, before), _asserted(world, taken), len(world.pool.classes))
        found |= {"agreement": same.f1, "kappa": same.kappa}
    if said is not None and len(batch.rows):
        doubt = said.heard.doubt
        found["ratio"] = float(doubt[batch.rows].mean() / doubt.mean())
        found["uncertain"] = _uncertain(world, taken, evidence)
    distance, mass, width = _distances(world, taken)
    return {
        **found,
        "uncovered": uncovered_share(distance, mass, width),
        "radius": float(distance.max(initial=0.0)),
    }


def _asserted(world: World, learnt: I64) -> Found:
    """What a detector finds in the stop set, which is drawn by the seed of the pool."""
    rng = np.random.default_rng([world.pool.seed, 4])
    rows = np.sort(rng.permutation(len(world.pool))[:STOP_FRAMES])
    boxes = world.boxes(learnt, rows)
    class_no = boxes.top_class[:, 0].astype(np.int64)
    return Found(boxes.offsets, boxes.xyxy, class_no, boxes.confidence())


def _uncertain(world: World, taken: I64, evidence: Evidence) -> float:
    if not len(evidence.error):
        return UNKNOWN
    left = np.setdiff1d(np.arange(len(world.pool)), taken)
    chance = evidence.calibration().probability(world.heard(taken).doubt[left])
    return float(chance.mean()) if len(left) else UNKNOWN


def _distances(world: World, taken: I64) -> tuple[F64, F64, float]:
    """Of each kept frame the distance to the nearest label, its mass, and the usual distance."""
    tau = default_tau()
    keeper = world.duplicates(tau.cos, tau.across).keeper
    mass = np.bincount(keeper[keeper >= 0], minlength=len(keeper))
    kept = np.flatnonzero(mass)
    vectors = world.pool.vectors[kept]
    near = (vectors @ world.pool.vectors[taken].T).max(axis=1, initial=-1.0)
    distance = np.sqrt(np.maximum(2.0 - 2.0 * near.astype(np.float64), 0.0))
    return distance, mass[kept].astype(np.float64), _width(world.pool, kept.tobytes())


@lru_cache(maxsize=2)
def _width(pool: Pool, kept: bytes) -> float:
    vectors: F32 = np.ascontiguousarray(pool.vectors[np.frombuffer(kept, np.int64)])
    return natural_width(vectors, vectors[:0])
