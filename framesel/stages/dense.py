"""The stretches of videos that are to be looked at closely, as the stage ``windows`` left them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from framesel import table_files
from framesel.stage import Inputs

if TYPE_CHECKING:
    from framesel.video.info import Segment, Spans


_ENDS = ("start_pts", "end_pts", "look_start_pts", "look_end_pts")


@dataclass(frozen=True)
class Dense:
    """The stretches to look at closely, by video."""

    spans: Mapping[int, Spans]

    @classmethod
    def read(cls, inputs: Inputs) -> Dense:
        """Those of the videos of a shard, some of which may be at home in others."""
        from framesel.video.info import Segment, Spans

        numbers = sorted({p.video_no for p in inputs.shard.parts})
        found: dict[int, list[Segment]] = {number: [] for number in numbers}
        for home in sorted({inputs.catalog.shards_of[number][0] for number in numbers}):
            path = inputs.workspace.shard("windows", inputs.keys["windows"], home)
            table = table_files.read(path, columns=["video_no", "dense", *_ENDS])
            for row in table.filter(pc.field("dense")).to_pylist():
                if row["video_no"] in found:
                    stretches = found[row["video_no"]]
                    all_of_it = row["look_start_pts"] is None
                    start, end = (row[name] for name in (_ENDS[:2] if all_of_it else _ENDS[2:]))
                    if stretches and stretches[-1].end_pts == start:
                        start = stretches.pop().start_pts
                    stretches.append(Segment(start, end))
        return cls({number: Spans(tuple(s)) for number, s in found.items()})

    def within(self, video_no: int, start_pts: int | None, end_pts: int | None) -> Spans:
        """Those of a part of a video."""
        from framesel.video.info import Segment, Spans

        cut = (
            Segment(_later(start_pts, s.start_pts), _earlier(end_pts, s.end_pts))
            for s in self.spans[video_no].stretches
        )
        return Spans(tuple(s for s in cut if not _is_empty(s)))


def _is_empty(one: Segment) -> bool:
    return one.start_pts is not None and one.end_pts is not None and one.start_pts >= one.end_pts


def _later(one: int | None, other: int | None) -> int | None:
    return max((v for v in (one, other) if v is not None), default=None)


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((v for v in (one, other) if v is not None), default=None)
