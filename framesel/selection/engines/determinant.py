"""Greedy maximisation of a determinant, lazily: pick what the picks explain worst.

The matrix is M = ridge * I + D K D with D = diag(scale) and K(i, j) = 1 / (1 + d^2 / (2 width^2)),
the rational quadratic kernel of the chord distance d (Rasmussen & Williams, "Gaussian processes for
machine learning", 2006, equation 4.19 with alpha = 1): positive definite, long-tailed, and made of
additions, products and quotients alone, so that it gives the same bits on every machine.

Row by row the Cholesky factor of M on the picks grows, and with it what remains of each M(i, i)
when the picks are known: taking row i multiplies the determinant by that remainder (Chen, Zhang &
Zhou, "Fast greedy MAP inference for determinantal point process to improve recommendation
diversity", NeurIPS 2018). Remainders only shrink, so an old one is an upper bound, and a row is
brought up to date only when it could win (Hemmi et al., "Lazy and fast greedy MAP inference for
determinantal point process", NeurIPS 2022). Nothing depends on the number of threads: there is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from framesel.selection.greedy import NONE_LEFT
from framesel.selection.vectors.arrays import F32, F64, I64, Bool
from framesel.selection.vectors.dot import dot_rows, dots, kernel

NOTHING = 1e-6
"""A remainder below this share of the least M(i, i) is rounding: the row repeats what is picked."""

_NARROWEST = 0.01
"""Widths below this chord distance are raised to it: float32 cosines do not resolve less."""

_BLOCK = 32


class Rows(NamedTuple):
    """What is known of some rows.

    Attributes:
        vectors: (n, d) float32 unit rows.
        scale: (n,) float64 > 0.
        factor: (n, room) float64 their rows of the Cholesky factor, as far as they are known.
        left: (n,) float64 what remains of M(i, i), as far as it is known.
        seen: (n,) int64 how many of those picked are accounted for.
    """

    vectors: F32
    scale: F64
    factor: F64
    left: F64
    seen: I64


class Determinant:
    """Proposes the row with the largest remainder; ties go to the lowest row.

    The gain is the logarithm of the remainder: what log det grows by.
    """

    def __init__(
        self, vectors: F32, scale: F64, seeds: F32, *, width: float, ridge: float, picks: int
    ) -> None:
        """Begin with what is chosen already.

        Args:
            vectors: (n, d) float32 unit rows.
            scale: (n,) float64 > 0, the square root of each row's weight.
            seeds: (m, d) float32 unit rows that are in the matrix from the start, at the largest
                scale of all.
            width: Width of the kernel as a chord distance, > 0.
            ridge: What is added to the diagonal, >= 0.
            picks: About how many there will be. Memory: ``8 * n * (m + picks)`` bytes at most, of
                which only what is looked at is touched.
        """
        n, room = len(vectors), len(seeds) + picks + 1
        self._candidates = _rows(vectors, scale, ridge, room)
        self._picked = _rows(np.zeros((room, vectors.shape[1]), np.float32), np.ones(room), 0, room)
        self._count = 0
        self._curve = 2.0 * max(width, _NARROWEST) ** 2
        self._floor = NOTHING * float(self._candidates.left.min(initial=np.inf))
        self._gone: Bool = np.zeros(n, np.bool_)
        blocks = (n + _BLOCK - 1) // _BLOCK
        self._best = np.arange(blocks, dtype=np.int64) * _BLOCK
        self._bound = np.full(blocks, np.inf)
        self._fresh = np.full(blocks, -1, np.int64)
        known = _rows(seeds, np.full(len(seeds), scale.max(initial=0.0)), ridge, room)
        for seed in range(len(seeds)):
            self._add(known, seed)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        return _best(
            self._candidates,
            self._picked,
            self._count,
            self._curve,
            self._floor,
            self._gone,
            self._best,
            self._bound,
            self._fresh,
        )

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gain is what log det grows by."""
        if self._count == len(self._picked.left):
            self._grow()
        left = self._add(self._candidates, row)
        self._candidates.left[row] = 0.0
        self._strike(np.array([row]))
        return {"log_determinant": math.log(left)}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._strike(rows)

    def most_more(self, k: int) -> float:
        """What log det can grow by at most with any k further rows, for a ridge of 1 or more.

        Those that are struck off count too: the best choice may have them.
        """
        gains = np.log(np.maximum(self._candidates.left, 1.0))
        return float(np.sort(gains)[::-1][:k].sum())

    def _strike(self, rows: I64) -> None:
        """Propose these no more."""
        self._gone[rows] = True
        self._fresh[rows // _BLOCK] = -1

    def _add(self, rows: Rows, row: int) -> float:
        """Put a row into the matrix, unless it repeats what is there; its remainder before."""
        picked, at = self._picked, self._count
        _advance(rows, row, picked, at, self._curve, self._floor, -np.inf)
        left = float(rows.left[row])
        if left > self._floor:
            picked.vectors[at] = rows.vectors[row]
            picked.scale[at] = rows.scale[row]
            picked.factor[at, :at] = rows.factor[row, :at]
            picked.left[at] = left
            self._count += 1
        return left

    def _grow(self) -> None:
        """Make room for twice as many picks."""
        candidates, picked = self._candidates, self._picked
        self._candidates = candidates._replace(factor=_doubled(candidates.factor, 1))
        picked = picked._replace(factor=_doubled(picked.factor, 1))
        self._picked = Rows(*(_doubled(part, 0) for part in picked))


def greedy_determinant_plain(
    vectors: F32, scale: F64, seeds: F32, k: int, *, width: float, ridge: float
) -> I64:
    """The picks in plain numpy, all remainders brought up to date each time; the tests' oracle."""
    floor = NOTHING * float((scale**2 + ridge).min(initial=np.inf))
    curve = 2.0 * max(width, _NARROWEST) ** 2
    bank, m = np.concatenate([seeds, vectors]), len(seeds)
    scale = np.concatenate([np.full(m, scale.max(initial=0.0)), scale])
    left, known = scale**2 + ridge, np.zeros((len(bank), 0))
    rows: list[int] = []
    for step in range(m + k):
        open_left = left[m:].copy()
        open_left[rows] = -np.inf
        row = step if step < m else m + int(np.argmax(open_left))
        rows += [row - m] if step >= m else []
        if left[row] <= floor:
            continue
        products = known * known[row]
        sums = [np.zeros(len(bank)) for _ in range(4)]
        whole = products.shape[1] - products.shape[1] % 4
        for at in range(products.shape[1]):
            sums[at % 4 if at < whole else 0] += products[:, at]
        near = curve / (curve + np.maximum(0.0, 2.0 - 2.0 * dots(bank, bank[row]).astype("f8")))
        explained = (sums[0] + sums[1]) + (sums[2] + sums[3])
        entry = (scale * scale[row] * near - explained) / math.sqrt(left[row])
        known = np.column_stack([known, entry])
        left = np.maximum(floor, left - entry * entry)
    return np.array(rows, np.int64)


def _doubled(array: Any, axis: int) -> Any:
    """The array with as much room again."""
    return np.concatenate([array, np.empty_like(array)], axis=axis)


def _rows(vectors: F32, scale: F64, ridge: float, room: int) -> Rows:
    """Rows of which nothing is known but the diagonal."""
    n = len(vectors)
    left = scale * scale + ridge
    return Rows(vectors, scale.copy(), np.empty((n, room)), left, np.zeros(n, np.int64))


@kernel
def _advance(
    rows: Rows, row: int, picked: Rows, until: int, curve: float, floor: float, enough: float
) -> None:
    """Account for the first ``until`` picks in a row's remainder, or until it is below enough."""
    for at in range(rows.seen[row], until):
        if rows.left[row] < enough:
            return
        cosine = np.float64(dot_rows(rows.vectors, row, picked.vectors, at))
        near = curve / (curve + max(0.0, 2.0 - 2.0 * cosine))
        known = _inner(rows.factor, row, picked.factor, at)
        entry = (rows.scale[row] * picked.scale[at] * near - known) / math.sqrt(picked.left[at])
        rows.factor[row, at] = entry
        rows.left[row] = max(floor, rows.left[row] - entry * entry)
        rows.seen[row] = at + 1


@kernel
def _inner(a: F64, i: int, b: F64, j: int) -> float:
    """Inner product of the first j entries of two rows, in four running sums."""
    one = two = three = four = 0.0
    whole = j - j % 4
    for at in range(0, whole, 4):
        one += a[i, at] * b[j, at]
        two += a[i, at + 1] * b[j, at + 1]
        three += a[i, at + 2] * b[j, at + 2]
        four += a[i, at + 3] * b[j, at + 3]
    for at in range(whole, j):
        one += a[i, at] * b[j, at]
    return (one + two) + (three + four)


@kernel
def _best(
    rows: Rows,
    picked: Rows,
    count: int,
    curve: float,
    floor: float,
    gone: Bool,
    best: I64,
    bound: F64,
    fresh: I64,
) -> int:
    """The row with the largest remainder that is not gone; -1 if there is none.

    Blocks of rows keep an upper bound. The block with the largest is looked through, until it is
    one that has been since the last pick.
    """
    while len(bound):
        block = int(np.argmax(bound))
        if bound[block] == -np.inf:
            return NONE_LEFT
        if fresh[block] == count:
            return int(best[block])
        top = -1
        value = -np.inf
        first = best[block]
        low = block * _BLOCK
        for step in range(-1, min(_BLOCK, len(gone) - low)):
            row = first if step < 0 else low + step
            if gone[row] or (step >= 0 and row == first):
                continue
            _advance(rows, row, picked, count, curve, floor, value)
            if rows.left[row] > value or (rows.left[row] == value and row < top):
                top = row
                value = rows.left[row]
        best[block] = max(top, low)
        bound[block] = value
        fresh[block] = count
    return NONE_LEFT
