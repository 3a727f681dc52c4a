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


def plan(wanted: Mask, closed: Mask, droppable: Mask, intra: Mask) -> tuple[list[Run], Mask]:
    """Plans the decoding of some packets of a stream.

    Within a closed group of pictures (from one `closed` packet to the next) a picture can only
    refer to pictures of the same group that come before it in decode order, and never to a
    droppable one. So everything after the last wanted packet of a group is left out, and so are
    droppable packets that are not wanted. An intra picture needs nothing but itself.

    Args:
        wanted: (n,) packets whose frames are asked for, in decode order.
        closed: (n,) nothing from here on refers to what comes before.
        droppable: (n,) no other picture refers to it.
        intra: (n,) refers to no other picture.

    Returns:
        The runs in order, each to be fed to a flushed decoder and drained, and (n,) bool: the
        packets to feed.
    """
    feed = np.zeros(len(wanted), dtype=np.bool_)
    runs: list[Run] = []
    rows = np.flatnonzero(wanted)
    starts = np.flatnonzero(closed)
    group_of = np.searchsorted(starts, rows, side="right")
    for group in np.unique(group_of):
        members = rows[group_of == group]
        first = int(starts[group - 1]) if group else 0
        dependent = members[~intra[members]]
        stop = int(dependent[-1]) + 1 if len(dependent) else first
        if stop > first:
            feed[first:stop] = wanted[first:stop] | ~droppable[first:stop]
            runs.append(Run(first, stop))
        for row in members[members >= stop].tolist():
            feed[row] = True
            runs.append(Run(row, row + 1))
    return runs, feed
