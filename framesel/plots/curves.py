"""Curves and bars: gains, coverage, scores, classes."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING, Literal

import numpy as np

from framesel.errors import UsageError
from framesel.plots.drawing import COLOURS, Source, axes_of, named, opened, plain

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ARMS = {"picks": COLOURS["pick"], "uniform": "#2f6f9f", "random": "#8f98a3"}
_SLICES = ("#2f6f9f", COLOURS["pick"], "#2c7a4b", "#7a3ea8", "#8a6d00")


def gains(source: Source, ax: Axes | None = None, *, ahead: bool = True) -> Axes:
    """What each pick gained, by slice of the budget, and what more frames would gain.

    Args:
        source: See the module.
        ax: Where to draw.
        ahead: Also frames that would come next; they are computed the first time.

    Raises:
        UsageError: The strategy maximises nothing.
    """
    from framesel.report.figures import gains as figure

    found = figure.gains(opened(source), ahead=ahead)
    if found is None:
        raise UsageError("this strategy maximises nothing: its picks have no gains to draw")
    axes = axes_of(ax)
    for name, colour in zip(dict.fromkeys(found.source), cycle(_SLICES), strict=False):
        mine = np.array([one == name for one in found.source]) & np.isfinite(found.gain)
        for part, style in ((slice(0, found.picks), "o-"), (slice(found.picks, None), "o:")):
            rank, gain = found.rank[part][mine[part]], found.gain[part][mine[part]]
            if len(rank):
                label = (
                    None if style == "o:" else ": ".join(filter(None, (name, found.unit_of(name))))
                )
                axes.plot(rank, gain, style, color=colour, label=label, markersize=3, linewidth=1)
    if len(found.rank) > found.picks:
        axes.axvline(found.picks + 0.5, color="0.6", linewidth=1, linestyle="--")
    told = found.next()
    positive = found.gain[np.isfinite(found.gain)]
    if len(positive) and positive.min() > 0:
        axes.set_yscale("log")
    axes.legend(frameon=False)
    return named(axes, "rank", "gain", "" if told is None else str(told["text"]))


def coverage(
    source: Source, ax: Axes | None = None, *, what: Literal["distance", "redundant"] = "distance"
) -> Axes:
    """The picks against uniform and random choices of as many frames.

    Args:
        source: See the module.
        ax: Where to draw.
        what: ``distance``: mean cosine distance of good frames to the nearest chosen one;
            ``redundant``: share of the chosen frames that look like another.

    Raises:
        UsageError: There are no picks.
    """
    from framesel.report.figures import coverage as figure

    found = figure.coverage(opened(source))
    if found is None:
        raise UsageError("there are no picks whose coverage could be drawn")
    axes = axes_of(ax)
    for arm in found.arms:
        mean, low, high = arm.distance if what == "distance" else arm.redundant
        axes.plot(found.budgets, mean, "o-", color=_ARMS[arm.name], label=arm.name, markersize=3)
        if arm.name != "picks":
            axes.fill_between(
                found.budgets, low, high, color=_ARMS[arm.name], alpha=0.2, linewidth=0
            )
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    label = {
        "distance": "cosine distance to the nearest chosen frame",
        "redundant": f"share with another within cosine {found.tau_cos:g}",
    }[what]
    return named(axes, "frames chosen", label, found.note)


def scores(source: Source, ax: Axes | None = None) -> Axes:
    """Histogram of the scores of all frames, and of the picks.

    Raises:
        UsageError: Nothing was scored.
    """
    from framesel.report.figures import scores as figure

    found = figure.scores(opened(source))
    if found is None:
        raise UsageError("there are no scores: they need a detector (detections.weights)")
    axes = axes_of(ax)
    axes.stairs(found.pool, found.edges, fill=True, color="#c3c9d1", label="all frames")
    axes.stairs(found.picks, found.edges, color=COLOURS["pick"], linewidth=1.5, label="picks")
    axes.legend(frameon=False)
    return named(axes, found.name, "density")


def classes(source: Source, ax: Axes | None = None, *, most: int = 15) -> Axes:
    """Share of boxes by class, of the picks and of all frames.

    Args:
        source: See the module.
        ax: Where to draw.
        most: How many classes, those with the most boxes first.

    Raises:
        UsageError: There is no detector.
    """
    from framesel.report.figures import classes as figure

    found = figure.classes(opened(source))
    if found is None:
        raise UsageError("there are no classes: they need a detector (detections.weights)")
    axes = axes_of(ax)
    names = [plain(name) for name in found.names[:most]]
    place = np.arange(len(names))
    axes.barh(place - 0.2, found.picks.box_share[:most], 0.4, color=COLOURS["pick"], label="picks")
    axes.barh(place + 0.2, found.pool.box_share[:most], 0.4, color="#c3c9d1", label="all frames")
    axes.set_yticks(place, names)
    axes.invert_yaxis()
    axes.legend(frameon=False)
    return named(axes, "share of boxes", "")
