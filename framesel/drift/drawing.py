"""A picture of a comparison: where the new frames lie, which seconds of their videos are new."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from framesel.drift.axes import principal
from framesel.drift.compare import Compared
from framesel.drift.footage import Both
from framesel.drift.newness import NewVideo
from framesel.plots.drawing import COLOURS, named, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

VIDEOS = 15
"""Videos whose seconds are drawn: the newest."""

_THIN_S = 0.2


def draw(both: Both, compared: Compared, videos: Sequence[NewVideo]) -> bytes:
    """A PNG.

    Args:
        both: The footage.
        compared: Says which frames to draw.
        videos: The new videos, the newest first.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 5), layout="constrained", dpi=110)
    left, right = figure.subplots(1, 2)
    _map(left, compared)
    _seconds(right, both, videos[:VIDEOS])
    found = io.BytesIO()
    figure.savefig(found, format="png", metadata={"Software": None})
    return found.getvalue()


def _map(axes: Axes, compared: Compared) -> None:
    """Frames of both sides on the two axes along which they differ most."""
    some = compared.sample
    places = principal(some.vectors, some.weights, 2)
    height = places[:, 1] if places.shape[1] > 1 else np.zeros(len(places))
    new = some.is_new[some.of]
    for mine, colour, name in ((~new, "0.7", "known"), (new, COLOURS["pick"], "new")):
        axes.scatter(places[mine, 0], height[mine], 8, color=colour, label=name, linewidths=0)
    axes.legend(frameon=False)
    named(axes, "first principal axis", "second", compared.verdict)


def _seconds(axes: Axes, both: Both, videos: Sequence[NewVideo]) -> None:
    """A bar for each new video; what is far from everything known stands out."""
    ends = np.zeros(len(both.new.names))
    np.maximum.at(ends, both.new.video, both.new.t_s)
    for row, video in enumerate(videos):
        end = float(ends[both.new.names.index(video.name)])
        axes.barh(row, max(end, _THIN_S), height=0.5, color="0.88")
        parts = [(s.start_s, max(s.end_s - s.start_s, _THIN_S)) for s in video.spans]
        axes.broken_barh(parts, (row - 0.25, 0.5), color=COLOURS["pick"])
    axes.set_yticks(range(len(videos)), [plain(video.name)[-40:] for video in videos])
    axes.invert_yaxis()
    named(axes, "seconds", "", "far from everything known")
