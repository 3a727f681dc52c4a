import numpy as np
import pytest

from framesel.drift.correlation import correlation_time
from framesel.drift.footage import Both
from framesel.drift.pieces import TIMES, pieces
from framesel.drift.sample import MOST_FRAMES, sample
from tests.drift.streams import clips, footage, halves, stream


@pytest.mark.parametrize("memory", [1.0, 9.0, 39.0])
def test_the_memory_of_a_walk_is_found(memory: float) -> None:
    rng = np.random.default_rng(0)
    found = correlation_time([stream(rng, 20_000, memory, dim=1) for _ in range(3)])
    assert found == pytest.approx(memory, rel=0.15)


def test_the_slowest_coordinate_counts() -> None:
    rng = np.random.default_rng(1)
    fast, slow = stream(rng, 8000, 1.0, dim=3, spread=9.0), stream(rng, 8000, 25.0, dim=1)
    assert correlation_time([np.concatenate([fast, slow], axis=1)]) == pytest.approx(25, rel=0.3)


def test_a_still_picture_remembers_nothing() -> None:
    assert correlation_time([np.ones((50, 2)), np.ones((1, 2))]) == 1.0


def test_enough_videos_stay_whole() -> None:
    rng = np.random.default_rng(2)
    both = Both(footage(clips(rng, 19)), footage(clips(rng, 1), "n"))
    found = pieces(both, 0.05)
    assert found.what == "videos"
    assert len(found) == 20
    assert found.least_p == pytest.approx(0.05)
    np.testing.assert_array_equal(found.of, both.video)


def test_more_arrangements_than_a_float_can_count() -> None:
    rng = np.random.default_rng(3)
    both = Both(footage(clips(rng, 700, 1)), footage(clips(rng, 700, 1), "n"))
    assert pieces(both, 0.05).least_p == 0.0


def test_few_long_videos_are_cut_with_gaps() -> None:
    rng = np.random.default_rng(4)
    both = Both(*halves(stream(rng, 2000, 9.0)))
    found = pieces(both, 0.05)
    assert found.what == "blocks"
    assert found.memory == pytest.approx(9.0, rel=0.6)
    assert found.least_p < 0.05
    for piece in range(len(found)):
        rows = np.flatnonzero(found.of == piece)
        assert len(rows) >= (TIMES - 1) * found.memory - 2
        assert (np.diff(rows) == 1).all()
        assert (both.video[rows] == found.video[piece]).all()
    edges = np.flatnonzero(np.diff(found.of))
    assert (found.of == -1).sum() >= len(found) * found.memory * 0.9
    assert len(edges) > len(found)


def test_short_videos_are_not_cut() -> None:
    rng = np.random.default_rng(5)
    both = Both(*halves(np.cumsum(stream(rng, 60, 1.0), axis=0)))
    found = pieces(both, 0.05)
    assert len(found) == 2
    assert found.least_p == 0.5


def test_a_sample_is_bounded_and_spread() -> None:
    rng = np.random.default_rng(6)
    both = Both(
        footage([*clips(rng, 1200, 3), *clips(rng, 1, 5000)]), footage(clips(rng, 900, 40), "n")
    )
    some = sample(both, pieces(both, 0.05), rng)
    assert (~some.is_new).sum() == 1000
    assert some.is_new.sum() == 900
    assert len(some) <= MOST_FRAMES
    assert some.size.min() >= 3
    assert some.size.max() == 8
    assert (np.diff(some.rows) > 0).all()
    one = both.t_s[some.rows][some.of == some.of[-1]]
    assert one.min() < 5
    assert one.max() > 34
