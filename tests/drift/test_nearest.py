import numpy as np
import pytest

from framesel.drift.nearest import distances, mean_distance
from tests.drift.streams import unit


def test_distances_are_those_of_the_nearest_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("framesel.drift.nearest._BLOCK", 4)
    rng = np.random.default_rng(0)
    some, others = unit(rng.normal(size=(9, 3))), unit(rng.normal(size=(7, 3)))
    of = np.array([1, 0, 2, 2, 1, 0, 2])
    found = distances(some, others, of, 3)
    for row, one in enumerate(some):
        for piece in range(3):
            apart = np.linalg.norm(others[of == piece] - one, axis=1).min()
            assert found[row, piece] == pytest.approx(apart, abs=1e-5)


@pytest.mark.parametrize("new", [1, 3, 45, 48])
def test_the_mean_is_over_frames_then_over_pieces(new: int) -> None:
    """With 48 of 50 pieces new, most frames have none but new ones among the nearest 32."""
    rng = np.random.default_rng(1)
    apart = rng.random((120, 50)).astype(np.float32)
    of = np.concatenate([np.arange(50), rng.integers(0, 50, 70)])
    sides = np.stack([rng.permutation((np.arange(50) < new).astype(float)) for _ in range(4)])
    for side, found in zip(sides, mean_distance(apart, of, sides), strict=True):
        known = side == 0
        each = [apart[of == p][:, known].min(axis=1).mean() for p in np.flatnonzero(~known)]
        assert found == pytest.approx(np.mean(each), rel=1e-6)
