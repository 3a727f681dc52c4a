"""Shots that show a copy of one another are one shot: a clip stored twice, a still of a video.

Each shot is decided by itself first. Then all frames are compared with those that were kept, and
shots between which there are copies are joined. In a joined shot, what was kept is put to the rule
once more, and then what lost whoever stood for it. So of most frames the vector is needed twice,
when the shot is decided and when copies are looked for, and footage may be much larger than memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Final, Protocol

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from framesel.selection.duplicates.banks import Banks
from framesel.selection.duplicates.frames import Frames
from framesel.selection.duplicates.links import Side, find_links
from framesel.selection.duplicates.rule import Rule
from framesel.selection.vectors.arrays import F32, F64, I64, Bool


@dataclass(frozen=True, eq=False)
class Members:
    """All frames of some shots, and who stands for them.

    Attributes:
        row: (m,) int64, rising.
        shot: (m,) int64.
        quality: (m,) float64.
        keeper: (m,) int64 row of who stands for each; its own where it is kept.
        cosine: (m,) float32 with it.
    """

    row: I64
    shot: I64
    quality: F64
    keeper: I64
    cosine: F32

    @property
    def kept(self) -> Bool:
        """(m,) whether each stands for itself."""
        mask: Bool = self.keeper == self.row
        return mask

    def among(self, mask: Bool) -> Members:
        """Some of them."""
        return Members(*(getattr(self, field.name)[mask] for field in fields(self)))

    def and_also(self, others: Members) -> Members:
        """These and others, by row."""
        order = np.argsort(np.concatenate([self.row, others.row]))
        pairs = ((getattr(self, f.name), getattr(others, f.name)) for f in fields(self))
        return Members(*(np.concatenate(pair)[order] for pair in pairs))


@dataclass(frozen=True, eq=False)
class Earlier:
    """What was found when there was less footage.

    Attributes:
        links: (l, 2) int64 shots that hang together because they show copies.
        shots: All below this number were compared with one another.
    """

    links: I64
    shots: int


NOTHING: Final = Earlier(np.empty((0, 2), np.int64), 0)


class Footage(Protocol):
    """Frames whose shots are decided, each by itself."""

    def links(self, banks: Banks) -> Iterable[I64]:
        """Asks all frames for links with what was kept, some frames at a time."""

    def kept(self) -> Side:
        """Those that were kept (rising), and their shots."""

    def of(self, shots: I64) -> Members:
        """Those of some shots (rising), and who stands for them."""

    def frames(self, rows: I64) -> Frames:
        """Makes the vectors of some frames available, and those of all that were kept."""


@dataclass(frozen=True, eq=False)
class Joined:
    """What became of shots that show copies.

    Attributes:
        shots: (s,) int64, rising: those that were joined with others.
        into: (s,) int64 the lowest of the shots that are one with it.
        members: Their frames; ``shot`` is that of ``into``.
        links: (l, 2) int64 shots that hang together by copies of what each kept by itself.
    """

    shots: I64
    into: I64
    members: Members
    links: I64


def join_shots(
    footage: Footage, rule: Rule, tau_across: float, earlier: Earlier = NOTHING
) -> Joined:
    """Joins shots that show copies and decides each joined one.

    In the end no kept frame is a copy of a kept frame of another shot.

    Args:
        footage: Of which the shots are decided.
        rule: What counts as the same within a shot.
        tau_across: Cosine from which frames of different shots are copies.
        earlier: Of the first shots, what need not be looked for again.
    """
    nothing, kept = np.empty(0, np.int64), footage.kept()
    banks = Banks.of(kept, tau_across, rule.unit_error, earlier.shots)
    asked = np.concatenate([earlier.links, *footage.links(banks)])
    links = every = first = chained(asked)
    found = Joined(nothing, nothing, footage.of(nothing), first)
    while len(links):
        shots, into = _parts(every)
        before = np.append(found.into, -1)[_places(found.shots, shots)]
        redone = np.isin(into, into[before != into])
        again = footage.of(shots[redone])
        group = into[np.searchsorted(shots, again.shot)]
        left = found.members.among(~np.isin(found.members.shot, before[redone]))
        members = left.and_also(_decided(footage, rule, again, group))
        found = Joined(shots, into, members, first)
        # What is kept now and was not has been compared with what was kept, but not with its like.
        new = members.among(members.kept & (_places(kept.rows, members.row) < 0))
        side = Side(footage.frames(new.row), new.row, new.shot)
        links = find_links(side, side, tau_across, rule.unit_error)
        every = np.concatenate([every, links])
    return found


def chained(links: I64) -> I64:
    """As few links as connect the same shots."""
    shots, into = _parts(links)
    pairs: I64 = np.stack([shots, into], axis=1)[shots != into]
    return pairs


def _decided(footage: Footage, rule: Rule, alone: Members, group: I64) -> Members:
    """The frames of joined shots once more, and those of them that are kept now and were not."""
    keeper, cosine, first = alone.keeper.copy(), alone.cosine.copy(), alone.kept
    frames = footage.frames(alone.row[:0])
    keeper[first], cosine[first] = rule.lead(
        frames, alone.row[first], group[first], alone.quality[first]
    )
    final = keeper == alone.row
    lost = ~first & ~final[np.searchsorted(alone.row, alone.keeper)]
    open_ = (final | lost) & np.isin(group, group[lost])
    frames = footage.frames(alone.row[lost])
    keeper[open_], cosine[open_] = rule.lead(
        frames, alone.row[open_], group[open_], alone.quality[open_], final[open_]
    )
    return Members(alone.row, group, alone.quality, keeper, cosine)


def _parts(links: I64) -> tuple[I64, I64]:
    """The shots that links name, rising, and for each the lowest that it hangs together with."""
    names, ends = np.unique(links, return_inverse=True)
    ends = ends.reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), np.int8), tuple(ends.T)), (len(names), len(names)))
    count, part = connected_components(graph, directed=False)
    lowest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(lowest, part, names)
    return names, lowest[part]


def _places(among: I64, wanted: I64) -> I64:
    """Where each wanted number is among rising ones; -1 where it is not."""
    if not len(among):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return np.where(among[at] == wanted, at, -1)
