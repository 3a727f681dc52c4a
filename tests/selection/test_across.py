"""Near-duplicates with another threshold between videos, and vectors that know their place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse.csgraph import connected_components

from framesel.errors import SelectionError
from framesel.selection import near_duplicates
from framesel.selection.engines.cuts import shots
from framesel.selection.vectors.places import with_places

from .vectors import unit


@given(
    seed=st.integers(0, 10_000),
    n=st.integers(1, 60),
    videos=st.integers(1, 6),
    tau=st.floats(0.3, 0.95),
    more=st.floats(0.0, 1.0),
)
def test_frames_stand_for_their_own_shot_and_copies_make_shots_one(
    seed: int, n: int, videos: int, tau: float, more: float
) -> None:
    rng = np.random.default_rng(seed)
    vectors = unit(rng.standard_normal((n, 3)))
    video, quality = rng.integers(videos, size=n), rng.random(n)
    across = tau + more * (1.0 - tau)
    found = near_duplicates(vectors, tau, quality=quality, video_no=video, tau_across=across)
    cosines = vectors @ vectors.T
    kept, dropped = np.flatnonzero(found.kept), np.flatnonzero(~found.kept)
    assert found.kept[found.keeper].all()
    assert found.mass.sum() == n
    assert (cosines[dropped, found.keeper[dropped]] >= tau - 1e-5).all()
    alone = ~np.eye(n, dtype=bool)
    assert (found.shot == found.shot[found.keeper]).all()
    same = found.shot[:, None] == found.shot[None]
    asked = np.where(same, tau, across) + 1e-5
    assert not ((cosines >= asked) & alone)[np.ix_(kept, kept)].any()
    part = _parts(video, cosines >= across - 1e-5)
    assert (part[:, None] == part[None])[same].all()


def _parts(video: np.ndarray, linked: np.ndarray) -> np.ndarray:
    """Which connected part each frame is of, where frames of a video and linked ones are."""
    no = np.unique(video, return_inverse=True)[1]
    links = np.zeros((no.max() + 1, no.max() + 1))
    links[tuple(no[np.stack(np.nonzero(linked))])] = 1
    parts: np.ndarray = connected_components(links, directed=False)[1]
    return parts[no]


def test_a_shot_keeps_its_lowest_number_and_says_who_joined_it() -> None:
    a, b, c = np.eye(3)
    (near_a,) = unit(np.array([[1.0, 0.3, 0.0]]))  # of a's shot: a stands for it
    vectors = np.stack([c, a, near_a, b, near_a, b + 0.0])
    video = np.array([9, 5, 5, 7, 3, 8])
    found = near_duplicates(vectors, 0.9, video_no=video, tau_across=0.999)
    assert found.shot.tolist() == [9, 3, 3, 7, 3, 7]
    assert found.keeper.tolist() == [0, 1, 1, 3, 1, 3]


def test_the_same_threshold_is_the_plain_rule() -> None:
    rng = np.random.default_rng(0)
    vectors, video = unit(rng.standard_normal((300, 4))), rng.integers(5, size=300)
    plain = near_duplicates(vectors, 0.8, video_no=video)
    told = near_duplicates(vectors, 0.8, video_no=video, tau_across=0.8)
    assert plain.keeper.tolist() == told.keeper.tolist()


def test_equal_pictures_of_two_videos_are_one_and_alike_ones_are_two() -> None:
    a, b = unit(np.array([[1.0, 0.0], [1.0, 0.25]]))
    vectors = np.stack([a, b, a, b])
    two_videos = np.array([0, 0, 1, 1])
    assert near_duplicates(vectors, 0.9, video_no=two_videos).kept.sum() == 1
    found = near_duplicates(vectors, 0.9, video_no=np.array([0, 1, 2, 3]), tau_across=0.99)
    assert found.keeper.tolist() == [0, 1, 0, 1]


def test_all_of_a_copied_video_goes_over_to_the_first() -> None:
    rng = np.random.default_rng(5)
    one = unit(unit([[1.0, 0, 0, 0]]) + 0.05 * rng.standard_normal((6, 4)))
    vectors, video = np.concatenate([one, one]), np.repeat([0, 1], 6)
    found = near_duplicates(vectors, 0.9, video_no=video, tau_across=0.9999)
    assert found.kept.sum() == 1
    assert found.mass.max() == 12


def test_a_looser_threshold_between_videos_is_refused() -> None:
    with pytest.raises(SelectionError, match=r"tau_across is 0.8; give a cosine from tau_cos, 0.9"):
        near_duplicates(np.eye(2), 0.9, tau_across=0.8)


def test_places_lower_likeness_between_them_alone() -> None:
    rng = np.random.default_rng(1)
    vectors = unit(rng.standard_normal((40, 8)))
    place = np.repeat(np.arange(8), 5)
    placed = with_places(vectors, place, 0.4)
    assert np.allclose(np.linalg.norm(placed, axis=1), 1.0, atol=1e-6)
    before, after = vectors @ vectors.T, placed @ placed.T
    same = place[:, None] == place[None]
    assert np.allclose(after[same], 0.6 * before[same] + 0.4, atol=1e-5)
    other = after[~same] - 0.6 * before[~same]
    assert abs(other.mean()) < 0.05
    assert np.abs(other).max() < 0.4 * 0.6
    assert with_places(vectors, place, 0.0) is vectors
    # a place has its code whatever else there is
    assert np.allclose(with_places(vectors[:5], place[:5], 0.4), placed[:5])


@pytest.mark.parametrize("weight", [-0.1, 1.0, float("nan")])
def test_a_weight_of_no_sense_is_refused(weight: float) -> None:
    with pytest.raises(SelectionError, match="the weight of places"):
        with_places(np.eye(2, dtype=np.float32), np.arange(2), weight)


def test_shots_are_numbered_along_the_videos() -> None:
    a, b = np.eye(2)
    vectors = unit(np.stack([a, a, a, b, b, b, a, a]).astype(np.float32))
    video = np.array([1, 1, 1, 1, 1, 1, 0, 0])
    pts_s = np.array([0.0, 1, 2, 3, 4, 5, 0, 1])
    assert shots(vectors, video, pts_s).tolist() == [1, 1, 1, 2, 2, 2, 0, 0]
    order = np.array([3, 0, 6, 1, 4, 7, 2, 5])
    moved = shots(vectors[order], video[order], pts_s[order])
    assert moved.tolist() == [2, 1, 0, 1, 2, 0, 1, 2]
