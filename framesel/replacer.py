"""Who takes the place of a pick that a reviewer rejected."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel.chosen import Chosen
from framesel.continuation import extended, kept, pool_of, stage_of, usual
from framesel.recipe import Recipe
from framesel.rounds.decision import Key
from framesel.selection import Candidates
from framesel.selection.limits.compile_limits import compile_limits
from framesel.selection.limits.rules import Bounds, gap_text
from framesel.selection.limits.settings import Limits
from framesel.selection.limits.tally import Tally
from framesel.stages.pool import Pool
from framesel.stages.selection import Selection
from framesel.workspace import Workspace

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Row = dict[str, Any]

_LOOKED_AT = 256
"""Frames that a strategy chooses from where none of those that it would take next fits."""


@dataclass(frozen=True)
class _Ahead:
    """What a strategy would take next.

    Attributes:
        rows: (m,) rows of the pool, best first.
        entries: Their rows of ``tables.SELECTION``.
    """

    rows: Ints
    entries: list[Row]


class Replacer:
    """Knows what a strategy would take next, and what the limits allow beside some picks.

    Making one takes as long as choosing; asking it takes milliseconds.
    """

    def __init__(
        self, found: Pool, stage: Selection, ahead: Callable[[int], pa.Table], frames: int
    ) -> None:
        """Looks ahead for the first time.

        Args:
            found: What was chosen from.
            stage: How.
            ahead: So many rows as ``tables.SELECTION`` says that the strategy would take next;
                fewer where there are no more.
            frames: How many to look at first.
        """
        self._pool, self._stage, self._further = found, stage, ahead
        self._videos = found.known["metadata"]["video"]
        self._bounds = _bounds(found, stage.limits)
        utility = found.known.get("utility")
        self._worth = found.mass if utility is None else found.mass * utility
        self._ahead = self._looked(frames)
        self._best(found.rows[:2], found.rows[:1])  # loads what was compiled before anybody waits

    @classmethod
    def of(
        cls, workspace: Workspace, keys: Mapping[str, str], recipe: Recipe, chosen: Chosen
    ) -> Replacer:
        """That of a selection; see :func:`framesel.continuation.continuation`."""
        stage = stage_of(chosen, recipe)
        found = pool_of(workspace, keys, recipe, chosen, stage)

        def ahead(frames: int) -> pa.Table:
            return kept(chosen, frames, lambda n: extended(found, stage, chosen.picks, n))

        return cls(found, stage, ahead, usual(chosen))

    def more(self) -> bool:
        """Looks twice as far ahead, which takes as long as choosing; whether there was more."""
        before = len(self._ahead.rows)
        self._ahead = self._looked(2 * before)
        return len(self._ahead.rows) > before

    def next(self, rejected: Key, stay: Collection[Key], gone: Collection[Key]) -> Row | None:
        """The frame that takes a rejected one's place, as a row of ``tables.SELECTION``.

        It is the first of those that the strategy would take next which the limits allow beside the
        picks that stay. Where a minimum is missed without the rejected frame, it is the first that
        makes up for that. Where none of them does or fits, the strategy chooses from what does.

        Args:
            rejected: Whose place is free.
            stay: The other picks.
            gone: What must not enter, such as what was rejected before.

        Returns:
            None where nothing fits.
        """
        held, ahead = self._rows(stay), self._ahead
        out = np.zeros(len(self._pool.data), np.bool_)
        out[held] = out[self._rows([*gone, rejected])] = True
        tally = Tally.holding(self._bounds, held)
        free = np.flatnonzero(~out[ahead.rows])
        fits = tally.fitting(ahead.rows[free])
        fit = free[fits]
        helps = self._helps(tally, out)
        if helps is not None:
            fit = fit[helps[ahead.rows[fit]] == helps.max()]
        if len(fit):
            refused = ahead.rows[free[~fits & (free < fit[0])]]
            limit = "; ".join(dict.fromkeys(self._refusals(tally, refused)))
            entry = ahead.entries[fit[0]]
            reason = f"next best of {self._stage.strategy.name}; {entry['reason']}"
            return self._told(rejected, entry, int(ahead.rows[fit[0]]), held, reason, limit)
        return self._from_all(rejected, tally, out, held, helps)

    def _looked(self, frames: int) -> _Ahead:
        rows = self._further(frames)
        at = self._pool.data.rows(rows["video_no"], rows["pts"])
        return _Ahead(at[at >= 0], rows.filter(pa.array(at >= 0)).to_pylist())

    def _rows(self, keys: Collection[Key]) -> Ints:
        """Rows of those frames that are there."""
        wanted = np.array([key[:2] for key in keys], np.int64).reshape(-1, 2)
        found = self._pool.data.rows(wanted[:, 0], wanted[:, 1])
        return found[found >= 0]

    def _helps(self, tally: Tally, out: Mask) -> npt.NDArray[np.int32] | None:
        """(n,) how many missed minima each frame that may enter counts for; None where none do."""
        unmet = tally.unmet
        if not len(unmet):
            return None
        helps = np.zeros(self._bounds.n, np.int32)
        for rule in unmet:
            helps[self._bounds.rules[rule].rows] += 1
        rows = self._fitting(tally, out)
        kept = np.zeros_like(helps)
        kept[rows] = helps[rows]
        return kept if kept.any() else None

    def _fitting(self, tally: Tally, out: Mask) -> Ints:
        """Candidates that may enter."""
        rows = self._pool.rows[~out[self._pool.rows]]
        return rows[tally.fitting(rows)]

    def _from_all(
        self,
        rejected: Key,
        tally: Tally,
        out: Mask,
        held: Ints,
        helps: npt.NDArray[np.int32] | None,
    ) -> Row | None:
        """Of all that fits, or that helps, what the strategy takes first."""
        rows = self._fitting(tally, out) if helps is None else np.flatnonzero(helps == helps.max())
        if not len(rows):
            return None
        name = self._stage.strategy.name
        row = self._best(rows, held)
        if helps is None:
            why = f"nothing that {name} would take next fits the limits"
        else:
            counts = np.isin(tally.unmet, self._bounds.rules_of(row))
            texts = [self._bounds.rules[rule].text for rule in tally.unmet[counts]]
            why = f"needed for {' and '.join(texts)}"
        reason = f"{why}; of what fits it is the best of {name}"
        return self._told(rejected, self._entry(row), row, held, reason, "")

    def _best(self, rows: Ints, held: Ints) -> int:
        """What the strategy takes first of some candidates; of many, of the weightiest."""
        # Loaded late: what replaces is made long before anything is replaced.
        from framesel.selection.vectors.nearest_chosen import nearest_chosen

        found, vectors = self._pool, self._pool.data.vectors
        rows = np.sort(rows[np.argsort(-self._worth[rows], kind="stable")[:_LOOKED_AT]])
        # What is chosen, nearest to none of them and of no shot of theirs makes no difference.
        known, shots = self._known(held), found.known["shots"]
        nearest, _ = nearest_chosen(vectors[rows], vectors[known])
        counts = np.isin(shots[known], shots[rows])
        counts[nearest[nearest >= 0]] = True
        known = known[counts]
        some = found.candidates.subset(np.searchsorted(found.rows, rows))
        picks = self._stage.strategy.select(
            replace(some, fixed=np.empty(0, np.int64), already_shots=shots[known]),
            1,
            vectors[known],
            Limits(),
            np.random.default_rng(self._stage.seed),
        )
        return int(rows[picks.indices[0]])

    def _refusals(self, tally: Tally, rows: Ints) -> Iterator[str]:
        """The limit that keeps each of some frames out."""
        bounds = self._bounds
        spacing = bounds.spacing
        near = np.zeros(len(rows), np.bool_)
        if spacing is not None:
            near = spacing.beside(rows, tally.chosen)
        for row, crowded in zip(rows.tolist(), near.tolist(), strict=True):
            rules = bounds.rules_of(row)
            full = rules[tally.counts[rules] >= bounds.high[rules]]
            if len(full):
                yield bounds.rules[full[0]].clause
            elif crowded and spacing is not None:
                yield gap_text(spacing.gap_s)
            else:
                yield bounds.knapsacks[int(np.argmax(tally.spent + bounds.shares[:, row]))].text

    def _told(
        self, rejected: Key, entry: Row, row: int, held: Ints, reason: str, limit: str
    ) -> Row:
        """A row as it enters: why, and which of the picks it is most like."""
        # Loaded late: what replaces is made long before anything is replaced.
        from framesel.selection.vectors.dot import dots

        columns, known = self._pool.data.columns, self._known(held)
        nearest: Row = dict.fromkeys(("nearest_video_no", "nearest_pts", "nearest_distance"))
        if len(known):
            cosines = dots(self._pool.data.vectors[known], self._pool.data.vectors[row])
            best = int(np.argmax(cosines))
            nearest = {
                "nearest_video_no": int(columns["video_no"][known[best]]),
                "nearest_pts": int(columns["pts"][known[best]]),
                "nearest_distance": float(np.sqrt(max(0.0, 2.0 - 2.0 * float(cosines[best])))),
            }
        reason = f"in place of {self._name(rejected)}, which was rejected: {reason}"
        return {**entry, **nearest, "limit": limit, "reason": reason}

    def _entry(self, row: int) -> Row:
        """What there is to say of a frame that the strategy would not take next."""
        found = self._pool
        columns = found.data.columns
        return {
            "rank": 0,
            "video_no": int(columns["video_no"][row]),
            "pts": int(columns["pts"][row]),
            "index": int(columns["index"][row]),
            "t_s": float(columns["t_s"][row]),
            "source": "",
            "gain": None,
            "terms": [],
            "mass": float(found.mass[row]),
            "span_start_s": float(found.start_s[row]),
            "span_end_s": float(found.end_s[row]),
            "revived": bool(found.revived[row]),
        }

    def _known(self, held: Ints) -> Ints:
        """Rows of everything that is chosen: in earlier rounds, and now."""
        return np.concatenate([self._pool.before, held])

    def _name(self, key: Key) -> str:
        """A frame as it is written on the command line."""
        row = int(self._pool.data.rows([key[0]], [key[1]])[0])
        if row < 0:
            return f"{key[0]}@pts:{key[1]}"
        return f"{self._videos[row]}@{self._pool.data.columns['t_s'][row]:.3f}"


def _bounds(found: Pool, limits: Limits) -> Bounds:
    """Limits over all frames, not the candidates alone: what a reviewer pins counts in them too."""
    columns, known = found.data.columns, found.known
    counts = known["class_counts"][:] if limits.count_boxes and "class_counts" in known else None
    everything = Candidates(
        vectors=np.ones((len(found.data), 1), np.float32),
        video_no=columns["video_no"],
        pts_s=columns["t_s"],
        class_counts=counts,
        classes=known.get("classes", ()),
        metadata={name: known["metadata"][name] for name in limits.columns & {*known["metadata"]}},
    )
    return compile_limits(everything, len(everything), limits)
