"""How well the picks cover the footage at every budget, against baselines that look at nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel import table_files
from framesel.report.figures.plain import floats, ints
from framesel.report.figures.reach import Reach, companions
from framesel.report.view import FATES, View
from framesel.selection.strategies.stratified import Stratified, stride_strata

F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BUDGETS = 12
SEEDS = 5
MOST_FRAMES = 50_000
MOST_PRODUCTS = 10_000_000
"""Frames that are measured times picks: what a look may cost."""
LEAST_FRAMES = 5_000


@dataclass(frozen=True, eq=False)
class Arm:
    """One way to choose, at each budget; mean, lowest and highest over its seeds.

    Attributes:
        name: picks, uniform or random.
        distance: (3, g) mean cosine distance of good frames to the nearest chosen frame.
        redundant: (3, g) share of the chosen frames that have another one within tau.
    """

    name: str
    distance: F64
    redundant: F64

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "name": self.name,
            "distance": floats(self.distance[0]),
            "distance_low": floats(self.distance[1]),
            "distance_high": floats(self.distance[2]),
            "redundant": floats(self.redundant[0]),
            "redundant_low": floats(self.redundant[1]),
            "redundant_high": floats(self.redundant[2]),
        }


@dataclass(frozen=True, eq=False)
class Coverage:
    """The picks, uniform and random choices of as many frames.

    Attributes:
        budgets: (g,) rising numbers of frames; the last is that of the picks.
        arms: picks, uniform, random.
        tau_cos: Cosine from which two frames are the same.
        note: On how many frames it was measured, where not on all; what else is to be known.
    """

    budgets: Ints
    arms: tuple[Arm, ...]
    tau_cos: float
    note: str

    def arm(self, name: str) -> Arm:
        """One of them by name."""
        return next(arm for arm in self.arms if arm.name == name)

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "budgets": ints(self.budgets),
            "arms": [arm.json() for arm in self.arms],
            "tau_cos": self.tau_cos,
            "note": self.note,
        }


def coverage(
    view: View, *, budgets: Ints | None = None, seeds: int = SEEDS, most: int = MOST_FRAMES
) -> Coverage | None:
    """Measures the picks and the baselines; None where there are no picks or no good frames.

    What earlier rounds picked counts as chosen in every arm. Uniform is the strategy
    ``stratified`` with its defaults: each video gets a share and is strode through.

    Args:
        view: The selection.
        budgets: (g,) rising; None for a dozen up to the number of picks.
        seeds: Draws of uniform and random.
        most: Good frames that distances are measured from; evenly spaced where there are more.
    """
    picks = view.pick_rows[view.pick_rows >= 0]
    good, before = _frames(view)
    line, strata = _line(view, np.setdiff1d(good, before))
    if not len(picks) or not len(line):
        return None
    grid = budget_grid(len(picks)) if budgets is None else budgets
    limit = min(most, max(LEAST_FRAMES, MOST_PRODUCTS // len(picks)))
    measured = good[spread(len(good), limit)]
    tau_cos = tau_of(view)
    uniform, lots = _uniform(line, strata, grid, seeds), _lots(line, len(picks), seeds)
    asked = np.concatenate([measured, before, picks, *lots, *(r for one in uniform for r in one)])
    reach = Reach.of(view.vectors.some(asked), measured, before)
    arms = (
        Arm("picks", *_nested(reach, [picks], grid, tau_cos)),
        Arm("uniform", *_anew(reach, uniform, tau_cos)),
        Arm("random", *_nested(reach, lots, grid, tau_cos)),
    )
    note = ""
    if len(measured) < len(good):
        note = f"Measured on {len(measured):,} of {len(good):,} good frames, evenly spaced."
    return Coverage(grid, arms, tau_cos, note)


def budget_grid(most: int) -> Ints:
    """(g,) rising budgets, about ``BUDGETS`` of them, closer together where they are small."""
    return np.unique(np.round(np.geomspace(1, most, BUDGETS)).astype(np.int64))


def spread(n: int, most: int) -> Ints:
    """(min(n, most),) rising positions, evenly spaced."""
    taken = min(n, most)
    return np.arange(taken, dtype=np.int64) * n // max(1, taken)


def tau_of(view: View) -> float:
    """The cosine from which two frames of this selection count as the same."""
    folder = view.workspace.stage("duplicates", view.keys["duplicates"])
    made = json.loads((folder / "stage.json").read_text("utf-8"))
    if made["fields"]["tau_cos"] != "auto":
        return float(made["fields"]["tau_cos"])
    parent = view.workspace.stage("tau", made["needs"]["tau"]).parent
    found = parent.glob(f"{made['needs']['tau']}-*/all.parquet")
    table = table_files.read(max(found, key=lambda p: p.stat().st_mtime_ns))
    return float(table.filter(table["chosen"])["tau_cos"][0].as_py())


def _frames(view: View) -> tuple[Ints, Ints]:
    """Rows of good frames, and of those that earlier rounds picked."""
    codes = [FATES.index(name) for name in ("rejected", "new", "holdout")]
    there = view.vectors.there
    good = np.flatnonzero(there & ~np.isin(view.fate, codes))
    return good, np.flatnonzero(there & (view.fate == FATES.index("earlier")))


def _line(view: View, rows: Ints) -> tuple[Ints, Ints]:
    """Rows stratum by stratum, and (n,) each frame's: its video, or the folder of a still."""
    folders: dict[str, int] = {}
    numbers, at = np.unique(view.frames.video_no, return_inverse=True)
    group = []
    for number in numbers.tolist():
        known = view.catalog.videos[number]
        if known["kind"] == "image":
            folder = str(Path(known["path"]).parent)
            group.append(-1 - folders.setdefault(folder, len(folders)))
        else:
            group.append(number)
    strata = np.array(group, np.int64)[at]
    return rows[np.argsort(strata[rows], kind="stable")], strata


def _uniform(line: Ints, strata: Ints, grid: Ints, seeds: int) -> list[list[Ints]]:
    """Rows of a choice of each size, seed by seed."""
    power = Stratified().power
    return [
        [
            stride_strata(line, strata, min(b, len(line)), power, np.random.default_rng([seed, b]))
            for b in grid.tolist()
        ]
        for seed in range(seeds)
    ]


def _lots(line: Ints, most: int, seeds: int) -> list[Ints]:
    return [np.random.default_rng(seed).permutation(line)[:most] for seed in range(seeds)]


def _nested(reach: Reach, orders: list[Ints], grid: Ints, tau_cos: float) -> tuple[F64, F64]:
    """Of choices whose beginnings are the choices for smaller budgets."""
    distance = np.array([reach.over(rows, np.minimum(grid, len(rows))) for rows in orders])
    redundant = []
    for rows in orders:
        first = companions(reach.vectors[rows], reach.before, tau_cos)
        redundant.append([(first[:b] < min(b, len(rows))).mean() for b in grid.tolist()])
    return _three(distance), _three(np.array(redundant))


def _anew(reach: Reach, choices: list[list[Ints]], tau_cos: float) -> tuple[F64, F64]:
    """Of choices that are made anew for every budget, seed by seed."""
    distance = np.array([[reach.over(r, np.array([len(r)]))[0] for r in one] for one in choices])
    redundant = []
    for rows in (rows for one in choices for rows in one):
        first = companions(reach.vectors[rows], reach.before, tau_cos)
        redundant.append((first < len(rows)).mean())
    return _three(distance), _three(np.array(redundant).reshape(distance.shape))


def _three(values: F64) -> F64:
    """(3, g): mean, lowest and highest of (seeds, g)."""
    return np.stack([values.mean(axis=0), values.min(axis=0), values.max(axis=0)])
