"""Frames: those of one video over time, all of them on a map, the picks as pictures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from framesel.errors import UsageError
from framesel.plots.drawing import COLOURS, Source, axes_of, named, opened, plain
from framesel.report.view import FATES, View

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def timeline(source: Source, video: int | str, ax: Axes | None = None) -> Axes:
    """One video: its frames and what became of them, near-duplicates, score or sharpness.

    Args:
        source: See the module.
        video: Number, path or file name.
        ax: Where to draw.

    Raises:
        UsageError: There is no such video, or none of its frames was looked at.
    """
    from framesel.report.figures import timeline as figure

    view = opened(source)
    number = view.catalog.find(str(video))
    line = next((one for one in figure.timeline(view) if one.video_no == number), None)
    if line is None:
        raise UsageError(f"no frame of {view.video_name(number)} was looked at")
    axes = axes_of(ax, (9, 2.6))
    rows = slice(*line.rows)
    t_s, fate = view.frames.t_s[rows], view.fate[rows]
    height = view.frames.columns["sharpness"] if view.utility is None else view.utility
    name = "sharpness" if view.utility is None else view.utility_name
    for start, end in zip(line.start_s, line.end_s, strict=True):
        axes.axvspan(start, end, color=COLOURS["duplicate"], alpha=0.15, linewidth=0)
    axes.plot(t_s, height[rows], color="0.75", linewidth=1, zorder=1)
    for code in np.unique(fate).tolist():
        mine, picked = fate == code, FATES[code] == "pick"
        size, colour = (40 if picked else 12), COLOURS[FATES[code]]
        axes.scatter(
            t_s[mine], height[rows][mine], size, color=colour, label=FATES[code], zorder=2 + picked
        )
    _legend_above(axes)
    return named(axes, "seconds", name, plain(view.video_name(number)))


def embedding_map(
    source: Source,
    ax: Axes | None = None,
    *,
    colour: Literal["fate", "cluster", "video", "score"] = "fate",
) -> Axes:
    """Every frame where it lies on the map; picks are drawn last, with a rim.

    Args:
        source: See the module.
        ax: Where to draw.
        colour: What the colours tell.

    Raises:
        UsageError: Colours shall tell scores, and there are none.
    """
    from framesel.report.figures import embedding_map as figure

    view = opened(source)
    if colour == "score" and view.utility is None:
        raise UsageError("there are no scores: they need a detector (detections.weights)")
    placed = figure.embedding_map(view)
    colours: dict[str, Any] = {
        "fate": np.array([COLOURS[name] for name in FATES])[view.fate],
        "cluster": placed.cluster % 20,
        "video": np.unique(view.frames.video_no, return_inverse=True)[1] % 20,
        "score": view.utility,
    }
    axes = axes_of(ax, (7, 7))
    told = colours[colour]
    palette = None if colour == "fate" else ("viridis" if colour == "score" else "tab20")
    axes.scatter(placed.x, placed.y, 6, c=told, cmap=palette, linewidths=0, rasterized=True)
    picked = view.rank > 0
    axes.scatter(
        placed.x[picked], placed.y[picked], 28, c=told[picked], cmap=palette, edgecolors="black",
        linewidths=0.8,
    )  # fmt: skip
    if colour == "fate":
        for code in np.unique(view.fate).tolist():
            axes.scatter([], [], 20, color=COLOURS[FATES[code]], label=FATES[code])
        _legend_above(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_aspect("equal", adjustable="datalim")
    return named(axes, "", "", placed.method if colour == "fate" else f"{placed.method}, {colour}")


def _legend_above(axes: Axes) -> None:
    """Right above the axes, where it hides nothing."""
    axes.legend(
        frameon=False, fontsize="small", ncols=8, loc="lower right", bbox_to_anchor=(1, 1),
        borderaxespad=0, columnspacing=1, handletextpad=0.2,
    )  # fmt: skip


def contact_sheet(source: Source, *, most: int = 24, columns: int = 6) -> Figure:
    """Pictures of the first picks in rank order, with the detector's boxes.

    Args:
        source: See the module.
        most: How many picks.
        columns: Pictures in a row.

    Raises:
        UsageError: There are no picks.
    """
    from matplotlib import pyplot

    view = opened(source)
    rows = view.pick_rows[view.pick_rows >= 0][:most]
    if not len(rows):
        raise UsageError("there are no picks to show")
    lines = math.ceil(len(rows) / columns)
    figure, grid = pyplot.subplots(
        lines, columns, figsize=(2.2 * columns, 1.75 * lines), squeeze=False, layout="constrained"
    )
    for axes in grid.flat:
        axes.axis("off")
    for axes, row in zip(grid.flat, rows.tolist(), strict=False):
        _show(view, row, axes)
    return figure


def _show(view: View, row: int, axes: Axes) -> None:
    from matplotlib.patches import Rectangle

    from framesel.video import jpeg

    name, t_s = view.video_name(int(view.frames.video_no[row])), view.frames.t_s[row]
    short = plain(name if len(name) <= 22 else f"…{name[-21:]}")
    axes.set_title(f"{view.rank[row]}  {short} {t_s:.1f} s", fontsize=7, loc="left")
    stored = view.jpeg(row)
    if stored is None:
        axes.text(0.5, 0.5, "no picture", ha="center", transform=axes.transAxes)
        return
    image = jpeg.decode(stored)
    axes.imshow(image)
    high, wide = image.shape[:2]
    for box in view.boxes([row])[0]:
        corner, size = (box.x1 * wide, box.y1 * high), (box.x2 - box.x1, box.y2 - box.y1)
        axes.add_patch(
            Rectangle(
                corner, size[0] * wide, size[1] * high, fill=False, color=COLOURS["pick"], lw=0.8
            )
        )
