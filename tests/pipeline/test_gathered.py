"""Frames are found by their keys."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.stages.gathered import Dataset

KEYS = st.tuples(st.integers(0, 4), st.integers(-(1 << 60), 1 << 60) | st.integers(-3, 3))


@given(st.lists(KEYS, unique=True, max_size=30), st.lists(KEYS, max_size=30))
def test_rows_are_those_of_a_plain_search(
    mine: list[tuple[int, int]], wanted: list[tuple[int, int]]
) -> None:
    columns = {
        "video_no": np.array([v for v, _ in mine], np.int32),
        "pts": np.array([p for _, p in mine], np.int64),
    }
    data = Dataset(columns, np.empty((len(mine), 0), np.float32))
    for keys in (wanted, mine, mine[::-1]):
        found = data.rows([v for v, _ in keys], [p for _, p in keys])
        assert found.tolist() == [mine.index(key) if key in mine else -1 for key in keys]
