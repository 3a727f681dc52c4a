"""Tables of a comparison: what was claimed, curves, labels saved, gains, what was heard."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from framesel.selection.vectors.arrays import F64
from framesel.simulation.detector.arms import BASELINES, FULL, RANDOM, REFERENCE, Arm
from framesel.simulation.detector.findings import Area, Goal, areas, gains, goals
from framesel.simulation.detector.measure import MAIN
from framesel.simulation.detector.savings import (
    LEVELS,
    PRIMARY,
    level,
    need,
    ranked_interval,
    saved,
)
from framesel.simulation.detector.sheet import Sheet
from framesel.simulation.results_text import BETTER, WORSE, Grid


def of_sheet(detector: str, sheet: Sheet, arms: Sequence[Arm]) -> Iterator[Grid]:
    """All tables of one setting.

    Args:
        detector: Name of the kind that was trained.
        sheet: The setting.
        arms: Those of the sheet.
    """
    title = f"{sheet.setting}, {detector}"
    yield curves_grid(title, sheet, MAIN)
    yield curves_grid(title, sheet, "map50_95")
    if "rare_recall" in sheet.drawn:
        yield curves_grid(title, sheet, "rare_recall")
    yield needs_grid(title, sheet)
    yield saved_grid(title, sheet)
    if rows := gains(sheet, arms):
        yield Grid(
            f"{title}: gain over the first random batch, beside as many random frames",
            ("arm", "frames", "gain", "random's", "ratio"),
            tuple(
                (
                    row.arm,
                    f"{row.budget:,}",
                    f"{row.gain:+.3f}",
                    f"{row.random:+.3f}",
                    _with_ends(row.ratio, row.low, row.high, 2),
                )
                for row in rows
            ),
        )
    if any(arm.hears == "trusted" for arm in arms):
        yield heard_grid(title, sheet, arms)


def goals_grid(sheets: Sequence[tuple[str, Sheet]]) -> Grid | None:
    """What was claimed beforehand, and what became of it."""
    found: list[tuple[str, Goal]] = [(name, g) for name, sheet in sheets for g in goals(sheet)]
    if not found:
        return None
    return Grid(
        "What was claimed before anything was run",
        ("claim", "setting", "detector", "found", "holds"),
        tuple((g.claim, g.setting, name, g.found, "yes" if g.holds else "NO") for name, g in found),
    )


def curves_grid(title: str, sheet: Sheet, figure: str) -> Grid:
    """A figure by arm and budget, and the area under its curve."""
    rows = []
    for found in areas(sheet, figure):
        means = sheet.means(found.arm, figure)
        cells = (_cell(means[:, k]) for k in range(means.shape[1]))
        rows.append((found.arm, *cells, _area(found), _difference(found)))
    whole = _cell(sheet.full_means(figure))
    rows.append((f"{FULL}: all frames", *("" for _ in sheet.budgets), whole, ""))
    heads = (f"{budget:,} frames" for budget in sheet.budgets)
    return Grid(
        f"{title}: {figure}, mean of {len(sheet.seeds)} seeds",
        ("arm", *heads, "area", f"area less {REFERENCE}'s"),
        tuple(rows),
    )


def needs_grid(title: str, sheet: Sheet) -> Grid:
    """How many frames each arm takes to each level."""
    goals_of = {name: level(sheet, name, _baselines()) for name in LEVELS}
    heads = (f"{name} ({goal[0]:.3f})" for name, goal in goals_of.items())
    return Grid(
        f"{title}: frames until {MAIN} reaches",
        ("arm", *heads),
        tuple(
            (arm, *(need(sheet, arm, goal).text() for goal in goals_of.values()))
            for arm in sheet.arms
        ),
    )


def saved_grid(title: str, sheet: Sheet) -> Grid:
    """Labels saved at each level, counted in frames, in boxes and in seconds."""
    rows = []
    for arm in sheet.arms:
        cells = []
        for name in LEVELS:
            goal = level(sheet, name, _baselines())
            cells += [_saved(sheet, arm, REFERENCE, goal), _saved(sheet, arm, RANDOM, goal)]
        goal = level(sheet, PRIMARY, _baselines())
        for axis in ("boxes", "seconds"):
            there = REFERENCE in sheet.arms and arm != REFERENCE
            cells.append(saved(sheet, arm, REFERENCE, goal, axis).text() if there else "")
        rows.append((arm, *cells))
    heads = [f"{name}, frames: against {a}" for name in LEVELS for a in (REFERENCE, RANDOM)]
    heads += [f"{PRIMARY}, {axis}: against {REFERENCE}" for axis in ("boxes", "seconds")]
    return Grid(f"{title}: labels saved", ("arm", *heads), tuple(rows))


def heard_grid(title: str, sheet: Sheet, arms: Sequence[Arm]) -> Grid:
    """In how many seeds a detector's doubt was heard, and what it was worth."""
    rows = []
    for arm in arms:
        if arm.hears in ("trusted", "always"):
            heard, auroc = (sheet.values(arm.name, name) for name in ("heard", "auroc"))
            cells = (_share(heard[:, k], auroc[:, k]) for k in range(len(sheet.budgets)))
            rows.append((arm.name, *cells))
    return Grid(
        f"{title}: seeds in which doubt was heard; mean AUROC of what was picked up to then",
        ("arm", *(f"{budget:,} frames" for budget in sheet.budgets)),
        tuple(rows),
    )


def arms_grid(arms: Sequence[Arm]) -> Grid:
    """What was compared."""
    return Grid(
        "Arms",
        ("arm", "strategy", "settings", "chooses from", "first batch", "hears", "at each budget"),
        tuple(
            (
                arm.name,
                arm.strategy,
                ", ".join(f"{k}={v}" for k, v in arm.settings.items()) or "as they are",
                "all frames" if arm.footage == "all" else "what gate and near-duplicates leave",
                arm.first,
                arm.hears,
                "chooses anew" if arm.anew else "adds",
            )
            for arm in arms
        ),
    )


def _baselines() -> list[str]:
    return [arm.name for arm in BASELINES]


def _saved(sheet: Sheet, arm: str, against: str, goal: F64) -> str:
    if against not in sheet.arms or arm == against:
        return ""
    return saved(sheet, arm, against, goal).text()


def _cell(values: F64) -> str:
    return _with_ends(float(values[0]), *ranked_interval(values[1:]), 3)


def _area(found: Area) -> str:
    return _with_ends(found.mean, found.low, found.high, 3)


def _difference(found: Area) -> str:
    if found.arm == REFERENCE or math.isnan(found.difference):
        return ""
    mark = ""
    if found.p_holm < 0.05:
        mark = BETTER if found.difference > 0 else WORSE
    p = "" if math.isnan(found.p_holm) else f", p {found.p_holm:.4f}"
    ends = f"[{found.difference_low:+.3f}, {found.difference_high:+.3f}]"
    return f"{found.difference:+.3f}{mark} {ends}{p}"


def _share(heard: F64, auroc: F64) -> str:
    known = auroc[np.isfinite(auroc)]
    mean = f", {known.mean():.2f}" if len(known) else ""
    return f"{heard.mean():.0%}{mean}"


def _with_ends(value: float, low: float, high: float, digits: int) -> str:
    if math.isnan(value):
        return ""
    ends = "" if math.isnan(low) else f" [{low:.{digits}f}, {high:.{digits}f}]"
    return f"{value:.{digits}f}{ends}"
