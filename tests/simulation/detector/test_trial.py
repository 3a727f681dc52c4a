"""A trial: it grows, resumes where it ended, learns from what it picked and nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from framesel.simulation.detector.arms import GUIDED, OURS, Arm, arms_named
from framesel.simulation.detector.results import Record
from framesel.simulation.detector.trial import run, run_full
from framesel.simulation.detector.world import World
from tests.simulation.detector.small import CLIPS, SCENES, Teacher, judged, pool, scene_of

BUDGETS = (4, 9, 15)
KINDS = arms_named(["stratified", "entropy", OURS, GUIDED])


def world(seed: int = 0, rare: int = -1) -> World:
    footage, there = pool(seed, rare), judged()
    return World(footage, there, Teacher(footage, there))


def begun(arm: Arm) -> Record:
    return Record("small", arm.name, 0)


def lessons(world: World) -> list[tuple[np.ndarray, int]]:
    assert isinstance(world.learner, Teacher)
    return world.learner.lessons


@pytest.mark.parametrize("arm", KINDS, ids=lambda arm: arm.name)
def test_a_trial_goes_on_where_it_ended(arm: Arm) -> None:
    kept: list[Record] = []
    whole = run(world(), arm, BUDGETS, begun(arm), kept.append)
    assert [record.budgets for record in kept] == [BUDGETS[:1], BUDGETS[:2], BUDGETS]
    for half in kept[:2]:
        again = run(world(), arm, BUDGETS, half, lambda record: None)
        assert [p.tolist() for p in again.picks] == [p.tolist() for p in whole.picks]
        for kind in ("figures", "drawn", "notes"):
            theirs, ours = getattr(again, kind), getattr(whole, kind)
            assert set(theirs) == set(ours)
            for name in ours:
                assert np.array_equal(theirs[name], ours[name], equal_nan=True), name


def test_picks_are_added_to_except_where_an_arm_chooses_anew() -> None:
    for arm in KINDS:
        record = run(world(), arm, BUDGETS, begun(arm), lambda record: None)
        assert [len(rows) for rows in record.picks] == list(BUDGETS)
        if not arm.anew:
            for few, more in zip(record.picks, record.picks[1:], strict=False):
                assert more[: len(few)].tolist() == few.tolist()


def test_the_detector_learns_from_the_picks_with_the_seed_of_the_pool() -> None:
    known, (cover,) = world(7), arms_named(["cover"])
    record = run(known, cover, BUDGETS, begun(cover), lambda record: None)
    learnt = {tuple(rows.tolist()) for rows, _ in lessons(known)}
    assert learnt == {tuple(sorted(rows.tolist())) for rows in record.picks}
    assert {seed for _, seed in lessons(known)} == {7}


def test_equal_batches_are_learnt_once() -> None:
    known = world()
    for arm in arms_named(["random", "entropy", "ppal"]):
        run(known, arm, BUDGETS[:1], begun(arm), lambda record: None)
    assert len(lessons(known)) == 1


def test_figures_are_what_was_picked_and_found() -> None:
    known, (cover,) = world(1, rare=1), arms_named(["cover"])
    record = run(known, cover, BUDGETS, begun(cover), lambda record: None)
    scenes = scene_of(CLIPS, 1)
    for at, rows in enumerate(record.picks):
        clips = known.pool.clip_no[rows]
        seen = np.unique(scenes[clips])
        judged_scenes = known.judged.video_no % SCENES
        found = np.isin(judged_scenes, seen)
        by_class = [found[judged_scenes % 2 == number].mean() for number in range(2)]
        assert record.drawn["recall"][at, 0] == pytest.approx(np.mean(by_class))
        assert record.drawn["rare_recall"][at, 0] == pytest.approx(by_class[1])
        assert record.figures["boxes"][at] == len(rows)
        assert record.figures["clips"][at] == len(np.unique(clips))
        rare = np.flatnonzero(scenes % 2 == 1)
        share = np.isin(rare, clips).mean() if len(rare) else np.nan
        assert record.figures["rare_clips"][at] == pytest.approx(share, nan_ok=True)


def test_doubt_is_heard_once_it_was_right() -> None:
    """The detector is unsure exactly of what it does not know."""
    known = world(5)
    (arm,) = arms_named(["cover, informed"])
    all_frames = arm.model_copy(update={"footage": "all", "strategy": "random"})
    budgets = (4, 30, 50)
    record = run(known, all_frames, budgets, begun(arm), lambda record: None)
    assert record.figures["tested"].tolist() == [0, 26, 26]  # then it is no fair test
    assert record.figures["heard"].tolist() == [0, 0, 1]
    assert record.figures["auroc"][1:].tolist() == [1, 1]


def test_misplaced_doubt_is_never_heard() -> None:
    known = world(5)
    (arm,) = arms_named(["cover, informed"])
    arm = arm.model_copy(update={"footage": "all", "strategy": "random"})
    taken = run(known, arm, (4,), begun(arm), lambda record: None)
    heard = known.heard(taken.picks[0])
    object.__setattr__(heard, "doubt", 1.05 - heard.doubt)
    record = run(known, arm, (4, 30), taken, lambda record: None)
    assert record.figures["auroc"][1] == 0
    later = run(known, arm, (4, 30, 50), replace(record), lambda record: None)
    assert later.figures["heard"].tolist() == [0, 0, 0]


def test_all_frames_are_learnt_at_once() -> None:
    known = world()
    record = run_full(known, Record("small", "full", 0))
    assert record.budgets == (len(known.pool),)
    assert lessons(known)[0][0].tolist() == list(range(len(known.pool)))
    assert record.drawn["map50"].shape == (1, 1001)
