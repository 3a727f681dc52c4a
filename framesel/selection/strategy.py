"""The contract of a strategy: candidates and a budget in, ranked picks out."""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict

from framesel.errors import SelectionError
from framesel.selection.arrays import F32, Bool, checked_vectors
from framesel.selection.candidates import Candidates
from framesel.selection.picks import Picks


class Strategy(Protocol):
    """An algorithm that turns candidates into picks.

    ``select`` returns min(budget, n) different candidates. It is deterministic: the same arguments
    and a generator of the same seed give the same picks, on any machine and number of threads.
    """

    nested: ClassVar[bool]
    """Whether a prefix of the picks is the answer for the smaller budget."""

    @property
    def name(self) -> str:
        """Name in recipes and in the registry."""
        ...

    def select(
        self, candidates: Candidates, budget: int, already: F32, rng: np.random.Generator
    ) -> Picks:
        """Pick ``min(budget, len(candidates))`` candidates.

        Args:
            candidates: What there is to choose from.
            budget: How many frames to pick, 0 or more.
            already: (m, d) float32 unit rows of what is labelled or was picked before.
            rng: The only source of chance.

        Raises:
            SelectionError: A negative budget, or ``already`` of another width than the candidates.
        """
        ...


class StrategyModel(BaseModel):
    """What all strategies share as settings: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def checked_request(candidates: Candidates, budget: int, already: ArrayLike) -> tuple[int, F32]:
    """Number of picks to make, and ``already`` as a checked matrix of the candidates' width.

    Raises:
        SelectionError: The budget is no whole number of 0 or more, or ``already`` does not fit.
    """
    if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)):
        raise SelectionError(f"the budget is {budget!r}; give a whole number of frames")
    if budget < 0:
        raise SelectionError(f"the budget is {budget}; give 0 or more frames")
    dim = candidates.vectors.shape[1]
    if np.size(already) == 0:
        return min(int(budget), len(candidates)), np.empty((0, dim), np.float32)
    seeds = checked_vectors(already, "already chosen vectors")
    if seeds.shape[1] != dim:
        raise SelectionError(
            f"the already chosen vectors have {seeds.shape[1]} columns, the candidates {dim}; "
            "embed both with the same backbone"
        )
    return min(int(budget), len(candidates)), seeds


def copies_of(vectors: F32, already: F32) -> Bool:
    """Candidates whose vector equals a row of ``already`` bit for bit. (n,) bool.

    Strategies that do not look at distances take these last, so that no label is bought twice.
    """
    if not len(already):
        return np.zeros(len(vectors), np.bool_)
    known = {row.tobytes() for row in already}
    return np.fromiter((row.tobytes() in known for row in vectors), np.bool_, len(vectors))
