"""One frame from each cell: the middle, the most typical or the most useful one."""

import numpy as np
import pytest

from framesel.selection import Candidates
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.clusters import Clusters

from .vectors import make, rng, unit

NOTHING = np.empty((0, 20), np.float32)


def groups(*sizes: int, noise: float = 0.05, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Well separated groups of unit vectors, 20 wide, and the group of each."""
    truth = np.repeat(np.arange(len(sizes)), sizes)
    scatter = noise * rng(seed).standard_normal((len(truth), 20))
    return unit(np.eye(20)[truth] + scatter), truth


@pytest.mark.parametrize("pick", ["medoid", "typical", "uncertain"])
def test_each_group_gives_one_and_the_largest_first(pick: str) -> None:
    vectors, truth = groups(40, 10, 25, 30)
    candidates = Candidates(vectors, utility=rng(2).random(len(truth)))
    strategy = Clusters(pick=pick)  # type: ignore[arg-type]
    picks = strategy.select(candidates, 4, NOTHING, Limits(), rng())
    assert truth[picks.indices].tolist() == [0, 3, 2, 1]
    assert picks.reason[0].endswith("of a cell of 40 frames")


def test_the_middle_is_the_medoid() -> None:
    vectors, truth = groups(40, 10, 25)
    picks = Clusters().select(Candidates(vectors), 3, NOTHING, Limits(), rng())
    for row in picks.indices:
        mine = np.flatnonzero(truth == truth[row])
        sums = (2.0 - 2.0 * vectors[mine] @ vectors[mine].T).sum(axis=0)
        assert mine[sums.argmin()] == row


def test_the_most_useful_is_taken_and_the_middle_as_long_as_nothing_is_known() -> None:
    vectors, truth = groups(40, 10, 25)
    utility = rng(3).random(75)
    uncertain = Clusters(pick="uncertain")
    picks = uncertain.select(Candidates(vectors, utility=utility), 3, NOTHING, Limits(), rng())
    for row in picks.indices:
        assert utility[row] == utility[truth == truth[row]].max()
    unknown = uncertain.select(Candidates(vectors), 3, NOTHING, Limits(), rng())
    middle = Clusters().select(Candidates(vectors), 3, NOTHING, Limits(), rng())
    assert np.array_equal(unknown.indices, middle.indices)


def test_the_typical_one_lies_where_the_cell_is_dense() -> None:
    # A dense knot of 30 beside a loose cloud of 60: the middle of both is neither.
    knot = np.eye(20)[0] + 0.02 * rng(1).standard_normal((30, 20))
    cloud = np.eye(20)[0] + 0.6 * np.eye(20)[1] + 0.15 * rng(2).standard_normal((60, 20))
    vectors = unit(np.concatenate([knot, cloud]))
    typical = Clusters(pick="typical").select(Candidates(vectors), 1, NOTHING, Limits(), rng())
    middle = Clusters().select(Candidates(vectors), 1, NOTHING, Limits(), rng())
    assert typical.indices[0] < 30
    assert middle.indices[0] >= 30


def test_mass_decides_which_cell_is_first() -> None:
    vectors, truth = groups(40, 10)
    heavy = Candidates(vectors, mass=np.where(truth == 1, 400, 1))
    assert truth[Clusters().select(heavy, 2, NOTHING, Limits(), rng()).indices[0]] == 1
    counted = Clusters(alpha=0.0).select(heavy, 2, NOTHING, Limits(), rng())
    assert truth[counted.indices[0]] == 0


def test_what_is_labelled_needs_no_cell() -> None:
    vectors, truth = groups(40, 10, 25, 30)
    already = vectors[[0, 60]]
    picks = Clusters().select(Candidates(vectors), 2, already, Limits(), rng())
    assert sorted(truth[picks.indices]) == [1, 3]


def test_a_second_turn_comes_after_each_cell_has_given() -> None:
    vectors, truth = groups(20, 20, 20)
    vectors = np.repeat(vectors[[0, 20, 40]], 20, axis=0)
    picks = Clusters().select(Candidates(vectors), 60, NOTHING, Limits(), rng())
    assert [sorted(truth[picks.indices[at : at + 3]]) for at in (0, 3, 57)] == [[0, 1, 2]] * 3


def test_cells_cover_better_than_chance() -> None:
    vectors = make("clustered", 400, 20, 4)

    def cover(rows: np.ndarray) -> float:
        return float((vectors @ vectors[rows].T).max(axis=1).mean())

    picks = Clusters().select(Candidates(vectors), 40, NOTHING, Limits(), rng())
    chance = [cover(rng(seed).choice(400, 40, replace=False)) for seed in range(40)]
    assert cover(picks.indices) > max(chance)
