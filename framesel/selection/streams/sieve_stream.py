"""Sieve-streaming: coverage of footage that is seen once, with a bound."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from framesel.selection.streams.streaming import StreamModel, checked_offer
from framesel.selection.vectors.arrays import F32, F64, I64, Bool
from framesel.selection.vectors.dot import dot_rows, kernel

_DIGITS = 12


class Sieve(StreamModel):
    """Sieve-streaming for facility location, its value estimated on a sample of the footage.

    F(S) is the mean over a sample of u_i max(0, max over s in S and ``already`` of cos(i, s)), less
    what ``already`` gives. Each sieve guesses the best F for the budget, v = (1 + epsilon) ** j,
    and takes a frame if its gain is at least (v / 2 - F(S)) / (budget - size) and above 0; guesses
    go from the largest F of a single frame to 2 budgets of it. The sieve with the largest F is the
    answer (Badanidiyuru, Mirzasoleiman, Karbasi & Krause, "Streaming submodular maximization:
    massive data summarization on the fly", KDD 2014).

    Guarantee: at least 1/2 - epsilon of the best F for that many frames, for a sample that is
    fixed beforehand. Here the sample is a reservoir, drawn evenly from all that has come (Vitter,
    "Random sampling with a reservoir", 1985), so that F itself moves while the stream runs, and the
    bound is not proven: it is what to expect of footage that comes in no particular order. For
    given picks, F is within about ``sqrt(1 / sample)`` of the mean over all frames.

    Memory: the sample; and for each of about ln(2 budget) / epsilon sieves up to a budget of
    frames, many of them shared, and a number for each frame of the sample. Time for each frame: as
    many inner products as the sample has frames.
    """

    name: Literal["sieve"] = "sieve"
    epsilon: float = Field(0.1, gt=0.0, lt=0.5, description="how far apart guesses are")
    sample: int = Field(1000, ge=1, description="frames on which coverage is estimated")

    def begin(self, budget: int, already: F32, rng: np.random.Generator) -> SieveStream:
        """See :class:`framesel.selection.streams.streaming.StreamModel`."""
        return SieveStream(self, budget, already, rng)


class SieveStream:
    """See :class:`framesel.selection.streams.streaming.Stream` and :class:`Sieve`."""

    def __init__(
        self, settings: Sieve, budget: int, already: F32, rng: np.random.Generator
    ) -> None:
        """Begin with what is known."""
        size = settings.sample
        self._budget, self._step, self._rng = budget, 1.0 + settings.epsilon, rng
        self._already = already
        self._sample = np.zeros((size, already.shape[1]), np.float32)
        # A place of the sample that is still empty is worth nothing.
        self._useful, self._base = np.zeros(size), np.zeros(size)
        self._seen = self._sampled = 0
        self._most = 0.0
        self._levels: list[int] = []
        self._covers: F64 = np.zeros((0, size))
        self._taken: list[list[int]] = []
        self._vectors: dict[int, F32] = {}

    def offer(self, vectors: ArrayLike, utility: ArrayLike | None = None) -> Bool:
        """See :class:`framesel.selection.streams.streaming.Stream`."""
        rows, useful = checked_offer(vectors, utility, self._sample.shape[1] or None)
        if self._sample.shape[1] == 0:
            self._sample = np.zeros((len(self._sample), rows.shape[1]), np.float32)
        decisions = [self._sift(rows[[at]], float(useful[at])) for at in range(len(rows))]
        return np.array(decisions, np.bool_)

    @property
    def held(self) -> I64:
        """See :class:`framesel.selection.streams.streaming.Stream`: what any sieve holds."""
        return np.array(sorted(self._vectors), np.int64)

    @property
    def picks(self) -> I64:
        """The best sieve's, ties to the lowest; see :class:`Stream` of ``streaming``."""
        if not self._levels:
            return np.empty(0, np.int64)
        values, _ = self._values_and_gains(np.zeros(len(self._base)))
        return np.array(self._taken[int(np.argmax(values))], np.int64)

    def _sift(self, row: F32, useful: float) -> bool:
        """Show the next frame to all sieves; whether one of them took it.

        Args:
            row: (1, d) the frame.
            useful: Its utility.
        """
        number, self._seen = self._seen, self._seen + 1
        self._enter_sample(row, useful, number)
        near = np.zeros(len(self._base))
        _cosines(self._sample, row, near)
        self._spread_guesses(near)
        values, gains = self._values_and_gains(near)
        taken = False
        for at, level in enumerate(self._levels):
            left = self._budget - len(self._taken[at])
            if left and gains[at] > 0.0:
                wanted = (_guess(self._step, level) / 2.0 - values[at]) / left
                if gains[at] >= wanted:
                    self._covers[at] = np.maximum(self._covers[at], near)
                    self._taken[at].append(number)
                    taken = True
        if taken:
            self._vectors[number] = row[0].copy()
        return taken

    def _values_and_gains(self, near: F64) -> tuple[F64, F64]:
        """F of each sieve, and what it would gain with cosines to the sample."""
        values, gains = np.zeros(len(self._levels)), np.zeros(len(self._levels))
        _add_up(self._covers, self._base, self._useful, near, self._sampled, values, gains)
        return values, gains

    def _enter_sample(self, row: F32, useful: float, number: int) -> None:
        """Put a frame into the sample with the chance that makes it an even one, and cover it."""
        size = len(self._base)
        place = number if number < size else int(self._rng.integers(number + 1))
        if place >= size:
            return
        self._sampled = max(self._sampled, place + 1)
        self._sample[place], self._useful[place] = row[0], useful
        known = np.zeros(len(self._already))
        _cosines(self._already, row, known)
        self._base[place] = known.max(initial=0.0)
        held = np.zeros(len(self._vectors))
        if len(held):
            _cosines(np.stack(list(self._vectors.values())), row, held)
        near = dict(zip(self._vectors, held.tolist(), strict=True))
        for at, numbers in enumerate(self._taken):
            self._covers[at, place] = max(self._base[place], *(near[one] for one in numbers), 0.0)

    def _spread_guesses(self, near: F64) -> None:
        """Let the guesses span what the best single frame so far allows for."""
        single = np.zeros(1), np.zeros(1)
        _add_up(self._base[None], self._base, self._useful, near, self._sampled, *single)
        if single[1][0] <= self._most:
            return
        self._most = float(single[1][0])
        first = math.floor(math.log(self._most, self._step)) - 1
        last = math.ceil(math.log(2.0 * self._budget * self._most, self._step)) + 1
        levels = [
            level
            for level in range(first, last + 1)
            if self._most <= _guess(self._step, level) <= 2.0 * self._budget * self._most
        ]
        old = {level: at for at, level in enumerate(self._levels)}
        self._covers = np.stack(
            [self._covers[old[level]] if level in old else self._base for level in levels]
        )
        self._taken = [self._taken[old[level]] if level in old else [] for level in levels]
        self._levels = levels
        wanted = {number for numbers in self._taken for number in numbers}
        self._vectors = {one: row for one, row in self._vectors.items() if one in wanted}


def _guess(step: float, level: int) -> float:
    """``step ** level``, rounded so that the last bits of a machine's power decide nothing."""
    return float(f"{step**level:.{_DIGITS}g}")


@kernel
def _cosines(rows: F32, row: F32, near: F64) -> None:
    """Fill in the cosine of each row to the one row of a matrix, 0 where it is negative."""
    for at in range(len(rows)):
        near[at] = max(0.0, np.float64(dot_rows(rows, at, row, 0)))


@kernel
def _add_up(
    covers: F64, base: F64, useful: F64, near: F64, count: int, values: F64, gains: F64
) -> None:
    """Fill in F of each cover, and what F grows by with cosines to the sample."""
    for at in range(len(covers)):
        for place in range(count):
            cover = covers[at, place]
            values[at] += useful[place] * (cover - base[place])
            gains[at] += useful[place] * max(0.0, near[place] - cover)
        values[at] /= count
        gains[at] /= count
