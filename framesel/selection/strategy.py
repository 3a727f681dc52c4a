"""The contract of a strategy: candidates and a budget in, ranked picks out."""

from __future__ import annotations

from typing import ClassVar, Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict

from framesel.errors import SelectionError
from framesel.selection.candidates import Candidates
from framesel.selection.limits.room import Room
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks
from framesel.selection.vectors.arrays import F32, I64, Bool, checked_vectors

Parts: TypeAlias = Literal["frames", "videos"]
"""How candidates that are too many for one choice are cut into parts: each frame is drawn by
itself, or parts hold whole videos (:mod:`framesel.selection.shortlist`)."""


class Strategy(Protocol):
    """An algorithm that turns candidates into picks.

    ``select`` returns min(budget, n) different candidates, fewer where the limits allow no more.
    What is fixed among the candidates comes first, all of it, and counts in budget and limits. It
    is deterministic: the same arguments and a generator of the same seed give the same picks, on
    any machine and number of threads.
    """

    nested: ClassVar[bool]
    """Whether a prefix of the picks is the answer for the smaller budget, where limits hold no
    frame back for a minimum."""

    uses: ClassVar[frozenset[str]]
    """Fields of :class:`Candidates` that it cannot do without, beside vectors, mass and time:
    ``utility``, ``class_counts``, ``gradients``, ``objects``, ``targets``, ``metadata``."""

    parts: ClassVar[Parts]
    """How more candidates than can be looked at together are cut into parts."""

    @property
    def heeds_utility(self) -> bool:
        """Whether the picks depend on the candidates' utility where there is one."""
        ...

    @property
    def name(self) -> str:
        """Name in recipes and in the registry."""
        ...

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick ``min(budget, len(candidates))`` candidates, or as many as the limits allow.

        Args:
            candidates: What there is to choose from.
            budget: How many frames to pick, 0 or more.
            already: (m, d) float32 unit rows of what is labelled or was picked before.
            limits: What every pick keeps to. They count this call's picks, not ``already``.
            rng: The only source of chance.

        Raises:
            SelectionError: A negative budget, ``already`` of another width than the candidates, a
                column missing that the strategy or a limit needs, or limits that no choice meets.
        """
        ...


class StrategyModel(BaseModel):
    """What all strategies share as settings: frozen, and no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parts: ClassVar[Parts] = "frames"


def request(
    strategy: Strategy, candidates: Candidates, budget: int, already: ArrayLike, limits: Limits
) -> tuple[F32, Room]:
    """``already`` as a checked matrix of the candidates' width, and the room that is to be filled.

    Raises:
        SelectionError: The budget is no whole number of 0 or more, ``already`` does not fit, a
            column is missing, or no choice meets the limits.
    """
    if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)):
        raise SelectionError(f"the budget is {budget!r}; give a whole number of frames")
    if budget < 0:
        raise SelectionError(f"the budget is {budget}; give 0 or more frames")
    for name in sorted(strategy.uses):
        if getattr(candidates, name) is None:
            raise SelectionError(f"strategy {strategy.name!r} needs {name}: {_CURES[name]}")
    room = Room(candidates, int(budget), limits)
    dim = candidates.vectors.shape[1]
    seeds = np.empty((0, dim), np.float32)
    if np.size(already):
        seeds = checked_vectors(already, "already chosen vectors")
    shots = candidates.already_shots
    if shots is not None and len(shots) != len(seeds):
        raise SelectionError(
            f"already_shots has {len(shots)} entries for {len(seeds)} already chosen vectors; give "
            "one for each"
        )
    if seeds.shape[1] != dim:
        raise SelectionError(
            f"the already chosen vectors have {seeds.shape[1]} columns, the candidates {dim}; "
            "embed both with the same backbone"
        )
    return seeds, room


_CURES = {
    "utility": "score the frames with a detector (detections.weights), or give the column",
    "class_counts": "let a detector look at the frames (detections.weights), or give the column",
    "gradients": "it takes a detector with box features (detections.weights), or the column",
    "objects": "it takes a detector with box features (detections.weights), or the column",
    "targets": "name example pictures (selection.strategy.examples), or give the vectors",
}


def with_fixed(candidates: Candidates, already: F32) -> F32:
    """(m + f, d) float32 vectors of what is chosen before a strategy chooses."""
    return np.concatenate([already, candidates.vectors[candidates.fixed]])


def fresh_and_copies(candidates: Candidates, already: F32) -> tuple[I64, I64]:
    """Candidates that are not fixed, in (group, time) order.

    Returns:
        int64 rows of those that are new, and of those that equal a row of ``already`` bit for bit.
    """
    line = candidates.timeline()
    line = line[~np.isin(line, candidates.fixed)]
    copies = copies_of(candidates.vectors, already)[line]
    return line[~copies], line[copies]


def copies_of(vectors: F32, already: F32) -> Bool:
    """Candidates whose vector equals a row of ``already`` bit for bit. (n,) bool.

    Strategies that do not look at distances take these last, so that no label is bought twice.
    """
    if not len(already):
        return np.zeros(len(vectors), np.bool_)
    known = {row.tobytes() for row in already}
    return np.fromiter((row.tobytes() in known for row in vectors), np.bool_, len(vectors))
