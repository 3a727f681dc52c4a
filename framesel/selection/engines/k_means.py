"""Spherical k-means: frames in cells around mean directions, equal on any number of threads.

Maximises sum_i w_i cos(x_i, c(i)) by turns: each row joins the centre with the largest cosine, each
centre moves to the weighted mean of its rows (Dhillon & Modha, "Concept decompositions for large
sparse text data using clustering", Machine Learning 42, 2001); for unit rows that is k-means under
the squared chord distance. It ends in a local optimum; the start, drawn in proportion to the
squared distance from what is drawn (k-means++: Arthur & Vassilvitskii, SODA 2007), is within
O(log k) of the best in expectation.

Centres may be fixed: footage near what is labelled already then needs no cell of its own. Matrix
products only rule centres out; what is close is decided by the package's own inner product, and
sums run in row order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.selection.vectors.arrays import F32, F64, I64, unit_error
from framesel.selection.vectors.dot import dot_rows, kernel, rounding_margin

ROUNDS = 20
"""Turns at most; the first few bring nearly all there is to gain."""

_GAIN_LEFT = 1e-4
"""A turn that makes rows less closer to their centres than by this share is the last."""

_SAME_COS = 1.0 - 1e-6
"""Rows that agree so far are one point: none of them is drawn when the other is a centre."""

_PRODUCTS_AT_ONCE = 4_194_304


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows by the centre that is nearest to them.

    Attributes:
        centres: (f + k, d) float32 unit rows, the f fixed ones first. k may be less than was asked
            for where the rows hold fewer different points.
        cell_of: (n,) int64 centre of each row, ties to the lowest. A cell may be empty.
        cos: (n,) float32 cosine to that centre.
    """

    centres: F32
    cell_of: I64
    cos: F32


def k_means(
    vectors: F32,
    k: int,
    rng: np.random.Generator,
    *,
    weights: F64 | None = None,
    fixed: F32 | None = None,
    rounds: int = ROUNDS,
) -> Cells:
    """Cells around ``k`` new centres and the fixed ones.

    Time: about ``(rounds + 1) * n * k`` inner products. Memory: a few numbers for each row.

    Args:
        vectors: (n, d) float32 unit rows.
        k: How many new centres, 0 or more.
        rng: Draws the start.
        weights: (n,) how much each row counts, > 0; default equal.
        fixed: (f, d) float32 unit rows that are centres and stay where they are.
        rounds: Turns at most.
    """
    mass = np.ones(len(vectors)) if weights is None else np.asarray(weights, np.float64)
    kept = vectors[:0] if fixed is None else fixed
    start = _draw(vectors, min(k, len(vectors)), rng, mass, kept)
    centres = np.concatenate([kept, vectors[start]])
    cells = assign(vectors, centres)
    reached = _closeness_in_all(cells, mass)
    for _ in range(rounds if len(start) else 0):
        moved = mean_directions(vectors, mass, cells)
        moved[: len(kept)] = kept
        cells = assign(vectors, moved)
        before, reached = reached, _closeness_in_all(cells, mass)
        if reached - before <= _GAIN_LEFT * (mass.sum() - before):
            break
    return cells


def assign(vectors: F32, centres: F32) -> Cells:
    """Each row with the centre that has the largest cosine, ties to the lowest centre.

    Args:
        vectors: (n, d) float32 unit rows.
        centres: (c, d) float32 unit rows, one at least unless there are no rows.
    """
    n = len(vectors)
    cell_of, cos = np.zeros(n, np.int64), np.zeros(n, np.float32)
    error = unit_error(vectors) + unit_error(centres)
    margin = np.float32(2.0 * rounding_margin(vectors.shape[1], error))
    step = max(1, _PRODUCTS_AT_ONCE // max(1, len(centres)))
    for low in range(0, n, step):
        products = vectors[low : low + step] @ centres.T
        _decide(products, margin, vectors, low, centres, cell_of, cos)
    return Cells(centres, cell_of, cos)


def mean_directions(vectors: F32, weights: F64, cells: Cells) -> F32:
    """Unit mean of the rows of each cell; where they cancel out or there are none, its old centre.

    Returns:
        (c, d) float32 unit rows.
    """
    sums = np.zeros(cells.centres.shape, np.float64)
    _add_up(vectors, weights, cells.cell_of, sums)
    lengths = np.sqrt((sums * sums).sum(axis=1))
    held = np.zeros(len(sums))
    np.add.at(held, cells.cell_of, weights)
    clear = lengths > 1e-6 * held
    means = cells.centres.copy()
    means[clear] = (sums[clear] / lengths[clear, None]).astype(np.float32)
    return means


def closeness(vectors: F32, directions: F32, cell_of: I64) -> F32:
    """Cosine of each row to the direction of its cell. (n,) float32.

    With the cells' mean directions, the row that has the largest is the cell's medoid: of all its
    rows the one with the least weighted sum of squared chord distances to the others, because
    ``sum_i w_i |x_i - x|^2`` is a constant less ``2 x . sum_i w_i x_i`` for unit rows.
    """
    cos = np.empty(len(vectors), np.float32)
    _compare(vectors, directions, cell_of, cos)
    return cos


def _closeness_in_all(cells: Cells, weights: F64) -> float:
    """What k-means maximises."""
    return float((weights * cells.cos).sum())


def _draw(vectors: F32, k: int, rng: np.random.Generator, weights: F64, fixed: F32) -> I64:
    """Rows to start from, in proportion to weight times squared distance from those before."""
    drawn = np.empty((len(fixed) + k, vectors.shape[1]), np.float32)
    drawn[: len(fixed)] = fixed
    nearest = np.full(len(vectors), -1.0, np.float32)
    owner = np.zeros(len(vectors), np.int64)
    margin = np.float32(rounding_margin(vectors.shape[1], unit_error(vectors)))
    for at in range(len(fixed)):
        _raise(vectors, drawn, at, margin, nearest, owner)
    rows: list[int] = []
    while len(rows) < k:
        left = 2.0 - 2.0 * nearest.astype(np.float64)
        chances = np.cumsum(np.where(nearest < _SAME_COS, left * weights, 0.0))
        if chances[-1] <= 0.0:
            break
        row = int(np.searchsorted(chances, rng.random() * chances[-1], side="right"))
        drawn[len(fixed) + len(rows)] = vectors[row]
        _raise(vectors, drawn, len(fixed) + len(rows), margin, nearest, owner)
        nearest[row] = 1.0
        rows.append(row)
    return np.array(rows, np.int64)


@kernel
def _raise(vectors: F32, drawn: F32, at: int, margin: np.float32, nearest: F32, owner: I64) -> None:
    """Raise each row's largest cosine to one more row of ``drawn``.

    A row that makes at most half the angle with its nearest that this makes with the new one cannot
    be nearer to the new one (triangle inequality).
    """
    half = np.full(at + 1, np.float32(np.inf))
    for earlier in range(at):
        cosine = dot_rows(drawn, earlier, drawn, at)
        half[earlier] = np.sqrt(max(np.float32(0.0), (cosine + 1) / 2)) + margin
    for row in range(len(vectors)):
        if nearest[row] < half[owner[row]]:
            cosine = dot_rows(vectors, row, drawn, at)
            if cosine > nearest[row]:
                nearest[row] = cosine
                owner[row] = at


@kernel
def _decide(
    products: F32, margin: np.float32, vectors: F32, low: int, centres: F32, cell_of: I64, cos: F32
) -> None:
    """Find the nearest centre of some rows; exact inner products where others come close."""
    for at in range(len(products)):
        most = products[at].max() - margin
        row = low + at
        best = -1
        value = np.float32(0.0)
        for centre in range(products.shape[1]):
            if products[at, centre] >= most:
                exact = dot_rows(vectors, row, centres, centre)
                if best < 0 or exact > value:
                    best = centre
                    value = exact
        cell_of[row] = best
        cos[row] = value


@kernel
def _add_up(vectors: F32, weights: F64, cell_of: I64, sums: F64) -> None:
    """Add each row to the sum of its cell, in row order."""
    for row in range(len(vectors)):
        into = sums[cell_of[row]]
        weight = weights[row]
        for column in range(vectors.shape[1]):
            into[column] += weight * vectors[row, column]


@kernel
def _compare(vectors: F32, directions: F32, cell_of: I64, cos: F32) -> None:
    """Cosine of each row to the direction of its cell."""
    for row in range(len(vectors)):
        cos[row] = dot_rows(vectors, row, directions, cell_of[row])
