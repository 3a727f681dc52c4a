import numpy as np
import pytest

from framesel.drift.compare import Compared, compare
from framesel.drift.footage import Both, Footage, Guesses
from framesel.drift.pieces import Pieces
from tests.drift.streams import around, clips, footage, halves, stream

PERMUTATIONS = 99


def compared(known: Footage, new: Footage, whole: Pieces | None = None) -> Compared:
    return compare(Both(known, new), 0.05, PERMUTATIONS, 0, whole)


def frames(known: Footage, new: Footage) -> Pieces:
    """What libraries exchange."""
    both = Both(known, new)
    return Pieces("frames", np.arange(len(both)), both.video, both.new_frame)


def test_halves_of_the_same_videos_do_not_alarm_where_single_frames_would() -> None:
    ours = theirs = 0
    for seed in range(12):
        some = clips(np.random.default_rng(seed), 20, frames=12)
        sides = footage(some[:10]), footage(some[10:], "n")
        ours += compared(*sides).verdict == "changed"
        theirs += compared(*sides, frames(*sides)).verdict == "changed"
    assert ours <= 2
    assert theirs == 12


def test_two_halves_of_a_fixed_camera_do_not_alarm_where_single_frames_would() -> None:
    ours = theirs = 0
    for seed in range(12):
        sides = halves(stream(np.random.default_rng(seed), 500, 15.0))
        ours += compared(*sides).verdict == "changed"
        theirs += compared(*sides, frames(*sides)).verdict == "changed"
    assert ours <= 2
    assert theirs >= 10


def test_a_fixed_camera_that_was_moved_alarms() -> None:
    points = stream(np.random.default_rng(0), 1500, 5.0)
    points[750:, 0] += 2.0
    found = compared(*halves(points))
    assert found.pieces.what == "blocks"
    assert found.verdict == "changed"


def test_other_scenes_alarm_in_every_test_of_pictures() -> None:
    rng = np.random.default_rng(1)
    known, new = around(rng, [0, 1, 2] * 8), around(rng, [5, 6] * 8)
    found = compared(footage(known), footage(new, "n"))
    assert found.verdict == "changed"
    assert {test.name: test.p_adjusted <= 0.05 for test in found.tests} == dict.fromkeys(
        ("mmd", "nearest", "components", "domain"), True
    )
    assert found.tests[0].statistic > found.tests[0].at_most > found.tests[0].by_chance


def test_one_new_video_among_twenty_can_alarm() -> None:
    rng = np.random.default_rng(2)
    found = compared(footage(clips(rng, 20)), footage(clips(rng, 1, shift=9.0), "n"))
    assert found.exact
    assert found.ways == 21
    assert found.verdict == "changed"


def test_three_short_videos_are_too_few_to_tell() -> None:
    rng = np.random.default_rng(3)
    found = compared(footage(clips(rng, 2)), footage(clips(rng, 1, shift=9.0), "n"))
    assert found.verdict == "too little footage"
    assert found.pieces.least_p == pytest.approx(1 / 3)


def test_a_third_camera_among_few_is_not_called_a_change() -> None:
    """Long streams of three cameras: blocks would tell them apart, and nothing has changed."""
    rng = np.random.default_rng(7)
    one, two, three = (
        4.0 * np.eye(8)[axis] + stream(rng, 400, 3.0, spread=0.3) for axis in range(3)
    )
    found = compared(footage([one, two]), footage([three], "n"))
    assert found.pieces.what == "videos"
    assert found.verdict == "too little footage"
    same = compared(footage([one[:200], one[200:]]), footage([two], "n"))
    assert same.pieces.what == "blocks"
    assert same.verdict == "changed"


def guesses(rng: np.random.Generator, videos: int, cars: float, sure: float) -> Guesses:
    """A box or none in each of ten frames of each video."""
    frame = np.flatnonzero(rng.random(videos * 10) < 0.8)
    return Guesses(
        frame,
        (rng.random(len(frame)) < cars).astype(np.int64),
        np.clip(rng.normal(sure, 0.05, len(frame)), 0, 1),
        np.full(len(frame), 0.1),
        ("bird", "car"),
    )


def seen(cars: float, sure: float) -> Compared:
    """Videos that look alike, in which the detector sees something else."""
    rng = np.random.default_rng(4)
    known = footage(clips(rng, 15), guesses=guesses(rng, 15, 0.2, 0.6))
    new = footage(clips(rng, 15), "n", guesses(rng, 15, cars, sure))
    return compared(known, new)


def test_other_classes_alarm_in_their_test_alone() -> None:
    p = {test.name: test.p_adjusted for test in seen(0.8, 0.6).tests}
    assert p.pop("classes") <= 0.05
    assert min(p.values()) > 0.05


def test_other_confidences_alarm_in_the_test_of_boxes_alone() -> None:
    p = {test.name: test.p_adjusted for test in seen(0.2, 0.4).tests}
    assert p.pop("boxes") <= 0.05
    assert min(p.values()) > 0.05


def test_detectors_with_other_classes_are_not_compared() -> None:
    rng = np.random.default_rng(5)
    one = guesses(rng, 15, 0.5, 0.5)
    other = Guesses(one.frame, one.class_no, one.confidence, one.area, ("bird", "plane"))
    found = compared(footage(clips(rng, 15), guesses=one), footage(clips(rng, 15), "n", other))
    assert [test.name for test in found.tests] == ["mmd", "nearest", "components", "domain"]


def test_equal_footage_gives_equal_answers() -> None:
    rng = np.random.default_rng(6)
    known, new = clips(rng, 12), clips(rng, 9, shift=0.5)
    one, other = (compared(footage(known), footage(new, "n")) for _ in range(2))
    assert one.tests == other.tests


def test_pictures_that_are_all_the_same() -> None:
    still = [np.zeros((5, 8)) for _ in range(12)]
    assert compared(footage(still[:6]), footage(still[6:], "n")).verdict == "not told apart"
