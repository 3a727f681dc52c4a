"""Hierarchical k-means: picks that share the budget evenly over the space, on each level."""

from itertools import pairwise

import numpy as np
import pytest

from framesel.selection import Candidates
from framesel.selection.engines.k_means import assign, k_means
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.hierarchical import Hierarchical, balanced, closest_of_each, grow

from .vectors import make, rng, unit

NOTHING = np.empty((0, 16), np.float32)


def lopsided(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Eight kinds of footage, the first 64 times as long as the last ones, and each frame's."""
    kind = np.repeat(np.arange(8), [640, 320, 160, 80, 40, 20, 10, 10])
    centres = make("random", 8, 16, 3)
    return unit(centres[kind] + 0.08 * rng(seed).standard_normal((len(kind), 16))), kind


def test_levels_are_a_tree() -> None:
    vectors = make("clustered", 500, 16, 1)
    tree = grow(vectors, vectors[:7], 3, 1, rng())
    assert [len(level.given) for level in tree] == [106, 22, 5]
    for below, above in pairwise(tree):
        pairs = set(zip(below.cell_of.tolist(), above.cell_of.tolist(), strict=True))
        assert len(pairs) == len(np.unique(below.cell_of))
    for level in tree:
        # The labelled rows are candidates here: they fall where those do.
        expected = np.bincount(level.cell_of[:7], minlength=len(level.given))
        assert np.array_equal(level.given, expected)


@pytest.mark.parametrize("budget", [13, 60, 200])
def test_picks_are_balanced_on_each_level(budget: int) -> None:
    vectors, _ = lopsided()
    picks = Hierarchical().select(Candidates(vectors), budget, NOTHING, Limits(), rng(2))
    tree = grow(vectors, NOTHING, 2, 1, rng(2))
    low, high = tree[0].cell_of, tree[1].cell_of
    taken, sizes = np.bincount(high[picks.indices], minlength=11), np.bincount(high, minlength=11)
    assert taken[taken < sizes].min() >= taken.max() - 1
    for part in np.unique(high):
        cells = np.unique(low[high == part])
        mine = np.bincount(low[picks.indices], minlength=low.max() + 1)[cells]
        room = mine < np.bincount(low)[cells]
        assert not room.any() or mine[room].min() >= mine.max() - 1


def test_rare_footage_gets_more_than_its_share() -> None:
    vectors, kind = lopsided()
    picks = Hierarchical().select(Candidates(vectors), 80, NOTHING, Limits(), rng(2))
    counts = np.bincount(kind[picks.indices], minlength=8)
    assert counts[4:].sum() >= 15
    assert counts.min() >= 1
    # In proportion to frames it would be five.
    assert 80 * 80 / 1280 == 5


def test_making_cells_anew_moves_centres_to_rare_footage() -> None:
    vectors, kind = lopsided()

    def rare(resamplings: int) -> int:
        """Centres among the 80 frames of the four rarest kinds, over several starts."""
        cells = [balanced(vectors, 60, rng(seed), resamplings) for seed in range(8)]
        return sum(len(np.unique(found.cell_of[kind >= 4])) for found in cells)

    assert rare(3) > 1.2 * rare(0)
    cells = balanced(vectors, 60, rng(1), 0)
    assert np.array_equal(cells.cell_of, k_means(vectors, 60, rng(1)).cell_of)


def test_the_frame_closest_to_the_centre_stands_for_a_cell() -> None:
    vectors = make("clustered", 300, 16, 1)
    cells = balanced(vectors, 17, rng(3), 1)
    assert np.array_equal(cells.cell_of, assign(vectors, cells.centres).cell_of)
    picks = Hierarchical(levels=1).select(Candidates(vectors), 10, NOTHING, Limits(), rng(3))
    for row in picks.indices:
        mine = cells.cell_of == cells.cell_of[row]
        assert cells.cos[row] == cells.cos[mine].max()


def test_closest_of_each() -> None:
    cell_of = np.array([1, 0, 1, 1, 0])
    cos = np.array([0.5, 0.9, 0.7, 0.6, 0.1], np.float32)
    assert closest_of_each(cell_of, cos, 1).tolist() == [1, 2]
    assert closest_of_each(cell_of, cos, 2).tolist() == [1, 2, 3, 4]


def test_labelled_parts_wait() -> None:
    vectors, kind = lopsided()
    already = vectors[kind == 2][:40]
    picks = Hierarchical().select(Candidates(vectors), 20, already, Limits(), rng(2))
    assert (kind[picks.indices] == 2).sum() <= 1
