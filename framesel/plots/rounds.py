"""The curve of the rounds: mAP against what was labelled, and the curve fitted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from framesel.errors import UsageError
from framesel.plots.drawing import COLOURS, Source, axes_of, named, opened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Over = Literal["frames", "boxes", "hours"]

_LABELS = {
    "frames": "labelled frames",
    "boxes": "labelled boxes",
    "hours": "hours of labelling",
}
_METRICS = {"map50": ("mAP50", COLOURS["pick"]), "map50_95": ("mAP50-95", "#2f6f9f")}


def rounds(source: Source, ax: Axes | None = None, *, over: Over = "frames") -> Axes:
    """What the model of each round reaches on frames that it has not seen, with 95 % intervals.

    Args:
        source: See the module.
        ax: Where to draw.
        over: Against what. The fitted curve, where there are enough models, is one of frames.

    Raises:
        UsageError: No model was judged yet.
    """
    from framesel.report.figures import rounds as figure

    found = figure.rounds(opened(source))
    curve = () if found is None else found.history.curve
    if found is None or not curve:
        raise UsageError("no model was judged yet: `framesel train`, with frames held out")
    axes = axes_of(ax)
    x = [point.cost_s / 3600 if over == "hours" else getattr(point, over) for point in curve]
    for metric, (name, colour) in _METRICS.items():
        values = [point.estimate(metric) for point in curve]
        ends = [[v.value - v.low for v in values], [v.high - v.value for v in values]]
        axes.errorbar(
            x, [v.value for v in values], ends, fmt="o-", color=colour, label=name, capsize=3,
            markersize=4, linewidth=1.5, elinewidth=0.8,
        )  # fmt: skip
    advice = found.history.advice
    fit = None if advice is None else advice.fit()
    if over == "frames" and fit is not None:
        names = ("frames", "value", "low", "high")
        frames, value, low, high = (np.array(fit[name], np.float64) for name in names)
        axes.plot(frames, value, ":", color="0.4", label="fitted")
        axes.fill_between(frames, low, high, color="0.4", alpha=0.15, linewidth=0)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    return named(axes, _LABELS[over], f"mean average precision, {found.history.on}")
