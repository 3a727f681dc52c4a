"""What each pick gained, and what more of them would."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.errors import SelectionError
from framesel.report.figures.plain import floats, ints, number
from framesel.report.view import View

F64 = npt.NDArray[np.float64]
Rows = list[dict[str, Any]]

AHEAD = 50
"""How many more frames the question is about."""

SUMS = frozenset({"coverage", "classes"})
"""Terms whose gains add up to what the strategy maximises; a distance or a size does not."""


@dataclass(frozen=True, eq=False)
class Gains:
    """Gains by rank: first those of the picks, then those of frames that would come next.

    Attributes:
        rank: (m,) from 1 on.
        gain: (m,) nan where a frame was not bought for a gain.
        source: m slices of the budget; slices measure their gains in different ways.
        terms: Name to (m,) parts of the gain; nan where a gain has no such part.
        picks: How many of the m are picks.
        main: The slice that the question about more frames is about.
    """

    rank: npt.NDArray[np.int64]
    gain: F64
    source: tuple[str, ...]
    terms: dict[str, F64]
    picks: int
    main: str

    def within(self, source: str) -> npt.NDArray[np.bool_]:
        """(m,) frames of one slice that have a gain."""
        mine = np.array([name == source for name in self.source], np.bool_)
        return mine & np.isfinite(self.gain)

    def unit_of(self, source: str) -> str:
        """What the gains of one slice are made of."""
        mine = self.within(source)
        return " and ".join(n for n, part in self.terms.items() if np.isfinite(part[mine]).any())

    @property
    def in_main(self) -> npt.NDArray[np.bool_]:
        """(m,) frames of the main slice that have a gain."""
        return self.within(self.main)

    @property
    def unit(self) -> str:
        """What the gains of the main slice are made of."""
        return self.unit_of(self.main)

    @property
    def adds_up(self) -> bool:
        """Whether the gains of the main slice are shares of one sum."""
        parts = self.unit.split(" and ")
        return SUMS.issuperset(parts)

    @property
    def bought(self) -> float:
        """Sum of the gains of the picks of the main slice."""
        return float(self.gain[: self.picks][self.in_main[: self.picks]].sum())

    def next(self) -> dict[str, Any] | None:
        """What the next frames would buy; None where nothing is known of them.

        Returns:
            ``frames``: how many are looked at, ``AHEAD`` at most; ``first`` and ``last``: gains of
            the first and the last of them; ``gain`` and ``share``: their sum, alone and as a share
            of what the picks bought, where gains add up; ``text``: the same in a sentence.
        """
        ahead = self.gain[self.picks : self.picks + AHEAD]
        ahead = ahead[self.in_main[self.picks : self.picks + AHEAD]]
        count = min(AHEAD, len(self.gain) - self.picks)
        if not len(ahead):
            return None
        adds = self.adds_up and self.bought > 0
        total = float(ahead.sum()) if adds else None
        share = total / self.bought if total is not None else None
        told = (
            f"{count} more frames would add {share:.1%} to what the picks gained."
            if share is not None
            else f"The next {count} frames would gain from {ahead[0]:.4g} down to {ahead[-1]:.4g}."
        )
        return {
            "frames": count,
            "first": number(float(ahead[0])),
            "last": number(float(ahead[-1])),
            "gain": number(total),
            "share": number(share),
            "text": told,
        }

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "rank": ints(self.rank),
            "gain": floats(self.gain),
            "source": list(self.source),
            "terms": {name: floats(part) for name, part in self.terms.items()},
            "picks": self.picks,
            "main": self.main,
            "unit": self.unit,
            "adds_up": self.adds_up,
            "next": self.next(),
        }


def gains(view: View, *, ahead: bool = True) -> Gains | None:
    """The gains; None where the strategy maximises nothing.

    Args:
        view: The selection.
        ahead: Also those of the frames that would come next; computed the first time, and kept.
    """
    picks = [row for row in view.pick_list if row["rank"] is not None]
    if not any(row["gain"] is not None for row in picks):
        return None
    return of_rows(picks, _coming(view) if ahead else [])


def of_rows(picks: Rows, coming: Rows) -> Gains:
    """The gains of rows as ``tables.SELECTION`` has them.

    Args:
        picks: By rank; one at least has a gain.
        coming: Those that would come next, in order.
    """
    rows = [*picks, *coming]
    gain = np.array([_value(row["gain"]) for row in rows])
    told = [dict(row["terms"] or ()) for row in rows]
    names = dict.fromkeys(name for parts in told for name in parts)
    terms = {name: np.array([_value(parts.get(name)) for parts in told]) for name in names}
    source = tuple(row["source"] or "" for row in rows)
    return Gains(np.arange(1, len(rows) + 1), gain, source, terms, len(picks), _main(picks))


def _main(picks: Rows) -> str:
    """The slice that strategies of one slice have, else the largest of those with gains."""
    sizes: dict[str, int] = {}
    for row in picks:
        if row["gain"] is not None:
            name = row["source"] or ""
            sizes[name] = sizes.get(name, 0) + 1
    preferred = [name for name in ("coverage", "") if name in sizes]
    return preferred[0] if preferred else max(sizes, key=lambda name: sizes[name])


def _value(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _coming(view: View) -> Rows:
    """Rows of the frames that would come next, by rank; none where all are chosen."""
    from framesel.continuation import continuation

    recipe = view.recipe.model_copy(update={"run": view.run})
    try:
        table = continuation(view.workspace, view.keys, recipe, view.chosen)
    except SelectionError:  # nothing is left
        return []
    # a reviewer may have taken some of them already
    taken = {(row["video_no"], row["pts"]) for row in view.pick_list}
    taken |= view.verdicts.rejected
    return [row for row in table.to_pylist() if (row["video_no"], row["pts"]) not in taken]
