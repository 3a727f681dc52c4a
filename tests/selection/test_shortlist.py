"""Choosing from parts: nothing is lost that counts, limits hold, masses add up."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import SelectionError
from framesel.selection import Candidates
from framesel.selection.limits.settings import Limits, Span
from framesel.selection.shortlist import (
    Part,
    Standing,
    choose_of_part,
    limits_of_part,
    shortlist,
    without_minima,
)
from framesel.selection.strategies.cover import Cover
from framesel.selection.strategies.facility_location import FacilityLocation
from framesel.selection.strategies.k_center import KCenter
from framesel.selection.strategies.top_k import TopK
from framesel.selection.strategy import Parts, Strategy

from .footage import footage
from .vectors import make

NONE = np.empty((0, 24), np.float32)


def everything(candidates: Candidates) -> Standing:
    return Standing(np.arange(len(candidates)), candidates.mass)


def chooser(
    strategy: Strategy, candidates: Candidates, budget: int, limits: Limits, seen: list[Part]
) -> Callable[[list[Part]], list[Standing]]:
    def choose(parts: list[Part]) -> list[Standing]:
        seen.extend(parts)
        left = []
        for part in parts:
            rng = np.random.default_rng([part.level, part.number])
            some = replace(candidates.subset(part.rows), mass=part.mass)
            assert part.budget >= budget
            at, mass = choose_of_part(strategy, some, part.budget, NONE, limits, rng)
            left.append(Standing(part.rows[at], mass))
        return left

    return choose


def listed(
    strategy: Strategy,
    candidates: Candidates,
    budget: int,
    room: int,
    limits: Limits | None = None,
    size: int | None = None,
) -> tuple[Standing, list[Part]]:
    seen: list[Part] = []
    choose = chooser(strategy, candidates, budget, limits or Limits(), seen)
    video_no, pts = candidates.video_no.astype(np.int64), np.arange(len(candidates))
    found = shortlist(
        everything(candidates), video_no, pts, room, size or room, budget, strategy.parts, choose
    )
    return found, seen


@given(
    n=st.integers(1, 300),
    room=st.integers(20, 120),
    size=st.integers(20, 120),
    budget=st.integers(1, 8),
    name=st.sampled_from(("facility_location", "k_center")),
)
def test_parts_are_a_partition_and_masses_add_up(
    n: int, room: int, size: int, budget: int, name: str
) -> None:
    candidates = footage(n=n)
    strategy = {"facility_location": FacilityLocation(), "k_center": KCenter()}[name]
    found, seen = listed(strategy, candidates, budget, room, size=min(size, room))
    assert len(found.rows) <= room
    assert all(len(part.rows) <= min(size, room) or strategy.parts == "frames" for part in seen)
    assert (np.diff(found.rows) > 0).all()
    assert found.mass.sum() == pytest.approx(candidates.mass.sum())
    if n <= room:
        assert not seen
    for level in {part.level for part in seen}:
        parts = [part.rows for part in seen if part.level == level]
        rows = np.concatenate(parts)
        assert len(np.unique(rows)) == len(rows)
        if level == 0:
            assert sorted(rows.tolist()) == list(range(n))


def test_a_ranking_loses_nothing() -> None:
    candidates = footage(n=500)
    found, seen = listed(TopK(), candidates, 20, 100)
    assert len({part.level for part in seen}) >= 1
    rng = np.random.default_rng(0)
    best = TopK().select(candidates, 20, NONE, Limits(), rng).indices
    assert set(best.tolist()) <= set(found.rows.tolist())


def test_the_radius_is_at_most_four_times_the_best() -> None:
    candidates = footage("clustered", n=600)
    found, _ = listed(KCenter(), candidates, 15, 200)
    some = candidates.subset(found.rows)
    rng = np.random.default_rng(0)
    last = found.rows[KCenter().select(some, 15, NONE, Limits(), rng).indices]
    whole = KCenter().select(candidates, 15, NONE, Limits(), rng).indices

    def radius(rows: np.ndarray) -> float:
        cosines = (candidates.vectors @ candidates.vectors[rows].T).max(axis=1)
        return float(np.sqrt(np.maximum(2 - 2 * cosines, 0)).max())

    # the traversal of all is itself at most twice the best, and the best at least half of it
    assert radius(last) <= 4 * radius(whole)
    assert radius(last) <= 1.3 * radius(whole)


@pytest.mark.parametrize("strategy", [FacilityLocation(), Cover()])
def test_coverage_in_parts_is_nearly_that_of_all(strategy: FacilityLocation | Cover) -> None:
    candidates = footage("clustered", n=900)
    found, _ = listed(strategy, candidates, 20, 300)
    some = candidates.subset(found.rows)
    rng = np.random.default_rng(0)
    last = found.rows[strategy.select(some, 20, NONE, Limits(), rng).indices]
    whole = strategy.select(candidates, 20, NONE, Limits(), rng).indices

    def covered(rows: np.ndarray) -> float:
        objective = strategy.objective(candidates, NONE)
        return sum(sum(objective.take(int(row)).values()) for row in rows)

    assert covered(last) >= 0.93 * covered(whole)


def test_parts_hold_whole_videos_or_draw_each_frame() -> None:
    candidates = footage(n=400)
    _, seen = listed(KCenter(), candidates, 5, 150)
    first = [candidates.video_no[part.rows] for part in seen if part.level == 0]
    assert sum(len(np.unique(videos)) for videos in first) <= 5 + len(first) - 1
    _, seen = listed(FacilityLocation(), candidates, 5, 150)
    assert all(len(np.unique(candidates.video_no[part.rows])) == 5 for part in seen)


def test_traversals_leave_as_many_as_there_is_room_for() -> None:
    candidates = footage(n=900)
    for strategy, each in ((KCenter(), 50), (FacilityLocation(), 20)):
        found, seen = listed(strategy, candidates, 20, 300, size=150)
        assert [part.budget for part in seen] == [each] * 6
        assert len(found.rows) == 6 * each
    found, seen = listed(KCenter(), candidates, 20, 899, size=150)
    assert len(found.rows) == 6 * 75  # no more than half of a part


def test_where_the_budget_is_too_large_for_parts_it_is_said() -> None:
    with pytest.raises(SelectionError, match=r"Raise selection\.exact_below"):
        listed(FacilityLocation(), footage(n=100), 45, 50)


def test_minima_ask_a_part_for_what_it_has() -> None:
    candidates = footage(n=60)
    assert candidates.class_counts is not None
    dogs = int((candidates.class_counts[:, 2] > 0).sum())
    limits = Limits(
        classes={"dog": Span(min=1000), "person": Span(min=2, max=9)},
        metadata={"camera": {"nowhere": Span(min=3), "north": Span(min=500), "*": Span(min=4)}},
        per_video=Span(min=1, max=30),
    )
    own = limits_of_part(limits, candidates)
    assert own.classes["dog"].min == dogs
    assert own.classes["person"] == Span(min=2, max=9)
    assert set(own.metadata["camera"]) == {"north", "*"}
    assert own.metadata["camera"]["north"].min == int(
        (candidates.metadata["camera"] == "north").sum()
    )
    free = without_minima(own)
    assert free.per_video == Span(max=30)
    assert free.classes["person"] == Span(max=9)
    assert free.metadata["camera"]["*"] == Span()


def test_a_part_that_cannot_meet_all_minima_at_a_time_chooses_without() -> None:
    candidates = footage(n=60)
    limits = Limits(per_video=Span(min=3))  # of five videos: 15 frames, and there are 4
    rng = np.random.default_rng(0)
    at, mass = choose_of_part(FacilityLocation(), candidates, 4, NONE, limits, rng)
    assert len(at) == 4
    assert mass.sum() == pytest.approx(candidates.mass.sum())
    blind = Candidates(make("random", 30, 24, 0))
    with pytest.raises(SelectionError, match="no detector"):
        choose_of_part(FacilityLocation(), blind, 4, NONE, Limits(boxes=3), rng)


def test_every_part_is_chosen_from_by_the_way_its_strategy_says() -> None:
    ways: set[Parts] = {FacilityLocation.parts, KCenter.parts}
    assert ways == {"frames", "videos"}
