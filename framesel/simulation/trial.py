"""One world, all arms and budgets: what each choice is worth."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from framesel.errors import UsageError
from framesel.selection.candidates import Candidates
from framesel.selection.duplicates.in_shots import duplicates_in_shots
from framesel.selection.duplicates.near_duplicates import Duplicates
from framesel.selection.limits.settings import Limits
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.simulation import metrics, tallies, warm_start
from framesel.simulation.arms import Arm, Tau
from framesel.simulation.world import World

NEAR_DUPLICATES = "near-duplicates"
WITH_TILES = "near-duplicates, with tiles"
"""Stand as the arm in the rows that tell of near-duplicate removal alone."""


class Row(NamedTuple):
    """One figure of one choice: what each video of the world contributes to it."""

    world: str
    seed: int
    budget: str
    arm: str
    measure: str
    tally: F64


@dataclass(frozen=True, eq=False)
class Prepared:
    """A world, and what all arms share in it."""

    world: World
    tau: Tau

    @cached_property
    def passed(self) -> I64:
        """Rows of the pool that the quality gate lets through."""
        return np.flatnonzero(self.world.pool.passes)

    @cached_property
    def duplicates(self) -> Duplicates:
        """Who stands for whom among all frames of the pool, and the shot of each."""
        return self._without()

    def with_tiles(self) -> Duplicates:
        """The same where a tile may speak against it."""
        return self._without(self.world.pool.tiles)

    def _without(self, tiles: F32 | None = None) -> Duplicates:
        pool, tau = self.world.pool, self.tau
        return duplicates_in_shots(
            pool.vectors,
            pool.video_no,
            pool.pts_s,
            self.passed,
            tau.cos,
            tau.across,
            tiles=tiles,
            tau_tile=tau.tile,
        )

    @cached_property
    def guess(self) -> warm_start.Guess:
        """What the warm model says of the pool."""
        rng = np.random.default_rng([self.world.seed, zlib.crc32(b"warm start")])
        return warm_start.guess(self.world, warm_start.warm_rows(self.world, rng), rng)

    def candidates(self, arm: Arm) -> tuple[Candidates, I64]:
        """What an arm chooses from, and the pool's row of each candidate."""
        pool = self.world.pool
        rows, mass = np.arange(len(pool), dtype=np.int64), np.ones(len(pool), np.float32)
        if arm.footage == "kept":
            rows = np.flatnonzero(self.duplicates.kept)
            mass = self.duplicates.mass[rows]
        told: dict[str, Any] = {}
        if arm.informed:
            told = {
                name: getattr(self.guess, name)[rows]
                for name in ("utility", "class_counts", "gradients")
            }
        candidates = Candidates(
            vectors=pool.vectors[rows],
            mass=mass,
            video_no=pool.video_no[rows].astype(np.int32),
            pts_s=pool.pts_s[rows],
            shots=self.duplicates.shot[rows],
            classes=self.world.classes if arm.informed else (),
            **told,
        )
        return candidates, rows


def frames_of(budget: str, pool: int) -> int:
    """A budget in frames: ``300``, or ``1%`` of the pool's sampled frames (at least one).

    Raises:
        UsageError: Neither of both.
    """
    share = budget.removesuffix("%")
    try:
        amount = float(share)
    except ValueError:
        amount = float("nan")
    if share != budget and 0 < amount <= 100:
        return max(1, round(pool * amount / 100))
    if share == budget and amount >= 1 and amount.is_integer():
        return int(amount)
    raise UsageError(
        f"budget {budget!r} is neither a whole number of frames (300) nor a share of the pool (1%)"
    )


def choose(prepared: Prepared, arm: Arm, budgets: Sequence[int]) -> dict[int, I64]:
    """Rows of the pool that an arm picks for each budget, in order of rank.

    A nested strategy is asked once: its answers for smaller budgets are prefixes.
    """
    candidates, rows = prepared.candidates(arm)
    strategy = arm.make()
    none = np.empty((0, candidates.vectors.shape[1]), np.float32)

    def ask(budget: int) -> I64:
        rng = np.random.default_rng([prepared.world.seed, zlib.crc32(arm.name.encode())])
        picks = strategy.select(candidates, budget, none, Limits(), rng)
        return rows[picks.indices]

    if strategy.nested:
        all_of_them = ask(max(budgets))
        return {budget: all_of_them[:budget] for budget in budgets}
    return {budget: ask(budget) for budget in budgets}


def run(world: World, arms: Sequence[Arm], budgets: Sequence[str], tau: Tau) -> Iterator[Row]:
    """Let every arm spend every budget in one world.

    Args:
        world: What is chosen from and judged by.
        arms: Ways to spend a budget.
        budgets: See :func:`frames_of`.
        tau: Thresholds of near-duplicates; from ``tau.cos`` on two picks are redundant.
    """
    prepared = Prepared(world, tau)
    if world.moments_known:
        rules = {NEAR_DUPLICATES: prepared.duplicates}
        if world.pool.tiles is not None:
            rules[WITH_TILES] = prepared.with_tiles()
        for rule, duplicates in rules.items():
            known = duplicates.among(prepared.passed)
            found = tallies.of_duplicates(world, prepared.passed, known)
            for measure, tally in found.items():
                yield Row(world.name, world.seed, "", rule, measure, tally)
    frames = {budget: frames_of(budget, len(world.pool)) for budget in budgets}
    bounds = metrics.radius_bound(world.pool.vectors[world.pool.good], list(frames.values()))
    for arm in arms:
        chosen = choose(prepared, arm, list(frames.values()))
        for budget, count in frames.items():
            found = tallies.of_picks(world, chosen[count], tau.cos, bounds[count])
            for measure, tally in found.items():
                yield Row(world.name, world.seed, budget, arm.name, measure, tally)
