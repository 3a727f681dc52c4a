"""What each video contributes to the figures of a choice, and of near-duplicate removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from framesel.selection.vectors.arrays import F32, F64, I64, chord
from framesel.simulation import metrics
from framesel.simulation.world import World

if TYPE_CHECKING:
    from framesel.selection.duplicates.near_duplicates import Duplicates


def of_picks(world: World, rows: I64, tau_cos: float, radius_bound: float) -> dict[str, F64]:
    """Tallies of a choice, by name of the figure.

    Args:
        world: What was chosen from and what is judged by.
        rows: (k,) rows of the pool in order of rank.
        tau_cos: From which cosine two picks are redundant.
        radius_bound: No choice of as many frames has a smaller radius.
    """
    pool, videos = world.pool, len(world.videos)
    picks = pool.vectors[rows]
    useful = rows[pool.good[rows]]
    cosine, _ = metrics.nearest(pool.vectors[pool.good], picks)
    video, distance = pool.video_no[pool.good], 1.0 - cosine.astype(np.float64)
    chords = np.full(videos, np.nan)
    np.fmax.at(chords, video, chord(cosine))
    found = {
        "distance": _sums(video, distance, np.ones(len(video)), videos),
        "balance": _histogram(world, useful),
        "redundant": _share(pool.video_no[rows], metrics.repeated(picks, tau_cos), videos),
        "faulty": _share(pool.video_no[rows], ~pool.good[rows], videos),
        "radius": chords,
        "certified": chords / radius_bound if radius_bound > 0 else np.full(videos, np.nan),
        **_held_out(world, picks, useful),
    }
    if world.moments_known:
        weight = metrics.share_of_moment(pool.moment[pool.good])
        found["moments_distance"] = _sums(video, distance * weight, weight, videos)
    events, seen = metrics.found_events(np.where(pool.good, pool.event, -1), useful)
    found["events"] = _share(_home(pool.event, pool.video_no, events), seen, videos)
    return found


def of_duplicates(world: World, rows: I64, found: Duplicates) -> dict[str, F64]:
    """Tallies of near-duplicate removal among the frames that passed the gate.

    Args:
        world: With known moments.
        rows: (n,) rows of the pool that were looked at.
        found: For each of them, who stands for it.
    """
    looked, videos = world.pool.subset(rows), len(world.videos)
    ours, true, both = metrics.partners(found.keeper, looked.moment)
    good = looked.good
    tallies = {
        "kept": _share(looked.video_no, found.kept, videos),
        "precision": _sums(looked.video_no, both, ours, videos),
        "recall": _sums(looked.video_no, both, true, videos),
    }
    for name, of in (("lost", good), ("lost_newcomers", good & looked.newcomer)):
        moments, lost = metrics.lost_moments(looked.moment[of], found.kept[of])
        home = _home(np.where(of, looked.moment, -1), looked.video_no, moments)
        tallies[name] = _share(home, lost, videos)
    shown = good & (looked.event >= 0)
    events, lost = metrics.lost_moments(looked.event[shown], found.kept[shown])
    tallies["lost_events"] = _share(_home(looked.event, looked.video_no, events), lost, videos)
    return tallies


def _held_out(world: World, picks: F32, useful: I64) -> dict[str, F64]:
    """What the picks tell of videos that were not chosen from."""
    held, pool, videos = world.held_out, world.pool, len(world.videos)
    good = held.subset(np.flatnonzero(held.good))
    cosine, _ = metrics.nearest(good.vectors, picks)
    judged = good.subset(np.flatnonzero(good.label >= 0))
    guess = metrics.predicted_labels(judged.vectors, pool.vectors[useful], pool.label[useful])
    tally = np.zeros((videos, len(world.classes), 2))
    np.add.at(tally[..., 1], (judged.video_no, judged.label), 1.0)
    right = np.flatnonzero(guess == judged.label)
    np.add.at(tally[..., 0], (judged.video_no[right], judged.label[right]), 1.0)
    return {
        "held_out_distance": _sums(good.video_no, 1.0 - cosine, np.ones(len(good)), videos),
        "accuracy": tally,
    }


def _histogram(world: World, rows: I64) -> F64:
    """How many of some frames have each label, by video: (V, C)."""
    counts = np.zeros((len(world.videos), len(world.classes)))
    rows = rows[world.pool.label[rows] >= 0]
    np.add.at(counts, (world.pool.video_no[rows], world.pool.label[rows]), 1.0)
    return counts


def _home(number: I64, video_no: I64, numbers: I64) -> I64:
    """Video of the first row that has each number."""
    first = np.full(int(number.max(initial=-1)) + 1, -1, np.int64)
    there = np.flatnonzero(number >= 0)[::-1]
    first[number[there]] = video_no[there]
    return first[numbers]


def _share(video: I64, hit: ArrayLike, videos: int) -> F64:
    """Tally of a share: each row counts one."""
    return _sums(video, np.asarray(hit, np.float64), np.ones(len(video)), videos)


def _sums(video: I64, value: ArrayLike, count: ArrayLike, videos: int) -> F64:
    """Tally of a ratio in one stratum: (V, 1, 2)."""
    tally = np.zeros((videos, 1, 2))
    np.add.at(tally[:, 0, 0], video, np.asarray(value, np.float64))
    np.add.at(tally[:, 0, 1], video, np.asarray(count, np.float64))
    return tally
