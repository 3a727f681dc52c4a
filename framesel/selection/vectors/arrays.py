"""Array types of this package, and the checks that every vector passes before all else."""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framesel.errors import SelectionError

F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
I32: TypeAlias = NDArray[np.int32]
I64: TypeAlias = NDArray[np.int64]
Bool: TypeAlias = NDArray[np.bool_]

UNIT_TOLERANCE = 2e-3
"""Largest deviation of a row's length from one; storage as float16 stays well below it."""

_ROWS_AT_ONCE = 65_536


class Rows(Protocol):
    """(n, d) float32 unit rows, in memory or on disk."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, which: Any) -> F32:
        """Those of a slice, or of an array of row numbers."""


def unit_error(vectors: F32) -> float:
    """Largest deviation of a row's length from one, 0 for no rows."""
    worst = 0.0
    for low in range(0, len(vectors), _ROWS_AT_ONCE):
        norms = _norms(vectors[low : low + _ROWS_AT_ONCE])
        worst = max(worst, float(np.abs(norms - 1.0).max()))
    return worst


def checked_vectors(vectors: ArrayLike, what: str) -> F32:
    """The vectors as a C-contiguous float32 matrix of unit rows.

    Args:
        vectors: (n, d) numbers.
        what: What they are, for the message ("candidate vectors").

    Returns:
        (n, d) float32; the same memory where it already has that form.

    Raises:
        SelectionError: Not a matrix, no columns, a value that is not finite, or a row whose length
            is off by more than ``UNIT_TOLERANCE``.
    """
    try:
        matrix = np.ascontiguousarray(vectors, dtype=np.float32)
    except (TypeError, ValueError) as error:
        raise SelectionError(
            f"the {what} are not a matrix of numbers ({error}); give an (n, d) float32 array"
        ) from error
    if np.ndim(vectors) != 2 or matrix.shape[1] == 0:
        raise SelectionError(
            f"the {what} have shape {np.shape(vectors)}, expected (n, d) with d >= 1; "
            "give one row for each frame"
        )
    for low in range(0, len(matrix), _ROWS_AT_ONCE):
        _check_rows(matrix[low : low + _ROWS_AT_ONCE], low, what)
    return matrix


def checked_column(
    values: ArrayLike | None, n: int, dtype: type[np.generic], what: str, default: float
) -> NDArray[np.generic]:
    """One value for each candidate, as a contiguous array of the wanted type.

    Args:
        values: (n,) numbers, or nothing.
        n: Number of candidates.
        dtype: numpy type to convert to.
        what: Name of the column, for the message.
        default: Value of each element where nothing is given.

    Raises:
        SelectionError: Wrong shape, not numbers, not finite, or a whole-number column with
        fractions.
    """
    if values is None:
        return np.full(n, default, dtype=dtype)
    given = np.asarray(values)
    if given.shape != (n,):
        raise SelectionError(
            f"{what} has shape {given.shape}, expected ({n},): one value for each candidate"
        )
    if given.dtype.kind not in "biuf":
        raise SelectionError(f"{what} holds {given.dtype}, expected numbers; convert it first")
    bad = np.flatnonzero(~np.isfinite(given))
    if len(bad):
        raise SelectionError(
            f"{what}[{bad[0]}] is {given[bad[0]]} ({len(bad)} values are not finite); "
            "drop those candidates or give them a number"
        )
    column = np.ascontiguousarray(given.astype(dtype))
    if np.issubdtype(dtype, np.integer) and not np.array_equal(column, given):
        raise SelectionError(f"{what} must hold whole numbers within the range of {dtype.__name__}")
    return column


def checked_matrix(values: ArrayLike, n: int, what: str) -> F32:
    """A finite (n, c) float32 matrix.

    Args:
        values: (n, c) numbers.
        n: Number of candidates.
        what: Name of the matrix, for the message.

    Raises:
        SelectionError: Wrong shape, not numbers, or not finite.
    """
    given = np.asarray(values)
    if given.ndim != 2 or len(given) != n:
        raise SelectionError(
            f"{what} has shape {given.shape}, expected ({n}, columns): one row for each candidate"
        )
    if given.dtype.kind not in "biuf":
        raise SelectionError(f"{what} holds {given.dtype}, expected numbers; convert it first")
    matrix = np.ascontiguousarray(given, dtype=np.float32)
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if len(bad):
        raise SelectionError(
            f"row {bad[0]} of {what} holds values that are not finite; drop that candidate or "
            "give it numbers"
        )
    return matrix


def chord(cosines: ArrayLike) -> F64:
    """Distance ``sqrt(2 - 2 cos)`` between unit vectors, in double precision."""
    distance: F64 = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * np.asarray(cosines, np.float64)))
    return distance


def _norms(rows: F32) -> F64:
    """Length of each row, in double precision."""
    norms: F64 = np.sqrt(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))
    return norms


def _check_rows(rows: F32, first: int, what: str) -> None:
    """Raise for the first row that is not finite or not of unit length."""
    with np.errstate(over="ignore", invalid="ignore"):
        norms = _norms(rows)
        wrong = np.flatnonzero(~(np.abs(norms - 1.0) <= UNIT_TOLERANCE))
    if not len(wrong):
        return
    at = int(wrong[0])
    if not np.isfinite(rows[at]).all():
        raise SelectionError(
            f"row {first + at} of the {what} holds values that are not finite; "
            "embed that frame again or leave it out"
        )
    raise SelectionError(
        f"row {first + at} of the {what} has length {norms[at]:.4g}, expected 1; "
        "divide each row by its norm first"
    )
