"""Limits beside what a person fixed: they hold for the rest, and never make a selection fail."""

from dataclasses import replace

import numpy as np
import pytest

from framesel.errors import SelectionError
from framesel.selection import Candidates, select
from framesel.selection.greedy import Chosen, Ranked, greedy
from framesel.selection.limits.compile_limits import compile_limits
from framesel.selection.limits.room import Room
from framesel.selection.limits.settings import Limits

from .test_feasible import Case, draw, has_choice

VIDEOS = np.array([0, 0, 0, 1, 1, 1], np.int32)


def fill(case: Case, fixed: np.ndarray) -> tuple[Room, Chosen]:
    held = replace(case.candidates, fixed=fixed)
    room = Room(held, case.budget, case.limits)
    return room, greedy(Ranked(case.order), room)


def possible(case: Case) -> bool:
    return has_choice(compile_limits(case.candidates, case.budget, case.limits))


@pytest.mark.parametrize("block", range(6))
def test_what_is_fixed_stays_and_the_rest_keeps_to_the_limits(block: int) -> None:
    lowered = 0
    for seed in range(block * 60, block * 60 + 60):
        case = draw(seed)
        if not possible(case):
            continue
        rng = np.random.default_rng(seed)
        n = len(case.candidates)
        fixed = rng.permutation(n)[: rng.integers(1, min(n, 8))]
        room, chosen = fill(case, fixed)
        rows = chosen.rows
        assert rows[: len(fixed)].tolist() == fixed.tolist()
        assert len(rows) <= max(case.budget, len(fixed))
        check_rest(case, fixed, rows)
        lowered += bool(chosen.lowered)
        assert chosen.lowered == room.lowered
    assert lowered > 0


def check_rest(case: Case, fixed: np.ndarray, rows: np.ndarray) -> None:
    """What was added breaks no limit; minima are met unless something says that they are not."""
    held = replace(case.candidates, fixed=fixed)
    bounds = compile_limits(held, case.budget, case.limits)
    short = {rule.text for rule in bounds.rules if np.isin(rule.rows, rows).sum() < rule.low}
    told = {
        text.split(" cannot be had")[0] for text in Room(held, case.budget, case.limits).lowered
    }
    assert short == told
    for rule in bounds.rules:
        count = int(np.isin(rule.rows, rows).sum())
        assert count <= max(rule.high, int(np.isin(rule.rows, fixed).sum()))
    for knapsack in bounds.knapsacks:
        spent = float(knapsack.cost[rows].sum())
        assert spent <= max(knapsack.most, float(knapsack.cost[fixed].sum())) + 1e-6
    if bounds.spacing is not None:
        for row in rows[len(fixed) :]:
            near = bounds.spacing.around(int(row))
            assert np.isin(near, rows).sum() == 1


def test_limits_that_conflict_without_anything_fixed_stay_an_error() -> None:
    candidates = Candidates(np.eye(6, dtype=np.float32), video_no=VIDEOS)
    with pytest.raises(SelectionError, match="a budget of 3 frames"):
        select(replace(candidates, fixed=np.array([0])), 3, limits={"per_video": {"min": 2}})


def test_a_minimum_of_each_video_asks_for_what_fits_beside_what_is_fixed() -> None:
    candidates = Candidates(
        np.eye(6, dtype=np.float32), video_no=VIDEOS, pts_s=np.array([0.0, 1, 2, 0, 1, 2])
    )
    limits = Limits.model_validate({"per_video": {"min": 2}, "gap_s": 2})
    room = Room(replace(candidates, fixed=np.array([1])), 4, limits)
    assert room.lowered == ()
    assert greedy(Ranked(np.arange(6)), room).rows.tolist() == [1, 3, 5]


def test_what_is_fixed_may_take_more_than_a_knapsack_holds() -> None:
    candidates = Candidates(
        np.eye(4, dtype=np.float32),
        class_counts=np.array([[3], [4], [0], [1]], np.float32),
        classes=("cat",),
    )
    held = replace(candidates, fixed=np.array([0, 1]))
    picks = select(held, 4, "k_center", limits={"boxes": 5})
    assert picks.indices.tolist() == [0, 1, 2]
    assert picks.limits[picks.refused[3]] == "at most 5 boxes"


@pytest.mark.parametrize(
    ("fixed", "words"),
    [
        ([0, 4], r"fixed\[1\] is 4, and there are 4"),
        ([-1], r"fixed\[0\] is -1"),
        ([1, 1], "twice"),
        ([0.5], "row numbers"),
        ([[1]], "row numbers"),
    ],
)
def test_what_cannot_be_fixed_is_named(fixed: object, words: str) -> None:
    with pytest.raises(SelectionError, match=words):
        select(np.eye(4, dtype=np.float32), 2, fixed=fixed)  # type: ignore[arg-type]


def test_candidates_that_are_left_stay_fixed_in_a_subset() -> None:
    candidates = Candidates(np.eye(5, dtype=np.float32), fixed=np.array([4, 0, 2]))
    assert candidates.subset(np.array([1, 2, 4])).fixed.tolist() == [2, 1]
    mask = np.array([True, False, True, False, False])
    assert candidates.subset(np.flatnonzero(mask)).fixed.tolist() == [0, 1]


def test_plain_arrays_may_name_what_is_fixed() -> None:
    picks = select(np.eye(4, dtype=np.float32), 3, fixed=[2, 1])
    assert picks.indices[:2].tolist() == [2, 1]
    assert picks.reason[0] == "fixed before anything was chosen"
