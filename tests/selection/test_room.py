"""Maxima, gaps and costs, as the loop of a strategy meets them."""

from typing import Any

import numpy as np
import pytest

from framesel.selection import Candidates
from framesel.selection.greedy import Chosen, Ranked, greedy
from framesel.selection.limits.room import Room
from framesel.selection.limits.settings import Limits

from .test_feasible import broken, draw


def plain(n: int, **columns: Any) -> Candidates:
    return Candidates(np.tile(np.array([[1, 0]], np.float32), (n, 1)), **columns)


def fill(
    candidates: Candidates, budget: int, order: list[int] | None = None, **given: Any
) -> Chosen:
    rows = np.arange(len(candidates)) if order is None else np.array(order)
    return greedy(Ranked(rows), Room(candidates, budget, Limits.model_validate(given)))


@pytest.mark.parametrize("seed", range(150))
def test_refused_candidates_break_a_maximum_and_nothing_more_fits(seed: int) -> None:
    case = draw(seed, minima=False)
    chosen = greedy(Ranked(case.order), Room(case.candidates, case.budget, case.limits))
    rows = chosen.rows.tolist()
    assert broken(case, rows) == []
    place = {int(row): at for at, row in enumerate(case.order)}
    for row in set(range(len(case.candidates))) - set(rows):
        earlier = [other for other in rows if place[other] < place[row]]
        if chosen.refused[row] >= 0:
            assert broken(case, [*rows, row])
        if len(earlier) < len(rows) or len(rows) < case.budget:
            assert broken(case, [*earlier, row])


def test_a_gap_may_be_met_exactly_though_time_stamps_are_rounded() -> None:
    times = np.arange(40) * 0.1
    chosen = fill(plain(40, pts_s=times), 40, gap_s=0.3)
    assert chosen.rows.tolist() == list(range(0, 40, 3))
    assert chosen.texts == ("0.3 s between picks of a video",)
    assert (chosen.refused >= 0).sum() == 26


def test_a_gap_counts_within_a_video_in_time_not_in_order_of_rows() -> None:
    video_no = np.array([0, 1, 0, 1])
    pts_s = np.array([5.0, 5.0, 4.5, 9.0])
    assert fill(plain(4, video_no=video_no, pts_s=pts_s), 4, gap_s=1).rows.tolist() == [0, 1, 3]


def test_frames_of_the_same_time_exclude_each_other() -> None:
    assert fill(plain(5, pts_s=np.zeros(5)), 5, gap_s=1e-12).rows.tolist() == [0]


def test_a_full_video_is_told_of_once() -> None:
    room = Room(
        plain(9, video_no=np.arange(9) % 2), 9, Limits.model_validate({"per_video": {"max": 1}})
    )
    assert room.take(0)
    assert not room.take(4)
    assert room.texts[room.refused_by[4]] == "at most 1 of video 0"
    assert room.closed_with(4).tolist() == [2, 4, 6, 8]
    assert room.closed_with(4).tolist() == [4]
    assert room.open.tolist() == [False, True] * 4 + [False]


def test_videos_are_called_by_their_file_where_that_is_known() -> None:
    candidates = plain(
        3, metadata={"video": np.array(["a.mp4", "a.mp4", "b.mp4"])}, video_no=[0, 0, 1]
    )
    chosen = fill(candidates, 3, per_video={"max": 1})
    assert chosen.texts == ("at most 1 of video a.mp4",)
    assert chosen.limit == ((), ("at most 1 of video a.mp4",))


def test_boxes_and_labelling_are_spent() -> None:
    counts = np.array([[3, 1], [2, 0], [0, 0], [9, 0], [1, 1]])
    candidates = plain(5, class_counts=counts, classes=("person", "car"))
    assert fill(candidates, 5, boxes=6).rows.tolist() == [0, 1, 2]
    assert fill(candidates, 5, boxes=7.9).texts == ("at most 7.9 boxes",)
    labelling = {"most_s": 40, "frame_s": 10, "box_s": 5}
    assert fill(candidates, 5, labelling=labelling).rows.tolist() == [0, 2]
    assert fill(candidates, 5, order=[2, 1, 4, 0, 3], labelling=labelling).rows.tolist() == [2, 1]


def test_a_maximum_of_none_closes_at_once() -> None:
    candidates = plain(3, class_counts=[[1], [0], [1]], classes=("person",))
    chosen = fill(candidates, 3, classes={"person": {"max": 0}})
    assert chosen.rows.tolist() == [1]
    assert chosen.texts == ("at most 0 with person",)


def test_the_last_of_the_budget_is_kept_for_a_minimum() -> None:
    candidates = plain(8, class_counts=[[0]] * 5 + [[1]] * 3, classes=("person",))
    chosen = fill(candidates, 4, classes={"person": {"min": 2}})
    assert chosen.rows.tolist() == [0, 1, 5, 6]
    assert chosen.limit[2] == ("kept free for at least 2 with person",)
    assert np.flatnonzero(chosen.refused >= 0).tolist() == [2, 3, 4]


def test_one_refusal_for_a_minimum_speaks_for_all_alike() -> None:
    candidates = plain(50_000, class_counts=np.arange(50_000)[:, None] >= 49_990, classes=("bear",))
    room = Room(candidates, 12, Limits.model_validate({"classes": {"bear": {"min": 10}}}))
    assert room.take(0)
    assert room.take(1)
    assert not room.take(2)
    assert len(room.closed_with(2)) == 49_988


def test_each_of_many_gives_what_it_has() -> None:
    candidates = plain(7, video_no=[0, 0, 0, 0, 1, 1, 2], pts_s=[0, 1, 2, 3, 0, 0.1, 0])
    chosen = fill(candidates, 5, order=[1, 0, 2, 3, 4, 5, 6], gap_s=1, per_video={"min": 3})
    # Of video 0 three, of video 1 the one that the gap allows, of video 2 all.
    assert sorted(chosen.rows.tolist()) in ([0, 1, 2, 4, 6], [0, 1, 3, 4, 6])


def test_rest_means_the_values_that_are_not_named() -> None:
    cameras = np.array(["north"] * 4 + ["south"] * 4 + [""] * 2)
    camera = {"north": {"max": 3}, "*": {"max": 1}}
    chosen = fill(plain(10, metadata={"camera": cameras}), 10, metadata={"camera": camera})
    assert chosen.rows.tolist() == [0, 1, 2, 4, 8, 9]


def test_a_fresh_room_is_the_same_room_and_costs_are_shares() -> None:
    candidates = plain(4, class_counts=[[4], [1], [0], [2]], classes=("car",))
    room = Room(candidates, 3, Limits(boxes=4))
    assert room.costs().tolist() == [1, 0.25, 0, 0.5]
    assert room.take(0)
    again = room.fresh()
    assert again.open.all()
    assert again.wanting()
    assert again.take(1)
    assert Room(candidates, 3, Limits()).costs() is None


@pytest.mark.parametrize(
    ("given", "about"),
    [({}, 6), ({"gap_s": 2}, 4), ({"per_video": {"max": 1}}, 2), ({"boxes": 8}, 4)],
)
def test_about_plans_with_the_limits(given: dict[str, Any], about: int) -> None:
    candidates = plain(
        8,
        video_no=np.arange(8) // 4,
        pts_s=np.arange(8) % 4,
        class_counts=[[2]] * 8,
        classes=("a",),
    )
    assert Room(candidates, 6, Limits.model_validate(given)).about() == about
