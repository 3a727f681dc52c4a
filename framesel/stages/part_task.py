"""Choosing from a part of the candidates, in a process that has nothing but that part."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from framesel import threads
from framesel.stages.candidate_arrays import arrays_of, candidates_of
from framesel.stages.gathered import need_gb
from framesel.stages.pieces import Pieces
from framesel.task import Outcome, Say, Takes

if TYPE_CHECKING:
    from framesel.selection import Candidates
    from framesel.selection.limits.settings import Limits
    from framesel.selection.registry import AnyStrategy
    from framesel.selection.shortlist import Part, Standing

_ENGINE_GB: Final = 0.85
"""What strategies and their libraries take beside vectors."""
_ALREADY: Final = "already"


@dataclass(frozen=True)
class PartOnDisk:
    """Names a part of the candidates, and says how many of them are chosen."""

    level: int
    number: int
    budget: int

    @property
    def key(self) -> str:
        """A short name for logs and files."""
        return f"part-{self.level}-{self.number:05d}"

    @property
    def chosen(self) -> str:
        """The same for what was chosen of it."""
        return f"{self.key}.chosen"


@dataclass(frozen=True)
class PartTask:
    """Chooses from parts as if each were all there is; what it chose lies where the part lay.

    Attributes:
        pieces: The parts, and what was chosen of them. They go when all are done.
        strategy: Chooses.
        limits: What it keeps to.
        seed: For strategies that draw.
        largest: Candidates of the largest part.
        numbers: Of a candidate, about.
        threads: To compute with.
        title: What a person calls it.
    """

    pieces: Pieces
    strategy: AnyStrategy
    limits: Limits
    seed: int
    largest: int
    numbers: int
    threads: int = 1
    title: str = "selection"

    @property
    def takes(self) -> Takes:
        """Of the machine."""
        return Takes(gb=_ENGINE_GB + need_gb(self.largest, self.numbers))

    def with_threads(self, threads: int) -> Self:
        """See ``Computation``."""
        return replace(self, threads=threads)

    def open(self) -> Callable[[PartOnDisk, Say], Outcome]:
        """Returns the function that chooses from one part."""
        from framesel.selection.shortlist import choose_of_part

        already = self.pieces.read(_ALREADY)["vectors"]

        def one(work: PartOnDisk, say: Say) -> Outcome:
            began = time.monotonic()
            given = candidates_of(self.pieces.read(work.key))
            rng = np.random.default_rng([self.seed, work.level, work.number])
            with threads.limited(self.threads):
                at, mass = choose_of_part(
                    self.strategy, given, work.budget, already, self.limits, rng
                )
            self.pieces.write(work.chosen, {"at": at, "mass": mass})
            self.pieces.remove(work.key)
            say(-1, len(given))
            return Outcome(work.key, len(given), (), time.monotonic() - began)

        return one

    def begin(self, already: np.ndarray) -> None:
        """Writes down what is known beside all parts."""
        self.pieces.write(_ALREADY, {"vectors": already})

    def has_chosen(self, work: PartOnDisk) -> bool:
        """Whether a part is done."""
        return self.pieces.has(work.chosen)

    def give(self, work: PartOnDisk, candidates: Candidates) -> None:
        """Writes down a part."""
        self.pieces.write(work.key, arrays_of(candidates))

    def standing(self, work: PartOnDisk, part: Part) -> Standing:
        """What was chosen of a part."""
        from framesel.selection.shortlist import Standing

        found = self.pieces.read(work.chosen)
        return Standing(part.rows[found["at"]], found["mass"])
