"""Unit vectors of every kind that a strategy may meet, and hypothesis strategies that draw them."""

import numpy as np
from hypothesis import strategies as st

from framesel.selection.greedy import Proposer

KINDS = ("random", "clustered", "duplicated", "identical", "walk", "collapsed", "axes")


def rng(seed: int = 0) -> np.random.Generator:
    """A source of chance."""
    return np.random.default_rng(seed)


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows of length one, float32."""
    rows = np.asarray(rows, np.float64)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def make(kind: str, n: int, dim: int, seed: int) -> np.ndarray:
    """n unit vectors of a kind."""
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((n, dim))
    if kind == "clustered":
        centres = rng.standard_normal((max(1, n // 8), dim))
        rows = centres[rng.integers(len(centres), size=n)] + 0.2 * rows
    elif kind == "duplicated":
        rows = rows[rng.integers(max(1, n // 3), size=n)]
    elif kind == "identical":
        rows = np.repeat(rows[:1], n, axis=0)
    elif kind == "walk":
        rows = np.cumsum(rows * 0.3, axis=0) + rng.standard_normal(dim)
    elif kind == "collapsed":
        rows = 20.0 * np.abs(rng.standard_normal(dim)) + rows
    elif kind == "axes":
        rows = np.eye(dim)[rng.integers(dim, size=n)] * rng.choice([-1.0, 1.0], size=(n, 1))
    return unit(rows + 0.0) if n else np.empty((0, dim), np.float32)


@st.composite
def vector_sets(draw: st.DrawFn, most: int = 60, least: int = 1) -> np.ndarray:
    """A set of unit vectors of any kind, 1 to 70 wide."""
    kind = draw(st.sampled_from(KINDS))
    n = draw(st.integers(least, most))
    dim = draw(st.sampled_from((2, 3, 16, 70)))
    return make(kind, n, dim, draw(st.integers(0, 2**20)))


def fill(proposer: Proposer, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The first k picks of a proposer without limits, and their gains."""
    rows, gains = [], []
    for _ in range(k):
        rows.append(proposer.best())
        gains.append(sum(proposer.take(rows[-1]).values()))
    return np.array(rows, np.int64), np.array(gains, np.float64)
