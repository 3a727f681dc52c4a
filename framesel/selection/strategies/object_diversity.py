"""Object diversity: single objects are spread out, and a frame brings all that it shows."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32


class ObjectDiversity(StrategyModel):
    """Farthest-first over the objects of each class, the classes by quota, exact.

    What an object looks like is the feature of its box; objects are compared within their class, as
    in Lee et al., "Coreset selection for object detection", 2024 (arXiv 2404.09161), but one by one
    and not as an average per frame. The next class is the one with the largest share / (objects
    chosen + 1); shares are in proportion to (boxes of the class) ** power: 1 keeps the footage's
    proportions, 0 gives all classes the same. Of that class the object with the largest confidence
    times distance to all chosen ones is taken, at first the most confident one, and its frame is
    picked with all its objects. Were all confidences equal, no set of as many objects as a class
    had turns would leave any object of it less than half as far from the set as the farthest one
    is from the picks (Gonzalez, Theoretical Computer Science 38, 1985).

    Frames without objects left follow, farthest-first by their vectors. The objects of ``already``
    are not known; copies of it come last. Mass and utility are ignored. Nested.
    """

    name: Literal["objects"] = "objects"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset({"objects"})
    power: float = Field(
        0.5, ge=0.0, le=1.0, description="quotas of classes go by their boxes to this power"
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
        from framesel.selection.engines.by_objects import ByObjects

        seeds, room = request(self, candidates, budget, already, limits)
        assert candidates.objects is not None
        spread = ByObjects(
            candidates.objects,
            candidates.classes,
            self.power,
            vectors=candidates.vectors,
            seeds=seeds,
        )
        chosen = greedy(Last(spread, copies_of(candidates.vectors, seeds)), room)
        return make_picks(candidates.vectors, seeds, chosen, lambda rank, gain: spread.why[rank])
