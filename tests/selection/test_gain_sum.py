"""The sum of gains: to the last bit that of plain numpy."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.coverage.gain_sum import gain_of_row, gain_plain
from framesel.selection.vectors.dot import kernel


@kernel
def one(values: np.ndarray, row: int, weights: np.ndarray, cover: np.ndarray) -> float:
    return gain_of_row(values, row, weights, cover)


@given(m=st.integers(0, 70), row=st.integers(0, 2), seed=st.integers(0, 10_000))
def test_it_is_plain_numpys(m: int, row: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.standard_normal((3, m)).astype(np.float32)
    cover = np.where(random.random(m) < 0.3, values[row], random.standard_normal(m))
    cover = cover.astype(np.float32)
    weights = random.random(m) * random.choice([0.0, 1.0, 1e6], m)
    gain = one(values, row, weights, cover)
    assert gain == gain_plain(values, row, weights, cover)
    more = np.maximum(values[row].astype(float) - cover, 0)
    assert np.isclose(gain, more @ weights, rtol=1e-12)
