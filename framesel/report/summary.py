"""What a selection is worth, in a few lines for a terminal."""

from __future__ import annotations

import math
import os
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from framesel.report.figures.classes import ClassShares, classes
from framesel.report.figures.coverage import coverage
from framesel.report.figures.gains import Gains, gains
from framesel.report.figures.left_out import counts
from framesel.report.figures.scores import scores
from framesel.report.view import View

COLUMNS = 80
BARS = "▁▂▃▄▅▆▇█"
WIDEST = 24
"""Bars of a sparkline, at most."""

MOST_MEASURED = 4_000
"""Frames that distances are measured from: enough for three digits, and quick."""

MOST_WITH_CLASSES = 30_000
"""Of more frames, reading every box would take longer than a person waits for a summary."""

_TITLE = 12
_STEEP = 20.0
"""From this ratio of the highest to the lowest on, bars show logarithms."""

_LEFT_OUT = {
    "duplicate": "near-duplicates",
    "outvoted": "outvoted",
    "limit": "refused by limits",
    "rejected": "bad pictures",
    "earlier": "chosen or labelled before",
    "declined": "declined",
    "new": "new since then",
    "holdout": "held out",
}


def summary(view: View, *, bars: bool = True) -> list[str]:
    """At most 14 lines of 80 columns; a command is never cut, however long its path.

    Neither map nor continuation is computed for it, and classes are counted only where frames are
    few enough: it is quick for 100,000 frames.

    Args:
        view: The selection.
        bars: Draw gains with block characters; off where the terminal has none.
    """
    if not len(view.pick_list):
        return _fitted([("left out", _left_out(view))])
    found = gains(view, ahead=False)
    seen = classes(view) if len(view.frames) <= MOST_WITH_CLASSES else None
    told = [
        *([] if found is None else [("gain", _gain(found, bars=bars))]),
        *_covered(view),
        *_scored(view),
        *([] if seen is None or not seen.names else _classes(seen)),
        ("left out", _left_out(view)),
    ]
    return [*_fitted(told), *_commands(view)]


def sparkline(values: Sequence[float] | npt.NDArray[np.float64], width: int = WIDEST) -> str:
    """Bars for numbers, in order; means of equal parts where there are more than fit.

    Where the highest is more than 20 times the lowest, the bars show logarithms.
    """
    if not len(values):
        return ""
    heights = bar_heights(np.asarray(values, np.float64), width)
    if is_steep(heights):
        heights = np.log(heights)
    low, high = float(heights.min()), float(heights.max())
    top = len(BARS) - 1
    if high <= low:
        return BARS[top // 2] * len(heights)
    return "".join(BARS[round((h - low) / (high - low) * top)] for h in heights.tolist())


def bar_heights(values: npt.NDArray[np.float64], width: int = WIDEST) -> npt.NDArray[np.float64]:
    """(min(n, width),) means of equal parts of n numbers, n >= 1."""
    return np.array([part.mean() for part in np.array_split(values, min(width, len(values)))])


def is_steep(heights: npt.NDArray[np.float64]) -> bool:
    """Whether only logarithms would show more than the first of them."""
    low = float(heights.min())
    return low > 0 and float(heights.max()) / low > _STEEP


def _gain(found: Gains, *, bars: bool) -> str:
    mine = found.gain[found.in_main]
    line, told = "", [found.unit] if found.unit else []
    if bars:
        heights = bar_heights(mine)
        line = f"{sparkline(mine)}  "
        told += ["log scale"] if is_steep(heights) else []
    of = f" ({', '.join(told)})" if told else ""
    return f"{line}first {mine[0]:.3g}, last {mine[-1]:.3g}{of}"


def _covered(view: View) -> Iterator[tuple[str, str]]:
    budget = np.array([int((view.pick_rows >= 0).sum())])
    if not budget[0]:
        return
    measured = coverage(view, budgets=budget, seeds=3, most=MOST_MEASURED)
    if measured is None:
        return
    far = {arm.name: float(arm.distance[0, -1]) for arm in measured.arms}
    yield (
        "coverage",
        f"a frame is {far['picks']:.3f} from its nearest pick; "
        f"uniform {far['uniform']:.3f}, random {far['random']:.3f}",
    )
    same = {arm.name: float(arm.redundant[0, -1]) for arm in measured.arms}
    yield (
        "repeats",
        f"{same['picks']:.0%} of the picks look like another; "
        f"uniform {same['uniform']:.0%}, random {same['random']:.0%}",
    )


def _scored(view: View) -> Iterator[tuple[str, str]]:
    found = scores(view)
    if found is not None and not math.isnan(found.medians[1]):
        of_all, of_picks = found.medians
        yield "score", f"half of the picks have {of_picks:.2f} or more; of all frames {of_all:.2f}"


def _classes(seen: ClassShares) -> Iterator[tuple[str, str]]:
    there = int((seen.picks.boxes > 0).sum())
    yield "classes", f"{there} of the {len(seen.names)} that the detector sees are in the picks"
    line, shares = "", zip(seen.names, seen.picks.box_share, seen.pool.box_share, strict=True)
    for name, mine, all_ in shares:
        part = f"{_printable(name)} {mine:.0%} ({all_:.0%})"
        longer = f"{line}, {part}" if line else f"boxes (of all): {part}"
        if len(longer) > COLUMNS - _TITLE:
            break
        line = longer
    if line:
        yield "", line


def _left_out(view: View) -> str:
    found = counts(view)
    found.pop("pick", None)
    parts = [f"{count:,} {_LEFT_OUT[why]}" for why, count in found.most_common()]
    return f"{sum(found.values()):,} frames: {', '.join(parts)}" if parts else "nothing"


def _commands(view: View) -> Iterator[str]:
    folder = shlex.quote(_nearby(view.workspace.root))
    for title, line in (
        ("look", f"framesel report {folder} --open"),
        ("review", f"framesel review {folder}"),
        ("go on", f"framesel next {folder}"),
    ):
        yield f"  {title:<{_TITLE - 2}}{line}"


def _nearby(folder: Path) -> str:
    """A folder as one would type it here."""
    try:
        relative = os.path.relpath(folder)
    except ValueError:  # Windows: on another drive
        return str(folder)
    return min(relative, str(folder), key=len)


def _printable(text: str) -> str:
    """Text from outside, without what would steer the terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def _fitted(told: Sequence[tuple[str, str]]) -> list[str]:
    """Title and text in two columns; what is too long goes on below."""
    import textwrap

    lines = []
    for title, text in told:
        for at, part in enumerate(textwrap.wrap(text, COLUMNS - _TITLE)):
            lines.append(f"  {'' if at else title:<{_TITLE - 2}}{part}")
    return lines
