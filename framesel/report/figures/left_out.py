"""What was left out and why, counted, with examples."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.view import FATES, View

EXAMPLES = 6

WORDS = {
    "outvoted": "others gained more",
    "duplicate": "nearly the same as a frame that stands for it",
    "rejected": "too bad a picture",
    "limit": "refused by a limit",
    "earlier": "chosen or labelled before",
    "declined": "rejected by the reviewer",
    "new": "came after the selection was made",
    "holdout": "held out: no strategy may choose from it",
}


@dataclass(frozen=True)
class Group:
    """Frames that were left out for the same reason.

    Attributes:
        why: One of ``view.FATES``.
        detail: Which fault or which limit; empty for most.
        text: The same in words.
        count: How many frames.
        rows: A few of them, spread over all of them.
    """

    why: str
    detail: str
    text: str
    count: int
    rows: tuple[int, ...]


@dataclass(frozen=True)
class LeftOut:
    """All frames that are no picks.

    Attributes:
        total: How many.
        groups: The most frequent first.
    """

    total: int
    groups: tuple[Group, ...]

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "total": self.total,
            "groups": [
                {
                    "why": group.why,
                    "detail": group.detail,
                    "text": group.text,
                    "count": group.count,
                    "rows": list(group.rows),
                }
                for group in self.groups
            ],
        }


def left_out(view: View) -> LeftOut:
    """Counts every frame that is no pick."""
    pick, groups = FATES.index("pick"), []
    for code in np.unique(view.fate[view.fate != pick]).tolist():
        rows = np.flatnonzero(view.fate == code)
        kind = view.detail.code[rows]
        groups += [
            _group(FATES[code], str(view.detail.names[one]), rows[kind == one])
            for one in np.unique(kind)
        ]
    groups.sort(key=lambda group: (-group.count, group.why, group.detail))
    return LeftOut(sum(group.count for group in groups), tuple(groups))


def counts(view: View) -> Counter[str]:
    """How many frames have each fate, picks among them."""
    found = np.bincount(view.fate, minlength=len(FATES)).tolist()
    return Counter({name: count for name, count in zip(FATES, found, strict=True) if count})


def _group(why: str, detail: str, rows: npt.NDArray[np.int64]) -> Group:
    text = f"{WORDS[why]}: {detail}" if detail else WORDS[why]
    taken = min(EXAMPLES, len(rows))
    # the middles of equal parts, so that one long video does not show all of them
    spread = rows[(2 * np.arange(taken) + 1) * len(rows) // (2 * taken)]
    return Group(why, detail, text, len(rows), tuple(spread.tolist()))
