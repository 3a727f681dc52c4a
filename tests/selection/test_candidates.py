"""Candidates: defaults, conversions, and a clear word for whatever makes no sense."""

import numpy as np
import pytest

from framesel.errors import SelectionError
from framesel.selection import Candidates

from .vectors import make

GOOD = make("random", 5, 8, 0)


def test_columns_have_defaults() -> None:
    candidates = Candidates(GOOD)
    assert candidates.mass.tolist() == [1.0] * 5
    assert candidates.utility is None
    assert candidates.groups.tolist() == candidates.video_no.tolist() == [0] * 5
    assert candidates.pts_s.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert len(candidates) == 5


def test_columns_are_converted() -> None:
    half = Candidates(GOOD.astype(np.float16)[:, ::1], mass=[1, 2, 3, 4, 5], video_no=[7] * 5)
    assert half.vectors.dtype == np.float32
    assert half.vectors.flags.c_contiguous
    assert half.mass.dtype == np.float32
    assert half.groups.tolist() == [7] * 5


def test_timeline_is_group_then_time_then_row() -> None:
    candidates = Candidates(GOOD, groups=[1, 0, 1, 0, 0], pts_s=[0.0, 9.0, 0.0, 1.0, 4.0])
    assert candidates.timeline().tolist() == [3, 4, 1, 0, 2]


def spoil(at: int, value: float) -> np.ndarray:
    rows = GOOD.copy()
    rows[at] = value
    return rows


@pytest.mark.parametrize(
    ("vectors", "columns", "word"),
    [
        (GOOD[0], {}, r"shape \(8,\)"),
        (np.empty((3, 0)), {}, "d >= 1"),
        ([["a", "b"]], {}, "matrix of numbers"),
        (spoil(3, np.nan), {}, "row 3 .* not finite"),
        (spoil(2, np.inf), {}, "row 2 .* not finite"),
        (spoil(4, 0.0), {}, "row 4 .* length 0"),
        (GOOD * 2, {}, "row 0 .* length 2.*divide"),
        (spoil(1, 3e38), {}, "row 1 .* length"),
        (GOOD, {"mass": [1, 2]}, r"mass has shape \(2,\)"),
        (GOOD, {"mass": [1, 1, 0, 1, 1]}, r"mass\[2\] is 0"),
        (GOOD, {"utility": [1, 1, 1, -1, 1]}, r"utility\[3\] is -1"),
        (GOOD, {"pts_s": [0, 1, np.nan, 3, 4]}, r"pts_s\[2\] is nan"),
        (GOOD, {"groups": [0.5, 1, 2, 3, 4]}, "groups must hold whole numbers"),
        (GOOD, {"video_no": [2**40, 1, 2, 3, 4]}, "video_no must hold whole numbers"),
        (GOOD, {"groups": list("abcde")}, "groups holds"),
    ],
)
def test_nonsense_is_named(vectors: object, columns: dict[str, object], word: str) -> None:
    with pytest.raises(SelectionError, match=word):
        Candidates(vectors, **columns)
