"""Total variance removed by a label: against refitting the model with each candidate."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty import alc


def unit(n: int, d: int, seed: int) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)


def total_variance(
    seen: np.ndarray, targets: np.ndarray, mass: np.ndarray, noise: float, prior: float
) -> float:
    """Posterior variance of a Gaussian process with a linear kernel, summed over the targets."""
    k = prior * seen @ seen.T + noise**2 * np.eye(len(seen))
    cross = prior * targets @ seen.T
    own = prior * (targets**2).sum(1)
    return float(mass @ (own - np.einsum("ul,lu->u", cross, np.linalg.solve(k, cross.T))))


def by_refitting(
    x: np.ndarray,
    seen: np.ndarray,
    targets: np.ndarray,
    mass: np.ndarray,
    noise: float,
    prior: float,
) -> list[float]:
    before = total_variance(seen, targets, mass, noise, prior)
    return [
        before - total_variance(np.vstack([seen, row]), targets, mass, noise, prior) for row in x
    ]


@given(
    st.integers(1, 8), st.integers(0, 6), st.integers(1, 5), st.integers(0, 2**31),
    st.sampled_from([0.1, 0.5, 2.0]), st.sampled_from([0.3, 1.0, 5.0]),
)  # fmt: skip
def test_it_is_what_refitting_gives(
    n: int, seen: int, dim: int, seed: int, noise: float, prior: float
) -> None:
    x, labelled, targets = unit(n, dim, seed), unit(seen, dim, seed + 1), unit(7, dim, seed + 2)
    mass = np.random.default_rng(seed).uniform(0, 3, 7)
    ours = alc(x, labelled, noise=noise, prior=prior, targets=targets, mass=mass)
    expected = by_refitting(x, labelled, targets, mass, noise, prior)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


def test_worked_example() -> None:
    # Nothing labelled, axes: k = prior I. A label at e1 removes 1 / (1 + 1) for each target there.
    x = np.eye(2)
    np.testing.assert_allclose(alc(x, noise=1.0, targets=[[1, 0], [1, 0], [0, 1]]), [1.0, 0.5])
    np.testing.assert_allclose(alc(x, noise=1.0, mass=[3, 1]), [1.5, 0.5])


def test_frames_like_the_crowd_gain_most_and_labelled_ones_least() -> None:
    rng = np.random.default_rng(0)
    crowd = np.array([1.0, 0, 0]) + 0.05 * rng.normal(size=(50, 3))
    x = np.vstack([crowd, [[0, 1, 0]]])
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    gain = alc(x)
    assert gain[:50].min() > gain[50]
    again = alc(x, x[:5])
    assert again[:50].max() < gain[:50].min()
    assert again[50] > again[:50].max()


def test_more_labels_leave_less_to_gain_and_order_is_nothing() -> None:
    x, seen = unit(40, 6, 0), unit(10, 6, 1)
    totals = [float(alc(x, seen[:count]).sum()) for count in (0, 3, 10)]
    assert totals[0] > totals[1] > totals[2] > 0
    order = np.random.default_rng(0).permutation(40)
    np.testing.assert_allclose(alc(x[order], seen), alc(x, seen)[order], rtol=1e-4)


def test_blocks_and_float32_change_nothing_much(monkeypatch: pytest.MonkeyPatch) -> None:
    x, seen = unit(50, 6, 0), unit(10, 6, 1)
    whole = alc(x, seen)
    np.testing.assert_allclose(alc(x.astype(np.float32), seen), whole, rtol=1e-4)
    monkeypatch.setattr("framesel.uncertainty.expected_error._BLOCK_NUMBERS", 20)
    np.testing.assert_allclose(alc(x, seen), whole, rtol=1e-6)


def test_nothing_to_score() -> None:
    assert alc(np.zeros((0, 4)), unit(3, 4, 0)).shape == (0,)
    assert alc(unit(3, 4, 0), targets=np.zeros((0, 4))).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"labelled": np.zeros((2, 5))}, "labelled must be"),
        ({"targets": np.zeros(4)}, "targets must be"),
        ({"targets": np.full((2, 4), np.nan)}, "nan"),
        ({"mass": [1.0]}, "mass must be 3"),
        ({"mass": [1.0, -1.0, 1.0]}, "mass must be 3"),
        ({"noise": 0.0}, "noise and prior"),
        ({"prior": np.nan}, "noise and prior"),
    ],
)
def test_what_is_refused(options: dict[str, object], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        alc(unit(3, 4, 0), **options)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="vectors must be"):
        alc(np.zeros((3, 0)))
