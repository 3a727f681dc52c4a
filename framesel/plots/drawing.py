"""What all plots share: how a selection is opened, axes, colours, texts from outside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from framesel.report.view import View
from framesel.workspace import Workspace, folder_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Source = str | Path | Workspace | View

COLOURS = {
    "pick": "#d9480f",
    "earlier": "#7a3ea8",
    "outvoted": "#8f98a3",
    "limit": "#8a6d00",
    "duplicate": "#5b9bd5",
    "rejected": "#b3261e",
    "declined": "#7d1d4f",
    "new": "#2c7a4b",
    "holdout": "#1b6f78",
}
"""Of fates; the page has the same."""


def opened(source: Source, name: str | None = None) -> View:
    """A selection, opened for reading.

    Args:
        source: A workspace's folder, a workspace, or a view, which is returned as it is.
        name: Round, or beginning of the selection's folder; None for that of the latest round.

    Raises:
        WorkspaceError: There is no workspace, or nothing was chosen yet.
        UsageError: No selection, or several, have that name.
    """
    if isinstance(source, View):
        return source
    workspace = source if isinstance(source, Workspace) else Workspace.open(folder_of(source))
    return View.of(workspace, name)


def axes_of(ax: Axes | None, size: tuple[float, float] = (6.4, 4.0)) -> Axes:
    """The given axes, or new ones that a notebook shows."""
    if ax is not None:
        return ax
    from matplotlib import pyplot

    return pyplot.subplots(figsize=size, layout="constrained")[1]


def named(axes: Axes, x: str, y: str, title: str = "") -> Axes:
    """The axes with their labels, and no more lines than they need."""
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.set_title(title, fontsize="medium", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def plain(text: str) -> str:
    """Text from outside: matplotlib would take what stands between two dollars for a formula."""
    return "".join(c if c.isprintable() else "?" for c in text).replace("$", r"\$")
