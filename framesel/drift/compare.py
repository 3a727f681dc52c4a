"""Whether new footage is like known footage: all tests, one verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from framesel.drift.arrangements import Arrangements, arrangements
from framesel.drift.footage import Both, Guesses, Mask
from framesel.drift.measures import Measure, measures
from framesel.drift.pieces import Pieces, pieces
from framesel.drift.sample import Sample, sample
from framesel.drift.significance import adjusted, p_values

Verdict = Literal["changed", "not told apart", "too little footage"]


@dataclass(frozen=True)
class Test:
    """What one test says.

    Attributes:
        name: Of its measure.
        says: What it compares.
        statistic: Of the two sides.
        by_chance: Median over the other arrangements; 95 % of them are at most ``at_most``.
        at_most: See there.
        p: By exchanging pieces.
        p_adjusted: What is held against alpha.
    """

    name: str
    says: str
    statistic: float
    by_chance: float
    at_most: float
    p: float
    p_adjusted: float

    def json(self) -> dict[str, Any]:
        """For the report."""
        return dict(vars(self))


@dataclass(frozen=True, eq=False)
class Compared:
    """What all tests say.

    Attributes:
        tests: In a fixed order.
        alpha: Rate of false alarms over all of them.
        pieces: What was exchanged.
        ways: Arrangements that were looked at, the real one included.
        exact: Whether these are all.
        sample: The frames that were compared.
        arrangements: The same ways, for whoever has more to compare.
    """

    tests: tuple[Test, ...]
    alpha: float
    pieces: Pieces
    ways: int
    exact: bool
    sample: Sample
    arrangements: Arrangements

    @property
    def verdict(self) -> Verdict:
        """In a few words."""
        if min(test.p_adjusted for test in self.tests) <= self.alpha:
            return "changed"
        return "too little footage" if self.pieces.least_p > self.alpha else "not told apart"


def compare(
    both: Both, alpha: float, permutations: int, seed: int, whole: Pieces | None = None
) -> Compared:
    """Runs all tests under the same arrangements.

    Args:
        both: The two sides; each video has a frame.
        alpha: How often footage that has not changed may be called changed, at most.
        permutations: Arrangements beside the real one.
        seed: Equal seeds and footage give equal answers.
        whole: What is exchanged; None: videos, or blocks where these are too few.
    """
    rng = np.random.default_rng(seed)
    found = pieces(both, alpha) if whole is None else whole
    some = sample(both, found, rng)
    ways = arrangements(some.is_new, permutations, rng)
    guesses = both.guesses
    if guesses is not None:
        guesses = _of_rows(guesses, some, len(both))
    told = list(measures(some, guesses, ways.side, rng))
    return Compared(_tests(told), alpha, found, len(ways), ways.exact, some, ways)


def _tests(told: Sequence[Measure]) -> tuple[Test, ...]:
    p = p_values(np.stack([one.statistic for one in told], axis=1))
    final = adjusted(p)
    return tuple(
        Test(
            one.name,
            one.says,
            float(one.statistic[0]),
            float(np.median(one.statistic[1:])) if len(one.statistic) > 1 else float("nan"),
            float(np.quantile(one.statistic[1:], 0.95)) if len(one.statistic) > 1 else float("nan"),
            float(p[0, number]),
            float(final[number]),
        )
        for number, one in enumerate(told)
    )


def _of_rows(guesses: Guesses, some: Sample, frames: int) -> Guesses:
    """The boxes in the sample's frames, ``frame`` counting its rows."""
    place = np.full(frames, -1, np.int64)
    place[some.rows] = np.arange(len(some))
    kept: Mask = place[guesses.frame] >= 0
    return replace(
        guesses,
        frame=place[guesses.frame[kept]],
        class_no=guesses.class_no[kept],
        confidence=guesses.confidence[kept],
        area=guesses.area[kept],
    )
