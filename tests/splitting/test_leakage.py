"""Leakage: worked examples, and that a random split of video leaks while ours does not."""

import numpy as np
import pytest

from framesel.splitting.assignment import assign
from framesel.splitting.groups import groups
from framesel.splitting.leakage import leakage
from framesel.splitting.near import Footage
from tests.splitting.frames import footage

# 0 and 1 are 1 s apart; 2 looks like 0; 3 is in another video and like nothing; 4 is nowhere
EXAMPLE = Footage(
    np.array([7, 7, 8, 9, -1]),
    np.array([0.0, 1.0, 50.0, 0.0, np.nan]),
    np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 1], [0, 0, 0]], np.float32),
)


def test_leakage_counts_frames_with_neighbours_in_what_they_must_not_know() -> None:
    (one,) = leakage(EXAMPLE, ["train", "val", "val", "val", "val"], gap_s=1.0, tau=0.9)
    assert (one.split, one.against) == ("val", ("train",))
    assert (one.frames, one.timed, one.seen) == (4, 3, 3)
    assert (one.in_time, one.alike, one.leaking) == (1, 1, 2)
    assert one.highest == 1.0
    assert one.worst == ((2, 0), (1, 0))
    assert one.share == 0.5
    assert "2 of 4 frames leak (50.0%): 33.3% within 1 s, 33.3% at cosine 0.9" in one.line(1.0, 0.9)
    assert "of 1 frames not all is known" in one.line(1.0, 0.9)
    assert "neither time nor likeness" in one.line(0.0, 1.1)
    (known,) = leakage(EXAMPLE, ["val", "train", "", "", ""], gap_s=1.0, tau=0.9)
    assert "not all is known" not in known.line(1.0, 0.9)


@pytest.mark.parametrize(("gap_s", "tau", "leaking"), [(0.5, 0.9, 1), (1.0, 1.1, 1), (0.0, 1.1, 0)])
def test_either_limit_can_be_left_out(gap_s: float, tau: float, leaking: int) -> None:
    (one,) = leakage(EXAMPLE, ["train", "val", "val", "val", "val"], gap_s=gap_s, tau=tau)
    assert one.leaking == leaking


def test_test_and_holdout_must_share_nothing_with_val_either() -> None:
    found = leakage(EXAMPLE, ["val", "test", "holdout", "train", ""], gap_s=1.0, tau=0.9)
    assert {one.split: one.leaking for one in found} == {"val": 0, "test": 1, "holdout": 1}


def test_what_has_nothing_to_be_compared_with_is_not_measured() -> None:
    assert leakage(EXAMPLE, ["val", "val", "", "", ""], gap_s=1.0, tau=0.9) == []


@pytest.mark.parametrize("seed", range(5))
def test_random_frames_leak_and_groups_do_not(seed: int) -> None:
    frames = footage(seed, n=300, videos=30)
    names = np.array(["train", "val", "test"])
    drawn = np.random.default_rng(seed).choice(names, 300, p=[0.7, 0.15, 0.15])
    assert all(one.share > 0.3 for one in leakage(frames, drawn.tolist(), gap_s=2.0, tau=0.97))
    group = groups(frames, "component", gap_s=2.0, tau=0.97)
    counts = np.bincount(group).astype(np.float64)[:, None]
    ours = names[assign(counts, (0.7, 0.15, 0.15), seed)[group]]
    found = leakage(frames, ours.tolist(), gap_s=2.0, tau=0.97)
    assert [one.split for one in found] == ["val", "test"]
    assert all(one.leaking == 0 for one in found)
