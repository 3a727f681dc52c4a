"""How the scores of picks lie among those of all frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.figures.plain import floats, number
from framesel.report.view import View

F64 = npt.NDArray[np.float64]

BINS = 30


@dataclass(frozen=True, eq=False)
class Scores:
    """Two histograms with the same bins.

    Attributes:
        name: Column of the scores table.
        edges: (b + 1,) rising.
        pool: (b,) density of all scored frames: the areas of the bars add up to 1.
        picks: (b,) the same of the picks; zeros where none has a score.
        frames: How many frames are in each.
        medians: Of both; nan where there is none.
    """

    name: str
    edges: F64
    pool: F64
    picks: F64
    frames: tuple[int, int]
    medians: tuple[float, float]

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "name": self.name,
            "edges": floats(self.edges),
            "pool": floats(self.pool),
            "picks": floats(self.picks),
            "frames": {"pool": self.frames[0], "picks": self.frames[1]},
            "medians": {"pool": number(self.medians[0]), "picks": number(self.medians[1])},
        }


def scores(view: View) -> Scores | None:
    """The histograms; None where nothing was scored."""
    if view.utility is None:
        return None
    known = np.isfinite(view.utility)
    pool = view.utility[known].astype(np.float64)
    picks = view.utility[known & (view.rank > 0)].astype(np.float64)
    if not len(pool):
        return None
    low, high = float(pool.min()), float(pool.max())
    edges = np.linspace(low, high if high > low else low + 1.0, BINS + 1)
    return Scores(
        view.utility_name,
        edges,
        _density(pool, edges),
        _density(picks, edges),
        (len(pool), len(picks)),
        (float(np.median(pool)), float(np.median(picks)) if len(picks) else float("nan")),
    )


def _density(values: F64, edges: F64) -> F64:
    if not len(values):
        return np.zeros(len(edges) - 1)
    # A bin's edge may be rounded to just beside the outermost value.
    inside = np.clip(values, edges[0], edges[-1])
    return np.histogram(inside, edges, density=True)[0].astype(np.float64)
