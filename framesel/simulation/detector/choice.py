"""What an arm picks next, given what it has and what a detector says."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.duplicates.frames import InMemory
from framesel.selection.duplicates.letting_in import let_in
from framesel.selection.duplicates.revive import revive
from framesel.selection.duplicates.tiles import NO_TILES
from framesel.selection.limits.settings import Limits
from framesel.selection.vectors.arrays import F64, I64, Bool
from framesel.simulation.arms import default_tau
from framesel.simulation.detector.arms import RANDOM, Arm
from framesel.simulation.detector.heard import Heard
from framesel.simulation.detector.world import World
from framesel.stages.selection import Revive, Selection

CONTROL: Final = "control"
"""The slice of ``cover`` that chance picks."""

_RANDOM: Final = Arm(name=RANDOM, strategy="random", footage="all")


@dataclass(frozen=True, eq=False)
class Said:
    """What an arm knows of a detector when it chooses.

    Attributes:
        heard: The detector's words.
        utility: (n,) what weighs each picture of the pool; None while the detector's doubt is not
            heard.
    """

    heard: Heard
    utility: F64 | None


@dataclass(frozen=True, eq=False)
class Batch:
    """What was picked.

    Attributes:
        rows: (k,) rows of the pool, in order of picking.
        fair: (k,) bool, whether a pick was made without regard to the detector's doubt.
    """

    rows: I64
    fair: Bool


def choose(world: World, arm: Arm, taken: I64, count: int, step: int, said: Said | None) -> Batch:
    """Lets an arm pick.

    Args:
        world: What it picks from.
        arm: Who picks.
        taken: Rows that are labelled already.
        count: How many more.
        step: The how manieth batch, from 0.
        said: What a detector says; None where the arm hears none.
    """
    if step == 0 and arm.first == RANDOM:
        return choose(world, _RANDOM, taken, count, step, None)
    candidates, rows = _candidates(world, arm, taken, said, count)
    # Equal strategies draw equally: only what is heard tells their arms apart.
    key = [world.pool.seed, zlib.crc32(arm.strategy.encode()), step]
    before = world.pool.vectors[taken]
    picks = arm.make().select(candidates, count, before, Limits(), np.random.default_rng(key))
    deaf = said is None or said.utility is None
    fair = np.array([deaf or source == CONTROL for source in picks.source], np.bool_)
    return Batch(rows[picks.indices], fair)


def _candidates(
    world: World, arm: Arm, taken: I64, said: Said | None, count: int
) -> tuple[Candidates, I64]:
    """What an arm chooses so many from, and the pool's row of each candidate."""
    pool = world.pool
    mass = np.ones(len(pool), np.float32)
    known = default_tau()
    tau_cos = known.cos if arm.tau_cos is None else arm.tau_cos
    tau_across = known.across if arm.tau_across is None else arm.tau_across
    duplicates = world.duplicates(tau_cos, tau_across)
    shots = duplicates.shot
    if arm.footage == "kept":
        spare = Selection().spare if arm.spare is None else arm.spare
        wanted = math.ceil(spare * (count + len(taken)))
        keeper = let_in(InMemory(pool.vectors, NO_TILES), duplicates.keeper, duplicates.cos, wanted)
        if said is not None and arm.revives:
            how, seen = Revive(), said.heard.sightings()
            keeper = revive(keeper, seen, confident=how.confident, reach=how.reach)
        mass = np.bincount(keeper[keeper >= 0], minlength=len(pool)).astype(np.float32)
    free = mass > 0
    free[taken] = False
    rows = np.flatnonzero(free).astype(np.int64)
    candidates = Candidates(
        vectors=pool.vectors[rows],
        mass=mass[rows],
        shots=shots[rows] if arm.shots else None,
        already_shots=shots[taken] if arm.shots else None,
        video_no=pool.video_no[rows].astype(np.int32),
        pts_s=pool.pts_s[rows],
        **({} if said is None else _told(said, rows, arm)),
    )
    return candidates, rows


def _told(said: Said, rows: I64, arm: Arm) -> dict[str, Any]:
    """Columns that come from the detector, for some rows of the pool."""
    told: dict[str, Any] = {
        "classes": said.heard.pool.classes,
        "class_counts": said.heard.class_counts[rows],
    }
    if said.utility is not None:
        told["utility"] = said.utility[rows].astype(np.float32)
    # PPAL can do without objects and is better with them.
    if "objects" in arm.make().uses or arm.strategy == "ppal":
        objects = said.heard.objects
        told["objects"] = None if objects is None else objects.subset(rows)
    return told
