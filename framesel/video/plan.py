"""Chooses which packets to feed to a decoder so that the wanted frames come out exactly."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Run:
    """Packets start..stop (exclusive, decode order) for a fresh decoder, less the skipped."""

    start: int
    stop: int


def beginnings(wanted: Mask, start: Mask, leading: Mask) -> NDArray[np.int64]:
    """The rows at which decoding may begin afresh for what is wanted.

    A start whose leading pictures are wanted is none: they may refer to what comes before it.

    Args:
        wanted: (n,) packets whose frames are asked for, in decode order.
        start: (n,) of what follows, only leading pictures refer to what comes before.
        leading: (n,) leading pictures of the start before them.
    """
    rows = np.flatnonzero(start)
    tied = np.searchsorted(rows, np.flatnonzero(wanted & leading), side="right") - 1
    return np.delete(rows, np.unique(tied[tied >= 0]))


def plan(
    wanted: Mask, start: Mask, droppable: Mask, intra: Mask, leading: Mask
) -> tuple[list[Run], Mask]:
    """Plans the decoding of some packets of a stream.

    A picture refers only to pictures before it in decode order, never to a droppable one, and not
    across a beginning (see `beginnings`). So everything after the last wanted packet before the
    next beginning is left out, and so are droppable packets that are not wanted, and the leading
    pictures of a beginning, to which only others of theirs refer. An intra picture needs nothing
    but itself.

    That not even leading pictures of the next start refer to them is H.265, 8.3.2: the reference
    picture set of a CRA picture holds none that precedes, in output or decoding order, an earlier
    random access picture; leading pictures precede theirs in output order; and what is not in the
    set of one picture is gone for good. IDR and BLA pictures clear it altogether.

    Args:
        wanted: (n,) packets whose frames are asked for, in decode order.
        start: (n,) of what follows, only leading pictures refer to what comes before.
        droppable: (n,) no other picture refers to it.
        intra: (n,) refers to no other picture.
        leading: (n,) leading pictures of the start before them; only those of that start refer to
            them.

    Returns:
        The runs in order, each to be fed to a flushed decoder and drained, and (n,) bool: the
        packets to feed.
    """
    feed = np.zeros(len(wanted), dtype=np.bool_)
    runs: list[Run] = []
    rows = np.flatnonzero(wanted)
    starts = beginnings(wanted, start, leading)
    owner = np.maximum.accumulate(np.where(start, np.arange(len(wanted)), 0))
    group_of = np.searchsorted(starts, rows, side="right")
    for group in np.unique(group_of):
        members = rows[group_of == group]
        first = int(starts[group - 1]) if group else 0
        dependent = members[~intra[members]]
        stop = int(dependent[-1]) + 1 if len(dependent) else first
        if stop > first:
            # before the first beginning, those of a tied start are what others refer to
            idle = leading[first:stop] & (owner[first:stop] == first) & bool(group)
            skipped = droppable[first:stop] | idle
            feed[first:stop] = wanted[first:stop] | ~skipped
            runs.append(Run(first, stop))
        for row in members[members >= stop].tolist():
            feed[row] = True
            runs.append(Run(row, row + 1))
    return runs, feed
