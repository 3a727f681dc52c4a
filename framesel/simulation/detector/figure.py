"""The curves of a comparison, drawn: a panel for each detector and setting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from framesel.simulation.detector.arms import BASELINES, OURS, REFERENCE
from framesel.simulation.detector.measure import MAIN
from framesel.simulation.detector.savings import PRIMARY, level
from framesel.simulation.detector.sheet import Sheet

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BANDS = {OURS: "#d9480f", REFERENCE: "#2f6f9f"}
"""Arms that are told apart by colour, with their intervals; the others are thin lines."""

_STYLES = ("-", "--", "-.", ":")
_GRAYS = ("#8f98a3", "#5f6670", "#b09a5b", "#7a3ea8", "#2c7a4b")


def draw(sheets: Sequence[tuple[str, Sheet]], path: Path) -> None:
    """Writes the figure.

    Args:
        sheets: Detector and setting.
        path: ``.png`` or ``.svg``.
    """
    from matplotlib.figure import Figure

    columns = min(2, len(sheets))
    rows = -(-len(sheets) // columns)
    figure = Figure(figsize=(6.4 * columns, 4.4 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (detector, sheet) in zip(panels, sheets, strict=False):
        _panel(panel, detector, sheet)
    for panel in panels[len(sheets) :]:
        panel.set_axis_off()
    # A legend for all: the panels share their arms, and within one it would hide curves.
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    # Equal numbers give equal files.
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _panel(axes: Axes, detector: str, sheet: Sheet) -> None:
    for at, arm in enumerate(sheet.arms):
        means = sheet.means(arm, MAIN)
        if arm in BANDS:
            low, high = np.quantile(means[1:], (0.025, 0.975), axis=0)
            axes.fill_between(sheet.budgets, low, high, color=BANDS[arm], alpha=0.15, linewidth=0)
        colour = BANDS.get(arm, _GRAYS[at % len(_GRAYS)])
        width = 2.0 if arm in BANDS else 1.0
        style = "-" if arm in BANDS else _STYLES[at % len(_STYLES)]
        axes.plot(sheet.budgets, means[0], style, color=colour, linewidth=width, label=arm)
    full = float(sheet.full_means(MAIN)[0])
    goal = float(level(sheet, PRIMARY, [arm.name for arm in BASELINES])[0])
    axes.axhline(full, color="0.3", linewidth=1, label="all frames")
    axes.axhline(goal, color="0.3", linewidth=1, linestyle=":", label=PRIMARY)
    axes.set_xscale("log")
    axes.set_xticks(sheet.budgets, [f"{budget:,}" for budget in sheet.budgets])
    axes.minorticks_off()
    axes.set_xlabel("labelled frames")
    axes.set_ylabel("mAP50 on held-out footage")
    axes.set_title(f"{sheet.setting}, {detector}", loc="left", fontsize="medium")
    axes.spines[["top", "right"]].set_visible(False)
