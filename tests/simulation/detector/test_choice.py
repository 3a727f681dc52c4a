"""What arms pick: shared first batches, what gate and duplicates leave, what a detector tells."""

import numpy as np
import pytest

from framesel.selection.vectors.arrays import I64
from framesel.simulation.detector.arms import ARMS, Arm, arms_named
from framesel.simulation.detector.choice import Said, choose
from framesel.simulation.detector.world import World
from tests.simulation.detector.small import PER_CLIP, Teacher, judged, pool

NONE = np.empty(0, np.int64)


def world(seed: int = 0) -> World:
    footage, there = pool(seed), judged()
    return World(footage, there, Teacher(footage, there))


def first(world: World, name: str, count: int = 6) -> I64:
    return choose(world, arms_named([name])[0], NONE, count, 0, None).rows


@pytest.mark.parametrize("arm", ["entropy", "ppal", "cover, informed, after random"])
def test_some_begin_with_the_first_batch_of_random(arm: str) -> None:
    assert first(world(), arm).tolist() == first(world(), "random").tolist()
    assert first(world(1), arm).tolist() != first(world(2), arm).tolist()


def test_cover_begins_alike_informed_or_not() -> None:
    assert first(world(), "cover").tolist() == first(world(), "cover, informed").tolist()
    assert first(world(), "cover").tolist() != first(world(), "random").tolist()


@pytest.mark.parametrize("arm", ARMS, ids=lambda arm: arm.name)
def test_nothing_is_picked_twice(arm: Arm) -> None:
    known = world()
    taken = choose(known, arm, NONE, 8, 0, None).rows
    heard = known.heard(taken)
    said = None if arm.hears == "nothing" else Said(heard, heard.entropy)
    more = choose(known, arm, taken, 8, 1, said).rows
    assert len(np.unique(np.concatenate([taken, more]))) == 16


def test_kept_footage_is_good_and_holds_no_duplicates() -> None:
    known = world()
    everything = len(known.pool)
    cover = choose(known, arms_named(["cover"])[0], NONE, everything, 0, None).rows
    assert known.pool.passes[cover].all()
    assert len(cover) <= everything / 2  # pairs of frames look alike
    assert (
        len(choose(known, arms_named(["random"])[0], NONE, everything, 0, None).rows) == everything
    )
    strict = Arm(name="strict", strategy="cover", tau_cos=0.9999)
    all_good = choose(known, strict, NONE, everything, 0, None).rows
    assert len(all_good) == everything * (PER_CLIP - 1) // PER_CLIP


def test_entropy_takes_what_the_detector_does_not_know() -> None:
    known = world()
    (entropy,) = arms_named(["entropy"])
    taken = first(known, "random", 3)
    heard = known.heard(taken)
    model = known.model(taken)
    more = choose(known, entropy, taken, 10, 1, Said(heard, heard.entropy)).rows
    logits = model.pool(more).top_logit[:, 0]
    assert (logits < 0).all()
    assert (model.pool(np.arange(len(known.pool))).top_logit[:, 0] > 0).any()


def test_picks_are_a_fair_test_until_doubt_is_heard() -> None:
    known = world()
    (cover,) = arms_named(["cover, always"])
    taken = first(known, "cover")
    heard = known.heard(taken)
    assert choose(known, cover, taken, 10, 1, Said(heard, None)).fair.all()
    fair = choose(known, cover, taken, 10, 1, Said(heard, heard.doubt)).fair
    assert 0 < fair.sum() <= 2  # the control alone


def test_what_the_detector_sees_elsewhere_revives_a_duplicate() -> None:
    known = world()
    taken = first(known, "random", 3)
    heard = known.heard(taken)
    moved = heard.boxes.xyxy.copy()
    odd = int(np.flatnonzero(known.duplicates(0.95, 0.999).keeper != np.arange(len(known.pool)))[0])
    moved[heard.boxes.offsets[odd]] += 50
    object.__setattr__(heard.boxes, "xyxy", moved)
    heard.boxes.top_logit[:] = 4.0
    counts = {
        revives: len(
            choose(
                known,
                Arm(name="a", strategy="cover", hears="trusted", revives=revives),
                taken,
                len(known.pool),
                1,
                Said(heard, None),
            ).rows
        )
        for revives in (False, True)
    }
    assert counts[True] > counts[False]
