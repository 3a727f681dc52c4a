"""The one inner product: the same bits in the kernel and in numpy, and close to the true value."""

import numpy as np
import pytest

from framesel.selection.vectors.dot import dot_rows, dots, kernel, rounding_margin

from .vectors import make


@kernel
def every_pair(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    for i in range(len(a)):
        for j in range(len(b)):
            out[i, j] = dot_rows(a, i, b, j)


@pytest.mark.parametrize("dim", [1, 2, 15, 16, 17, 63, 64, 65, 100, 127, 128, 384, 390])
def test_kernel_and_numpy_agree_to_the_last_bit(dim: int) -> None:
    a, b = make("random", 40, dim, 1), make("walk", 30, dim, 2)
    got = np.empty((40, 30), np.float32)
    every_pair(a, b, got)
    assert np.array_equal(got, np.stack([dots(a, row) for row in b], axis=1))
    truth = a.astype(np.float64) @ b.astype(np.float64).T
    assert np.abs(got - truth).max() <= rounding_margin(dim)


def test_it_does_not_depend_on_which_row_comes_first() -> None:
    a = make("random", 50, 77, 3)
    got = np.empty((50, 50), np.float32)
    every_pair(a, a, got)
    assert np.array_equal(got, got.T)


def test_margin_covers_rows_that_are_not_quite_unit() -> None:
    a, b = make("collapsed", 50, 96, 4), make("collapsed", 50, 96, 5)
    error = 1e-3
    apart = np.abs((a * (1 + error)) @ (b * (1 + error)).T - a @ b.T).max()
    assert apart <= rounding_margin(96, error)
    assert apart > rounding_margin(96)
