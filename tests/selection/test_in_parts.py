"""Rows shared between threads: each exactly once, and errors come out."""

import numpy as np
import pytest

from framesel.selection.vectors.in_parts import in_parts


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 1000])
def test_every_row_is_worked_on_once(count: int) -> None:
    done = np.zeros(count, np.int64)

    def job(low: int, high: int) -> None:
        assert low < high
        done[low:high] += 1

    in_parts(count, job)
    assert (done == 1).all()


def test_an_error_in_a_part_comes_out() -> None:
    def job(low: int, high: int) -> None:
        raise ValueError(low)

    with pytest.raises(ValueError, match="0"):
        in_parts(3, job)
