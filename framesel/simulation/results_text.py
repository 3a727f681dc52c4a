"""Results for people and for programs: tables in the terminal, Markdown, CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, Group
from rich.table import Table

from framesel.simulation.arms import OURS, REFERENCE, Arm
from framesel.simulation.comparison import (
    Figure,
    Figures,
    Key,
    Results,
    Samples,
    Verdict,
    compare,
    verdicts,
)
from framesel.simulation.measures import MEASURES, Measure
from framesel.simulation.simulate import Plan
from framesel.simulation.statistics import LEAST_SEEDS
from framesel.simulation.trial import NEAR_DUPLICATES

HEADING = """# What strategies find

Made by `framesel simulate`. What was to be compared and what was claimed stands in
`framesel/simulation/arms.py`, written before anything was compared.
"""
BETTER, WORSE = "▲", "▼"
CLAIMS = {
    "better": "{ours} is better than {theirs}",
    "twice": "{ours} has at least twice as much as {theirs}",
    "no harm": "{ours} loses at most 0.01 to {theirs}",
}


@dataclass(frozen=True)
class Grid:
    """One table: arms below, figures to the right."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, eq=False)
class Report:
    """All that is told of a simulation."""

    grids: tuple[Grid, ...]
    legend: tuple[str, ...]
    figures: Figures

    def show(self, console: Console) -> None:
        """Print the tables."""
        for grid in self.grids:
            show(grid, console)
        for line in self.legend:
            console.print(line, highlight=False, markup=False)

    def markdown(self) -> str:
        """The tables in Markdown, with what they show and how they were made."""
        lines = "\n".join(f"- {line}" for line in self.legend)
        return "\n".join([HEADING, lines, "", *(markdown(grid) for grid in self.grids)])

    def csv(self) -> str:
        """All figures with the value of each seed."""
        return as_csv(self.figures)


def report(plan: Plan, results: Results) -> Report:
    """Compare, judge the endpoints, and lay it out."""
    samples = Samples(results)
    figures = compare(results, samples)
    judged = verdicts(figures, samples)
    found = (endpoints_grid(judged, OURS),) if judged else ()
    tables = (*found, *grids(results, figures), arms_grid(plan.arms))
    return Report(tables, tuple(legend(plan, figures)), figures)


def grids(results: Results, figures: Figures) -> Iterator[Grid]:
    """A table for each world and budget, that of near-duplicates (no budget) first."""
    for world in dict.fromkeys(key.world for key in figures):
        budgets = dict.fromkeys(key.budget for key in figures if key.world == world)
        for budget in budgets:
            mine = {k: f for k, f in figures.items() if (k.world, k.budget) == (world, budget)}
            shown = [
                m
                for m in MEASURES.values()
                if any(k.measure == m.name and math.isfinite(f.mean) for k, f in mine.items())
            ]
            arms = dict.fromkeys(key.arm for key in mine)
            yield Grid(
                _title(world, budget, results),
                ("", *(f"{m.title} {'↓' if m.better == 'lower' else '↑'}" for m in shown)),
                tuple(
                    (arm, *(_cell(mine.get(Key(world, budget, arm, m.name)), m) for m in shown))
                    for arm in arms
                ),
            )


def endpoints_grid(verdicts: Sequence[Verdict], ours: str) -> Grid:
    """What was claimed beforehand, and whether it holds."""
    return Grid(
        "What was claimed before anything was run",
        ("claim", "world", "budget", "figure", "ours", "theirs", "gain", "p", "holds"),
        tuple(
            (
                CLAIMS[v.endpoint.wanted].format(ours=ours, theirs=v.endpoint.against),
                v.endpoint.world,
                v.budget,
                MEASURES[v.endpoint.measure].title,
                f"{v.ours:.4f}",
                f"{v.theirs:.4f}",
                f"{'x' if v.endpoint.wanted == 'twice' else ''}{v.effect:.4f} "
                f"[{v.low:.4f}, {v.high:.4f}]",
                "" if math.isnan(v.p_holm) else f"{v.p_holm:.4f}",
                "yes" if v.holds else "NO",
            )
            for v in verdicts
        ),
    )


def arms_grid(arms: Sequence[Arm]) -> Grid:
    """What was compared."""
    return Grid(
        "Arms",
        ("arm", "strategy", "settings", "chooses from", "hears a model"),
        tuple(
            (
                arm.name,
                arm.strategy,
                ", ".join(f"{k}={v}" for k, v in arm.settings.items()) or "as they are",
                "all frames" if arm.footage == "all" else "what gate and near-duplicates leave",
                "yes" if arm.informed else "no",
            )
            for arm in arms
        ),
    )


def legend(plan: Plan, figures: Figures) -> list[str]:
    """What the tables show."""
    measured = {key.measure for key in figures}
    lines = [
        f"Budgets in frames or percent of all sampled frames that may be chosen. Near-duplicates "
        f"from a cosine of {plan.tau.cos:g} on (tiles: {plan.tau.tile:g}).",
        f"Means over {plan.seeds} seeds from {plan.first_seed} on; in brackets 95 % intervals of a "
        "bootstrap over videos and seeds (over seeds alone: balance, radius, certified, which do "
        "not add up over videos)",
    ]
    if plan.seeds < LEAST_SEEDS:
        lines.append(f"No test was made: that takes {LEAST_SEEDS} seeds or more.")
    else:
        lines.append(
            f"{BETTER} better and {WORSE} worse than {REFERENCE}: two-sided Wilcoxon test paired "
            "by seed, p < 0.05 after Holm's adjustment for all arms of the table."
        )
    return lines + [f"{m.title}: {m.meaning}" for m in MEASURES.values() if m.name in measured]


def show(grid: Grid, console: Console) -> None:
    """Print a table."""
    table = Table(title=grid.title, title_justify="left", box=None, pad_edge=False)
    for place, head in enumerate(grid.head):
        table.add_column(head, justify="right" if place else "left", overflow="fold")
    for row in grid.rows:
        table.add_row(*(cell.replace(" [", "\n\\[") for cell in row))
    console.print(Group(table, ""))


def markdown(grid: Grid) -> str:
    """A table in Markdown, under a heading."""
    lines = [f"## {grid.title}", "", "| " + " | ".join(grid.head) + " |"]
    lines.append("|---" * len(grid.head) + "|")
    lines += [
        "| " + " | ".join(cell.replace(" [", "<br>[") for cell in r) + " |" for r in grid.rows
    ]
    return "\n".join(lines) + "\n"


def as_csv(figures: Figures) -> str:
    """A line for each figure: mean, interval, comparison with the reference, value of each seed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    seeds = max((len(figure.values) for figure in figures.values()), default=0)
    names = "mean low high difference difference_low difference_high p p_holm".split()
    writer.writerow([*Key._fields, *names, *(f"seed_{seed}" for seed in range(seeds))])
    for key, figure in figures.items():
        numbers = [*(getattr(figure, name) for name in names), *figure.values]
        writer.writerow([*key, *("" if math.isnan(n) else f"{n:.6g}" for n in numbers)])
    return text.getvalue()


def _title(world: str, budget: str, results: Results) -> str:
    about = f"{world}: {results.frames[world]:,.0f} frames to choose from"
    return f"{about}; budget {budget}" if budget else f"{about}; {NEAR_DUPLICATES}"


def _cell(figure: Figure | None, measure: Measure) -> str:
    if figure is None or math.isnan(figure.mean):
        return ""
    mark = ""
    if figure.p_holm < 0.05:
        mark = BETTER if (figure.difference > 0) == (measure.better == "higher") else WORSE
    d = measure.digits
    return f"{figure.mean:.{d}f}{mark} [{figure.low:.{d}f}, {figure.high:.{d}f}]"
