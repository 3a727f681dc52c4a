"""From more candidates than fit into memory to those that a strategy chooses from at last.

The candidates are cut into parts, the strategy chooses from each as if it were all there is, and
what it chose goes on; so until there is room for the rest. Each part chooses the whole budget:

- For farthest-first traversals any partition does, and what is left holds a choice whose radius is
  at most 4 times the best (Malkomes et al., NeurIPS 2015; Ceccarello et al., VLDB 2017), also where
  something is chosen already. Parts of whole videos lose least. The more each of them chooses,
  the less is lost (Ceccarello, Pietracaprina & Pucci, PVLDB 2019): they fill the room there is,
  with half of what they hold at most.
- For monotone submodular objectives parts are drawn by a hash of the frame: the better of the last
  choice and the best part's is in expectation at least (1 - 1/e) / 2 of the best (Barbosa, Ene,
  Nguyen & Ward, "The power of randomization", ICML 2015).
- For rankings the answer is exact.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.errors import SelectionError
from framesel.selection.candidates import Candidates
from framesel.selection.limits.settings import Limits, Span
from framesel.selection.strategy import Parts, Strategy
from framesel.selection.vectors.arrays import F32, I64
from framesel.selection.vectors.hashes import splitmix64

MOST_LEFT: Final = 0.8
"""Share of the candidates that may be left by one level."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some candidates of one level; small, so that it can be sent to another machine.

    Attributes:
        level: 0 for the first.
        number: Of the part.
        rows: (r,) int64 rows of what may be chosen, rising.
        mass: (r,) float32 frames that each stands for.
        budget: How many it chooses.
    """

    level: int
    number: int
    rows: I64
    mass: F32
    budget: int


@dataclass(frozen=True, eq=False)
class Standing:
    """Candidates that go on.

    Attributes:
        rows: (m,) int64, rising.
        mass: (m,) float32 frames that each stands for, those that did not go on included.
    """

    rows: I64
    mass: F32


def shortlist(
    all_: Standing,
    video_no: I64,
    pts: I64,
    room: int,
    size: int,
    budget: int,
    by: Parts,
    choose: Callable[[list[Part]], list[Standing]],
) -> Standing:
    """The candidates that reach the last choice.

    Args:
        all_: (n,) of them.
        video_no: (n,) of each of them.
        pts: (n,) of each of them.
        room: For so many.
        size: Of a part, at most.
        budget: How many are chosen at last.
        by: How parts are made.
        choose: Says of some parts what is chosen of each.

    Returns:
        ``room`` at most; all where no more are there.

    Raises:
        SelectionError: The choices of the parts are no fewer than what they were made of.
    """
    now, level = all_, 0
    while len(now.rows) > room:
        place = np.searchsorted(all_.rows, now.rows)
        count = -(-len(place) // size)
        part_of = _part_of(video_no[place], pts[place], count, by, level)
        each = budget if by == "frames" else max(budget, min(room // count, size // 2))
        parts = [
            Part(level, number, now.rows[part_of == number], now.mass[part_of == number], each)
            for number in range(count)
        ]
        left = choose(parts)
        rows = np.concatenate([one.rows for one in left])
        if len(rows) > MOST_LEFT * len(place):
            raise SelectionError(
                f"{len(place):,} candidates are too many to be looked at together, and {count} "
                f"parts of them want {len(rows):,}: the budget is too large for parts of "
                f"{size:,} frames. Raise selection.exact_below, as far as memory reaches, or lower "
                "the budget."
            )
        order = np.argsort(rows)
        now = Standing(rows[order], np.concatenate([one.mass for one in left])[order])
        level += 1
    return now


def limits_of_part(limits: Limits, candidates: Candidates) -> Limits:
    """Limits as a part of the candidates can keep them: minima ask for what is there."""
    classes = {}
    for name, span in limits.classes.items():
        there = span.min
        if candidates.class_counts is not None and name in candidates.classes:
            seen = candidates.class_counts[:, candidates.classes.index(name)]
            there = int((seen > 0).sum())
        classes[name] = _lowered(span, there)
    metadata: dict[str, Mapping[str, Span]] = {}
    for column, spans in limits.metadata.items():
        texts = candidates.metadata.get(column)
        if texts is None:
            metadata[column] = spans
            continue
        values, counts = np.unique(texts, return_counts=True)
        have = dict(zip(values.tolist(), counts.tolist(), strict=True))
        metadata[column] = {
            value: _lowered(span, have[value]) if value in have else span
            for value, span in spans.items()
            if value in have or value == "*"
        }
    return limits.model_copy(update={"classes": classes, "metadata": metadata})


def without_minima(limits: Limits) -> Limits:
    """The same limits, none of which asks for anything."""
    free = {"min": 0}
    return limits.model_copy(
        update={
            "per_video": limits.per_video.model_copy(update=free),
            "classes": {k: v.model_copy(update=free) for k, v in limits.classes.items()},
            "metadata": {
                column: {k: v.model_copy(update=free) for k, v in spans.items()}
                for column, spans in limits.metadata.items()
            },
        }
    )


def choose_of_part(
    strategy: Strategy,
    candidates: Candidates,
    budget: int,
    already: F32,
    limits: Limits,
    rng: np.random.Generator,
) -> tuple[I64, F32]:
    """What the strategy would take of a part, if that were all there is.

    Minima hold as far as the part can meet them, or not at all where it can meet them only one at
    a time. What is not taken gives its mass to the most similar frame that is.

    Returns:
        (k,) int64 positions in the part, rising, and (k,) float32 their masses.
    """
    from framesel.selection.vectors.nearest_chosen import nearest_chosen

    wanted, own = min(budget, len(candidates)), limits_of_part(limits, candidates)
    try:
        picks = strategy.select(candidates, wanted, already, own, rng)
    except SelectionError:
        if without_minima(own) == own:
            raise
        picks = strategy.select(candidates, wanted, already, without_minima(own), rng)
    chosen = np.sort(picks.indices)
    to, _ = nearest_chosen(candidates.vectors, candidates.vectors[chosen])
    to[chosen] = np.arange(len(chosen))  # of equal ones, too, each keeps its own
    mass = np.bincount(to, weights=candidates.mass, minlength=len(chosen))
    return chosen, mass.astype(np.float32)


def _lowered(span: Span, there: int) -> Span:
    return span.model_copy(update={"min": min(span.min, there)})


def _part_of(video_no: I64, pts: I64, count: int, by: Parts, level: int) -> I64:
    """(n,) int64 number of the part of each frame."""
    if by == "frames":
        drawn = splitmix64(
            splitmix64(video_no.astype(np.uint64) + np.uint64(level << 40)) ^ pts.astype(np.uint64)
        )
        return (drawn % np.uint64(count)).astype(np.int64)
    order = np.lexsort((pts, video_no))
    found = np.empty(len(order), np.int64)
    found[order] = np.arange(len(order)) * count // len(order)
    return found
