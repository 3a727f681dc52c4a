"""Plots of a selection for notebooks, with matplotlib.

>>> from framesel import plots
>>> plots.coverage("workspace")  # doctest: +SKIP

Each function takes a workspace (its folder, or an open one) or what ``plots.opened`` gives, and
draws into the axes that it is given; without any it makes its own.
"""

from framesel.plots.curves import classes, coverage, gains, scores
from framesel.plots.drawing import COLOURS, Source, opened
from framesel.plots.frames import contact_sheet, embedding_map, timeline
from framesel.plots.rounds import rounds

__all__ = [
    "COLOURS",
    "Source",
    "classes",
    "contact_sheet",
    "coverage",
    "embedding_map",
    "gains",
    "opened",
    "rounds",
    "scores",
    "timeline",
]
