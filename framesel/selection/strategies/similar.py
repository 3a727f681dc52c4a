"""Frames that look like given examples, without buying the same one again and again."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.errors import SelectionError
from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32, chord


class Similar(StrategyModel):
    """Maximal marginal relevance to the nearest target, exact.

    Each pick maximises ``(1 - diversity) sim(x, targets) - diversity sim(x, chosen)``, where
    sim = 1 / (1 + d) with the chord distance d to the nearest of the targets, or of ``already`` and
    all earlier picks (Carbonell & Goldstein, "The use of MMR, diversity-based reranking for
    reordering documents and producing summaries", SIGIR 1998). With diversity 0 it is plain search.
    Novelty rises steeply where it is small (d is a square root), so that another view of an object
    comes before another frame of the same view. Mass and utility are ignored. Ties go to the lowest
    row, copies of ``already`` come last. No guarantee is known. Nested.
    """

    name: Literal["similar"] = "similar"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset({"targets"})
    examples: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        (), description="picture files of what to look for"
    )
    diversity: float = Field(
        0.3, ge=0.0, le=1.0, description="what being unlike earlier picks counts"
    )

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`. Uses no chance."""
        # Loaded late: settings are read without numba.
        from framesel.selection.engines.novelty import Blend
        from framesel.selection.vectors.nearest_chosen import nearest_chosen

        seeds, room = request(self, candidates, budget, already, limits)
        targets = candidates.targets
        if targets is None or not len(targets):
            raise SelectionError(
                "strategy 'similar' has no targets to look for; name one example picture or more "
                "(selection.strategy.examples), or give their vectors"
            )
        target, cosine = nearest_chosen(candidates.vectors, targets)
        relevance = 1.0 / (1.0 + chord(cosine))
        blend = Blend(candidates.vectors, seeds, relevance, lambda taken: self.diversity)
        chosen = greedy(Last(blend, copies_of(candidates.vectors, seeds)), room)
        return make_picks(
            candidates.vectors,
            seeds,
            chosen,
            lambda rank, gain: (
                f"cosine {cosine[chosen.rows[rank]]:.3f} to example {target[chosen.rows[rank]] + 1}"
            ),
        )
