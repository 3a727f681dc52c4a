"""Groups never part near neighbours, whatever frames begin in; and they part all else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.splitting import near
from framesel.splitting.groups import By, groups, scenes
from framesel.splitting.near import Footage, likest, nearest_in_time
from tests.splitting.frames import footage


def by_hand(frames: Footage, start: list[int], gap_s: float, tau: float) -> list[int]:
    """Groups by looking at every pair again and again."""
    group = list(start)
    cosines = frames.vectors @ frames.vectors.T
    changed = True
    while changed:
        changed = False
        for i in range(len(frames)):
            for j in range(i):
                apart = abs(frames.t_s[i] - frames.t_s[j])
                timely = gap_s > 0 and frames.video[i] == frames.video[j] and apart <= gap_s
                if (timely or cosines[i, j] >= tau - near.ROUNDING) and group[i] != group[j]:
                    low, high = sorted((group[i], group[j]))
                    group = [low if g == high else g for g in group]
                    changed = True
    return group


def same_parts(one: list[int], other: list[int]) -> bool:
    return len(set(zip(one, other, strict=True))) == len(set(one)) == len(set(other))


@given(
    st.integers(0, 10_000),
    st.sampled_from(["video", "component"]),
    st.sampled_from([0.0, 1.0, 2.5]),
    st.sampled_from([0.7, 0.9, 1.1]),
)
def test_groups_are_those_of_looking_at_every_pair(
    seed: int, by: By, gap_s: float, tau: float
) -> None:
    frames = footage(seed, n=25, videos=4)
    start = frames.video.tolist() if by == "video" else list(range(len(frames)))
    found = groups(frames, by, gap_s=gap_s, tau=tau)
    assert same_parts(found.tolist(), by_hand(frames, start, gap_s, tau))


@given(st.integers(0, 10_000), st.sampled_from([1.0, 3.0]), st.sampled_from([0.8, 0.9, 0.97]))
def test_near_neighbours_are_never_in_two_groups(seed: int, gap_s: float, tau: float) -> None:
    frames = footage(seed)
    group = groups(frames, "component", gap_s=gap_s, tau=tau)
    for one in np.unique(group).tolist():
        inside, others = frames.subset(group == one), frames.subset(group != one)
        assert (nearest_in_time(inside, others) > gap_s).all()
        assert (likest(inside, others)[0] < tau).all()


def test_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = footage(3, n=200)
    whole = groups(frames, "component", gap_s=0.0, tau=0.9)
    best = likest(frames, frames.subset(np.arange(50)))
    monkeypatch.setattr(near, "BLOCK", 7)
    assert (groups(frames, "component", gap_s=0.0, tau=0.9) == whole).all()
    again = likest(frames, frames.subset(np.arange(50)))
    assert (again[1] == best[1]).all()
    np.testing.assert_allclose(again[0], best[0], atol=1e-6)


def test_frames_of_no_known_video_are_not_together_for_that() -> None:
    frames = Footage(
        np.array([-1, -1, 4]), np.array([0.0, 0.1, np.nan]), np.eye(3, dtype=np.float32)
    )
    assert groups(frames, "video", gap_s=5.0, tau=0.9).tolist() == [0, 1, 2]
    assert np.isinf(nearest_in_time(frames, frames)).all()


def test_a_frame_without_a_vector_is_like_nothing() -> None:
    vectors = np.array([[1, 0], [0, 0], [1, 0]], np.float32)
    frames = Footage(np.arange(3), np.zeros(3), vectors)
    cosines, row = likest(frames, frames.subset(np.array([1])))
    assert cosines.tolist() == [-1, -1, -1]
    assert row.tolist() == [-1, -1, -1]
    cosines, row = likest(frames, frames)
    assert row.tolist() == [0, -1, 0]


def test_a_scene_ends_where_what_is_seen_changes_at_once() -> None:
    rng = np.random.default_rng(0)
    seen = np.repeat(np.eye(3, 16), [6, 5, 4], axis=0) + rng.normal(0, 0.01, (15, 16))
    vectors = (seen / np.linalg.norm(seen, axis=1, keepdims=True)).astype(np.float32)
    order = rng.permutation(15)
    frames = Footage(np.zeros(15, np.int64), np.arange(15.0), vectors).subset(order)
    found = np.empty(15, np.int64)
    found[order] = scenes(frames)
    assert found.tolist() == [0] * 6 + [1] * 5 + [2] * 4
    assert groups(frames, "scene", gap_s=0.0, tau=1.1, scenes=scenes(frames)).max() == 2


def test_by_scene_takes_the_scenes() -> None:
    with pytest.raises(ValueError, match="scenes"):
        groups(footage(0), "scene", gap_s=0.0, tau=0.9)
