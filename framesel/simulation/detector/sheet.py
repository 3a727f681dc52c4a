"""All that came of one setting, as arrays: arms x seeds x budgets, with samples for intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np

from framesel.selection.vectors.arrays import F64
from framesel.simulation.detector.arms import FULL
from framesel.simulation.detector.measure import MAIN
from framesel.simulation.detector.results import Record
from framesel.simulation.statistics import draws

FRAME_S: Final = 8.0
BOX_S: Final = 4.0
"""The stated cost model: seconds for each frame and for each box, as in the recipe's limits."""

Axis = Literal["frames", "boxes", "seconds"]
AXES: Final[tuple[Axis, ...]] = ("frames", "boxes", "seconds")


@dataclass(frozen=True, eq=False)
class Sheet:
    """One setting.

    Attributes:
        setting: Its name.
        arms: Their names: A.
        seeds: Those that all arms have finished: S.
        budgets: (K,) rising.
        figures: By name (A, S, K).
        drawn: By name (A, S, K, 1 + B): the figure, then its values in samples of the videos.
        full: By name (S, 1 + B), the same of the detector that learnt from the whole pool.
        left_out: Seeds that some arm has not finished.
    """

    setting: str
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    budgets: tuple[int, ...]
    figures: Mapping[str, F64]
    drawn: Mapping[str, F64]
    full: Mapping[str, F64]
    left_out: tuple[int, ...] = ()

    def values(self, arm: str, figure: str) -> F64:
        """(S, K) a figure as it is."""
        at = self.arms.index(arm)
        found: F64 = (
            self.figures[figure][at] if figure in self.figures else self.drawn[figure][at, ..., 0]
        )
        return found

    def means(self, arm: str, figure: str) -> F64:
        """(1 + B, K) mean over seeds; in the samples over seeds that were drawn too."""
        values = self.drawn[figure][self.arms.index(arm)]
        mean: F64 = np.einsum("bs,skb->bk", self.seed_weights(values.shape[-1]), values)
        return mean

    def full_means(self, figure: str) -> F64:
        """(1 + B,) the same of the detector that learnt from everything."""
        values = self.full[figure]
        mean: F64 = np.einsum("bs,sb->b", self.seed_weights(values.shape[-1]), values)
        return mean

    def amounts(self, arm: str, axis: Axis) -> F64:
        """(1 + B, K) how much was labelled, mean over seeds, at least 1: see ``FRAME_S``."""
        weights = self.seed_weights(self.drawn[MAIN].shape[-1])
        frames, boxes = (weights @ self.values(arm, name) for name in ("frames", "boxes"))
        cost = {"frames": frames, "boxes": boxes, "seconds": FRAME_S * frames + BOX_S * boxes}
        # An arm that chooses anew may by chance get fewer boxes with more frames.
        rising: F64 = np.maximum(np.maximum.accumulate(cost[axis], axis=1), 1.0)
        return rising

    def seed_weights(self, samples: int) -> F64:
        """(samples, S) shares of the seeds: equal in the first, drawn in the others."""
        return _seed_weights(len(self.seeds), samples)


@lru_cache(maxsize=8)
def _seed_weights(count: int, samples: int) -> F64:
    drawn = draws(count, samples - 1, np.random.default_rng([3, count]))
    return np.concatenate([np.ones((1, count)), drawn]) / count


def sheet(records: Iterable[Record], setting: str, arms: Sequence[str]) -> Sheet | None:
    """The sheet of a setting; None where no seed is finished by all arms.

    Args:
        records: Of all settings.
        setting: Which.
        arms: Which must be there. Where the full pool's record is missing, its seed is unfinished.
    """
    mine = {(r.arm, r.seed): r for r in records if r.setting == setting}
    most = max((len(r.budgets) for r in mine.values()), default=0)
    known = sorted({seed for _, seed in mine})
    done = [seed for seed in known if _finished(mine, arms, seed, most)]
    if not done:
        return None
    first = mine[arms[0], done[0]]
    return Sheet(
        setting,
        tuple(arms),
        tuple(done),
        first.budgets,
        {name: _stacked(mine, arms, done, "figures", name) for name in first.figures},
        {name: _stacked(mine, arms, done, "drawn", name) for name in first.drawn},
        {
            name: np.stack([mine[FULL, seed].drawn[name][0] for seed in done]).astype(np.float64)
            for name in first.drawn
        },
        tuple(seed for seed in known if seed not in done),
    )


def _finished(
    mine: Mapping[tuple[str, int], Record], arms: Sequence[str], seed: int, budgets: int
) -> bool:
    whole = all((a, seed) in mine and len(mine[a, seed].budgets) == budgets for a in arms)
    return whole and (FULL, seed) in mine


def _stacked(
    mine: Mapping[tuple[str, int], Record],
    arms: Sequence[str],
    seeds: Sequence[int],
    kind: Literal["figures", "drawn"],
    name: str,
) -> F64:
    return np.stack(
        [[getattr(mine[arm, seed], kind)[name] for seed in seeds] for arm in arms]
    ).astype(np.float64)
