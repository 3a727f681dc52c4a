"""All that is told of a comparison: tables for people, numbers for programs, a figure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from framesel.errors import UsageError
from framesel.simulation.detector import tables
from framesel.simulation.detector.arms import FULL, Arm
from framesel.simulation.detector.findings import agreement
from framesel.simulation.detector.measure import MAIN, REPLICATES
from framesel.simulation.detector.replayed import RULES, replay_grid
from framesel.simulation.detector.results import Record
from framesel.simulation.detector.sheet import BOX_S, FRAME_S, Sheet, sheet
from framesel.simulation.results_text import BETTER, WORSE, Grid, markdown
from framesel.simulation.statistics import LEAST_SEEDS

HEADING = """# What a detector learns from the picks of strategies

Made by `framesel simulate --tier detector`. What was to be compared and what was claimed stands in
`framesel/simulation/detector/arms.py`, written before anything was compared.
"""
KINDS = (".md", ".csv", ".png", ".svg")
"""What a report can be written as."""


@dataclass(frozen=True, eq=False)
class Report:
    """A comparison.

    Attributes:
        records: By detector, all that is there.
        sheets: Detector and setting, where at least one seed is finished.
        arms: What was compared.
    """

    records: tuple[tuple[str, Record], ...]
    sheets: tuple[tuple[str, Sheet], ...]
    arms: tuple[Arm, ...]

    def grids(self) -> Iterator[Grid]:
        """All tables."""
        claimed = tables.goals_grid(self.sheets)
        if claimed:
            yield claimed
        if rows := tuple(self._agreements()):
            head = ("setting", "detectors", "full mAP50", "ratio", "Kendall's tau", "arms")
            yield Grid("Whether detectors agree", head, rows)
        for detector, found in self.sheets:
            yield from tables.of_sheet(detector, found, self.arms)
            title = f"{found.setting}, {detector}"
            ended = replay_grid(title, self._finished(detector, found), self.arms, RULES)
            yield from [] if ended is None else [ended]
        yield tables.arms_grid(self.arms)

    def legend(self) -> list[str]:
        """What the tables show."""
        lines = [
            "At each budget a detector is trained from the same beginning on all that was picked.",
            f"Means over seeds; in brackets 95 % intervals of {REPLICATES:,} samples of the judged "
            "videos, then of the seeds, the same for all arms.",
            "Area: mean height over the logarithm of the budget. Levels are reached on the "
            "isotonic fit of the mean over seeds, log-linear between budgets. ≤: there at the "
            "first budget. Best: the highest of all baselines and the detector of all frames.",
            f"Seconds: {FRAME_S:g} for each frame and {BOX_S:g} for each box.",
            "Stop rules: the thresholds of recipes; a point (0.01) is worth an hour of labelling. "
            "A seed that a rule never ends saves and loses nothing.",
        ]
        if any(len(found.seeds) >= LEAST_SEEDS for _, found in self.sheets):
            lines.append(
                f"{BETTER} better and {WORSE} worse: Wilcoxon test paired by seed, p < 0.05 after "
                "Holm's adjustment over the arms of the setting."
            )
        else:
            lines.append(f"No test was made: that takes {LEAST_SEEDS} seeds or more.")
        for detector, found in self.sheets:
            if found.left_out:
                seeds = ", ".join(map(str, found.left_out))
                lines.append(f"{found.setting}, {detector}: unfinished and left out: seeds {seeds}")
        return lines

    def markdown(self) -> str:
        """Everything in Markdown."""
        lines = "\n".join(f"- {line}" for line in self.legend())
        return "\n".join([HEADING, lines, "", *(markdown(grid) for grid in self.grids())])

    def csv(self) -> str:
        """A line for each detector, setting, arm, seed and budget."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        kept = [(detector, r) for detector, r in self.records if r.budgets]
        names = list(dict.fromkeys(n for _, r in kept for n in (*r.drawn, *r.figures)))
        writer.writerow(["detector", "setting", "arm", "seed", "budget", *names])
        for detector, r in kept:
            for k, budget in enumerate(r.budgets):
                both = {**{n: v[:, 0] for n, v in r.drawn.items()}, **r.figures}
                cells = (f"{both[n][k]:.6g}" if n in both else "" for n in names)
                told = ("" if cell == "nan" else cell for cell in cells)
                writer.writerow([detector, r.setting, r.arm, r.seed, budget, *told])
        return text.getvalue()

    def write(self, path: Path) -> None:
        """Writes what its suffix says.

        Raises:
            UsageError: There is nothing to draw.
        """
        if path.suffix in (".md", ".csv"):
            text = self.markdown() if path.suffix == ".md" else self.csv()
            path.write_text(text, encoding="utf-8")
            return
        if not self.sheets:
            raise UsageError(f"{path}: no seed is finished by all arms, so there is no curve yet")
        from framesel.simulation.detector.figure import draw

        draw(self.sheets, path)

    def _finished(self, detector: str, found: Sheet) -> Iterator[Record]:
        for name, record in self.records:
            mine = name == detector and record.setting == found.setting
            if mine and record.seed in found.seeds:
                yield record

    def _agreements(self) -> Iterator[tuple[str, ...]]:
        for at, (first, one) in enumerate(self.sheets):
            for second, other in self.sheets[at + 1 :]:
                if one.setting == other.setting and first != second:
                    tau, arms = agreement(one, other)
                    full = [float(s.full_means(MAIN)[0]) for s in (one, other)]
                    yield (
                        one.setting,
                        f"{first}, {second}",
                        f"{full[0]:.3f}, {full[1]:.3f}",
                        f"{full[0] / full[1]:.2f}" if full[1] > 0 else "",
                        f"{tau:.2f}",
                        str(arms),
                    )


def report(records: Sequence[tuple[str, Record]], arms: tuple[Arm, ...]) -> Report:
    """Lays out what there is.

    Args:
        records: Detector and what came of it.
        arms: What was compared.
    """
    names = [arm.name for arm in arms]
    pairs = dict.fromkeys((detector, r.setting) for detector, r in records)
    sheets = []
    for detector, setting in pairs:
        found = sheet((r for d, r in records if d == detector), setting, names)
        sheets += [] if found is None else [(detector, found)]
    kept = [(d, r) for d, r in records if r.arm in (*names, FULL)]
    return Report(tuple(kept), tuple(sheets), arms)
