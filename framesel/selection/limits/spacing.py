"""Which candidates stand too close in time to one another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from framesel.selection.vectors.arrays import F64, I32, I64, Bool

TOLERANCE_S = 1e-9
"""Seconds by which a gap may fall short: time stamps that are sums of 1/30 s are not exact."""


class Spacing:
    """Frames of one video whose times differ by less than ``gap_s`` exclude each other.

    Candidates stand in (video, time, row) order here; a position in that order is a *place*. Those
    that exclude place p are the places ``start[p]`` to ``end[p] - 1``, p among them.
    """

    def __init__(self, video_no: I32, pts_s: F64, gap_s: float) -> None:
        """Sort the candidates.

        Args:
            video_no: (n,) the video of each.
            pts_s: (n,) seconds in that video.
            gap_s: Least seconds between two picks of a video, above 0.
        """
        n = len(video_no)
        rows = np.arange(n)
        self.gap_s = gap_s
        self.order: I64 = np.lexsort((rows, pts_s, video_no)).astype(np.int64)
        self.place: I64 = np.empty(n, np.int64)
        self.place[self.order] = rows
        times, reach = pts_s[self.order], gap_s - min(TOLERANCE_S, gap_s / 2)
        cuts = np.flatnonzero(np.diff(video_no[self.order])) + 1
        edges = np.concatenate([[0], cuts, [n]])
        self._end: I64 = rows + 1
        for low, high in pairwise(edges):
            if high - low > 1:
                part = times[low:high]
                found = low + np.searchsorted(part, part + reach, side="left")
                self._end[low:high] = np.maximum(found, self._end[low:high])
        self._start: I64 = np.searchsorted(self._end, rows, side="right").astype(np.int64)

    def around(self, row: int) -> I64:
        """Candidates that cannot be picked beside this one, itself among them."""
        place = self.place[row]
        return self.order[self._start[place] : self._end[place]]

    def beside(self, rows: I64, chosen: Bool) -> Bool:
        """Whether each of the rows excludes one of the (n,) chosen."""
        before = np.concatenate([[0], np.cumsum(chosen[self.order])])
        places = self.place[rows]
        nearby: Bool = before[self._end[places]] > before[self._start[places]]
        return nearby

    def windows(self, rows: I64) -> tuple[I64, I64, I64]:
        """The largest sets among some rows in which each excludes each other.

        A choice keeps the gap exactly if it takes at most one of each set.

        Returns:
            The rows in order of place, and first position and end of each set of two or more.
        """
        places = np.sort(self.place[rows])
        ends = np.searchsorted(places, self._end[places], side="left")
        firsts = np.arange(len(places))
        largest = ends > np.concatenate([[0], ends[:-1]])
        kept = largest & (ends - firsts > 1)
        return self.order[places], firsts[kept], ends[kept]

    def most(self, rows: I64) -> int:
        """How many of some rows can be picked at most: always the earliest that still fits."""
        places = np.sort(self.place[rows])
        following = np.searchsorted(places, self._end[places], side="left").tolist()
        count = at = 0
        while at < len(following):
            count, at = count + 1, following[at]
        return count
