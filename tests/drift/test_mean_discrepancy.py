import itertools

import numpy as np
import pytest

from framesel.drift.mean_discrepancy import mean_discrepancy, mean_kernel, width


def points(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.normal(size=(n, 3)).astype(np.float32)


def test_single_frames_give_grettons_formula() -> None:
    rng = np.random.default_rng(0)
    x, y = points(rng, 7).astype(np.float64), points(rng, 5).astype(np.float64)

    def k(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.exp(-((a - b) ** 2).sum() / (2 * 0.7**2)))

    within_x = sum(k(a, b) for a, b in itertools.permutations(x, 2)) / (7 * 6)
    within_y = sum(k(a, b) for a, b in itertools.permutations(y, 2)) / (5 * 4)
    across = sum(k(a, b) for a in x for b in y) / (7 * 5)
    both = np.concatenate([x, y]).astype(np.float32)
    side = np.array([[0.0] * 7 + [1.0] * 5])
    found = mean_discrepancy(mean_kernel(both, np.arange(12), 12, 0.7), side)
    assert found[0] == pytest.approx(within_x + within_y - 2 * across, rel=1e-6)


def test_agrees_with_frouros() -> None:
    """frouros 0.9.0: ``MMD(kernel=partial(rbf_kernel, sigma=0.75)).fit(X=x).compare(X=y)``."""
    rng = np.random.RandomState(31)
    x, y = rng.normal(0, 1, (40, 3)), rng.normal(0.4, 1.2, (25, 3))
    both = np.concatenate([x, y]).astype(np.float32)
    side = np.concatenate([np.zeros(40), np.ones(25)])[None]
    found = mean_discrepancy(mean_kernel(both, np.arange(65), 65, 0.75), side)
    assert found[0] == pytest.approx(0.03541714588657091, rel=1e-5)


def test_a_piece_is_the_mean_of_its_frames() -> None:
    rng = np.random.default_rng(1)
    some, of = points(rng, 9), np.array([2, 0, 0, 1, 2, 2, 1, 0, 2])
    found = mean_kernel(some, of, 3, 0.5)
    for a, b in itertools.permutations(range(3), 2):
        apart = ((some[of == a][:, None] - some[of == b][None]) ** 2).sum(axis=2)
        assert found[a, b] == pytest.approx(np.exp(-apart / 0.5).mean(), rel=1e-5)
    assert not np.diag(found).any()


def test_blocks_of_frames_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    some, of = points(rng, 50), rng.permutation(np.arange(50) % 6)
    whole = mean_kernel(some, of, 6, 0.5)
    monkeypatch.setattr("framesel.drift.mean_discrepancy._BLOCK", 7)
    np.testing.assert_allclose(mean_kernel(some, of, 6, 0.5), whole, rtol=1e-12)


def test_the_width_is_the_median_distance_between_pieces() -> None:
    some = np.array([[0.0], [0.1], [3.0], [5.0]], np.float32)
    of = np.array([0, 0, 1, 2])
    # between pieces: 3, 5, 2.9, 4.9, 2
    assert width(some, of, np.random.default_rng(0)) == pytest.approx(3.0, rel=1e-6)


def test_equal_frames_have_a_width() -> None:
    assert width(np.ones((4, 2), np.float32), np.arange(4), np.random.default_rng(0)) == 1.0


def test_one_piece_on_a_side_still_orders_arrangements() -> None:
    some = np.array([[0.0], [0.1], [0.2], [9.0]], np.float32)
    kernel = mean_kernel(some, np.arange(4), 4, 1.0)
    found = mean_discrepancy(kernel, np.eye(4))
    assert np.isfinite(found).all()
    assert found.argmax() == 3
