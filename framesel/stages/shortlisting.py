"""Where more frames may be chosen than fit into memory, parts of them say which go on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from framesel.errors import StageError
from framesel.settings import RunSettings
from framesel.stages.gathered import need_gb
from framesel.stages.pool import Pool

if TYPE_CHECKING:
    from framesel.selection.limits.settings import Limits
    from framesel.selection.registry import AnyStrategy
    from framesel.selection.shortlist import Part, Standing

Ints = npt.NDArray[np.int64]


def shortlisted(
    found: Pool,
    strategy: AnyStrategy,
    budget: int,
    limits: Limits,
    *,
    seed: int,
    exact_below: int,
    run: RunSettings,
) -> Pool:
    """The pool with no more candidates than a strategy is to look at together.

    Args:
        found: All that may be chosen.
        strategy: Chooses.
        budget: How many.
        limits: What it keeps to.
        seed: For strategies that draw.
        exact_below: Candidates up to which it looks at all of them together.
        run: Memory.

    Raises:
        StageError: So many do not fit into the memory allowed.
        SelectionError: The budget is too large for parts of that size.
    """
    from framesel.selection.shortlist import Standing, choose_of_part, shortlist

    dim = found.data.vectors.shape[1]
    need = need_gb(min(len(found.rows), exact_below), dim)
    if need > run.memory():
        raise StageError(
            f"choosing from {min(len(found.rows), exact_below):,} vectors of {dim} numbers takes "
            f"about {need:.1f} GB; run.memory_gb allows {run.memory():.3g}. Raise it (--set "
            f"run.memory_gb={need:.0f}), or let fewer be looked at together "
            f"(selection.exact_below, {exact_below:,})."
        )
    if len(found.rows) <= exact_below:
        return found
    free = ~np.isin(found.rows, found.said.fixed)
    known = np.concatenate([found.before, found.said.fixed])
    known = known[np.sort(np.unique(known, return_index=True)[1])]
    seeds = found.data.vectors[known]

    def choose(parts: list[Part]) -> list[Standing]:
        left = []
        for part in parts:
            candidates = found.some(part.rows, part.mass, known)
            rng = np.random.default_rng([seed, part.level, part.number])
            at, mass = choose_of_part(strategy, candidates, budget, seeds, limits, rng)
            left.append(Standing(part.rows[at], mass))
        return left

    rows, columns = found.rows[free], found.data.columns
    video_no, pts = (columns[name][rows].astype(np.int64) for name in ("video_no", "pts"))
    everything = Standing(rows, found.weight[free])
    listed = shortlist(everything, video_no, pts, exact_below, strategy.parts, choose)
    return _with(found, listed, free)


def _with(found: Pool, listed: Standing, free: npt.NDArray[np.bool_]) -> Pool:
    """The pool with what is listed and what is fixed."""
    rows = np.concatenate([listed.rows, found.rows[~free]])
    order = np.argsort(rows)
    weight = np.concatenate([listed.mass, found.weight[~free]])
    return replace(found, rows=rows[order], weight=weight[order])
