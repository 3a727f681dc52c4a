"""Cuts long videos at keyframes."""

from fractions import Fraction
from itertools import pairwise

import numpy as np

from framesel.storage.place import Place
from framesel.video.info import WHOLE, Segment, VideoInfo
from framesel.video.packets import read_index


def plan_segments(path: Place, info: VideoInfo, segment_s: float) -> list[Segment]:
    """Cuts a video into segments that can be decoded on their own.

    Cuts lie where decoding can begin exactly; videos without such places, without timestamps, or
    in codecs for which that is not proven, stay whole.

    Args:
        path: The video.
        info: What `probe` said.
        segment_s: Wanted length in seconds. Videos up to one and a half of it stay whole.

    Returns:
        Segments that follow each other without gaps; the first and the last are open.

    Raises:
        DecodeError: If the file cannot be opened any more.
    """
    if info.kind != "video" or (info.duration_s or 0.0) <= 1.5 * segment_s:
        return [WHOLE]
    index = read_index(path, info)
    if index.unproven or index.untimed:
        return [WHOLE]
    step = int(Fraction(repr(float(segment_s))) / info.time_base)
    cuts: list[int] = []
    since, end = info.start_pts, index.timeline.end_pts
    for pts in _starts(index.pts[index.start], since):
        # No cut close to the end: a stub of a segment costs more than it saves.
        if pts - since >= step and end - pts >= step // 2:
            cuts.append(pts)
            since = pts
    edges = [None, *cuts, None]
    return [Segment(a, b) for a, b in pairwise(edges)]


def _starts(start_pts: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]", after: int) -> list[int]:
    starts: list[int] = np.sort(start_pts[start_pts > after]).tolist()
    return starts
