"""Strategies beside the reference: means, intervals, tests; and what became of the endpoints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from framesel.selection.vectors.arrays import F64
from framesel.simulation import statistics
from framesel.simulation.arms import ENDPOINTS, OURS, REFERENCE, Endpoint
from framesel.simulation.measures import MEASURES
from framesel.simulation.trial import Row

REPLICATES: Final = 1_000


class Key(NamedTuple):
    """Which figure: of which arm, at which budget, in which world."""

    world: str
    budget: str
    arm: str
    measure: str


@dataclass(frozen=True)
class Figure:
    """A figure over all seeds, beside the reference's.

    Attributes:
        values: One for each seed.
        mean: Over the seeds.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
        difference: Mean minus the reference's; nan without one.
        difference_low: Of its 95 % interval, both drawn on the same videos and seeds.
        difference_high: Of its 95 % interval.
        p: Of the paired test against the reference; nan where none was made.
        p_holm: Adjusted over the arms of one world, budget and measure.
    """

    values: tuple[float, ...]
    mean: float
    low: float
    high: float
    difference: float = float("nan")
    difference_low: float = float("nan")
    difference_high: float = float("nan")
    p: float = float("nan")
    p_holm: float = float("nan")


Figures: TypeAlias = Mapping[Key, Figure]


@dataclass(frozen=True, eq=False)
class Results:
    """Everything that a simulation gave.

    Attributes:
        rows: Of all trials, in order of world, seed, arm and budget.
        frames: World to its number of pool frames, averaged over the seeds.
    """

    rows: tuple[Row, ...]
    frames: Mapping[str, float]

    def tallies(self) -> dict[Key, list[F64]]:
        """One tally for each seed."""
        found: dict[Key, list[F64]] = defaultdict(list)
        for row in self.rows:
            found[Key(row.world, row.budget, row.arm, row.measure)].append(row.tally)
        return found


class Samples:
    """Bootstrap values of figures; the same videos and seeds are drawn for every arm."""

    def __init__(self, results: Results) -> None:
        """Draw once for each number of videos."""
        self._tallies = results.tallies()
        self._weights: dict[int, F64] = {}
        self._kept: dict[Key, F64] = {}

    def __iter__(self) -> Iterator[Key]:
        """Every figure there is."""
        return iter(self._tallies)

    def values(self, key: Key) -> tuple[float, ...]:
        """The figure itself, for each seed."""
        reduce = MEASURES[key.measure].reduce
        return tuple(float(reduce(t, np.ones((1, len(t))))[0]) for t in self._tallies[key])

    def of(self, key: Key) -> F64:
        """(B,) bootstrap values of the mean over seeds.

        Figures that do not add up over videos are drawn over seeds alone.
        """
        if key not in self._kept:
            tallies, measure = self._tallies[key], MEASURES[key.measure]
            count, seeds = len(tallies[0]), len(tallies)
            videos = self._videos(count) if measure.adds_up else np.ones((1, count))
            drawn = statistics.draws(seeds, REPLICATES, np.random.default_rng([1, seeds]))
            self._kept[key] = statistics.replicates(tallies, measure.reduce, videos, drawn)
        return self._kept[key]

    def _videos(self, count: int) -> F64:
        if count not in self._weights:
            rng = np.random.default_rng([0, count])
            self._weights[count] = statistics.draws(count, REPLICATES, rng)
        return self._weights[count]


def compare(results: Results, samples: Samples, reference: str = REFERENCE) -> Figures:
    """Every figure with its interval and, where the reference was run too, its test."""
    figures: dict[Key, Figure] = {}
    for key in samples:
        values = samples.values(key)
        low, high = statistics.interval(samples.of(key))
        mean = float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")
        figures[key] = Figure(values, mean, low, high)
    families: dict[tuple[str, str, str], list[Key]] = defaultdict(list)
    for key, figure in figures.items():
        base = key._replace(arm=reference)
        if base not in figures or key == base:
            continue
        low, high = statistics.interval(samples.of(key) - samples.of(base))
        figures[key] = replace(
            figure,
            difference=figure.mean - figures[base].mean,
            difference_low=low,
            difference_high=high,
            p=statistics.paired_p(figure.values, figures[base].values),
        )
        families[key.world, key.budget, key.measure].append(key)
    for family in families.values():
        for key, p in zip(family, statistics.holm([figures[k].p for k in family]), strict=True):
            figures[key] = replace(figures[key], p_holm=p)
    return figures


@dataclass(frozen=True)
class Verdict:
    """What became of an endpoint at one budget.

    Attributes:
        endpoint: The claim.
        budget: At which.
        ours: Mean of our arm.
        theirs: Mean of the other.
        effect: Our gain, positive where we are better; for ``twice`` the ratio of the means.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
        p_holm: Adjusted over all verdicts; nan with too few seeds.
        holds: Whether the claim is met.
    """

    endpoint: Endpoint
    budget: str
    ours: float
    theirs: float
    effect: float
    low: float
    high: float
    p_holm: float
    holds: bool


def verdicts(
    figures: Figures, samples: Samples, endpoints: Sequence[Endpoint] = ENDPOINTS, ours: str = OURS
) -> list[Verdict]:
    """Judge every endpoint whose worlds, arms and budgets were run."""
    found = []
    for endpoint in endpoints:
        for budget in endpoint.budgets:
            mine = Key(endpoint.world, budget, ours, endpoint.measure)
            other = mine._replace(arm=endpoint.against)
            if mine in figures and other in figures:
                found.append((endpoint, mine, other))
    ps = [statistics.paired_p(figures[m].values, figures[o].values) for _, m, o in found]
    return [
        _judge(endpoint, figures, samples, mine, other, p)
        for (endpoint, mine, other), p in zip(found, statistics.holm(ps), strict=True)
    ]


def _judge(
    endpoint: Endpoint, figures: Figures, samples: Samples, mine: Key, other: Key, p_holm: float
) -> Verdict:
    ours, theirs = figures[mine].mean, figures[other].mean
    if endpoint.wanted == "twice":
        with np.errstate(divide="ignore", invalid="ignore"):
            drawn = samples.of(mine) / samples.of(other)
            effect = float(np.float64(ours) / np.float64(theirs))
        holds = bool(ours >= 2 * theirs and ours > 0)
    else:
        sign = 1.0 if MEASURES[mine.measure].better == "higher" else -1.0
        drawn = sign * (samples.of(mine) - samples.of(other))
        effect = sign * (ours - theirs)
        significant = bool(effect > 0 and p_holm < 0.05)
        holds = significant if endpoint.wanted == "better" else effect >= -0.01
    low, high = statistics.interval(drawn)
    return Verdict(endpoint, mine.budget, ours, theirs, effect, low, high, p_holm, holds)
