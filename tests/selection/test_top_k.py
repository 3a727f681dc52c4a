"""Highest utility first, ties to the lowest row, and apart in time on request."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection import Candidates, Picks
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.top_k import TopK

from .vectors import make, rng


def choose(
    utility: list[float], budget: int, gap_s: float = 0.0, limits: object = (), **columns: object
) -> Picks:
    candidates = Candidates(
        make("random", len(utility), 4, 1), utility=np.array(utility), **columns
    )
    bounds = Limits.model_validate(limits or {})
    return TopK(gap_s=gap_s).select(candidates, budget, candidates.vectors[:0], bounds, rng())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_a_stable_sort(utility: list[int]) -> None:
    picks = choose([float(value) for value in utility], len(utility))
    expected = sorted(range(len(utility)), key=lambda row: (-utility[row], row))
    assert picks.indices.tolist() == expected
    assert picks.gain.tolist() == [utility[row] for row in expected]


def test_what_is_close_in_time_waits() -> None:
    picks = choose([5, 9, 8, 7, 1], 5, 2.0, pts_s=[0.0, 1.0, 2.0, 3.0, 9.0])
    # 1 s shuts out 0 and 2, not 3, which is 2 s away; those that waited come by utility.
    assert picks.indices.tolist() == [1, 3, 4, 2, 0]
    assert picks.gain.tolist() == [9, 7, 1, 8, 5]


def test_other_videos_are_not_close() -> None:
    columns = {"pts_s": [0.0, 1.0, 0.0, 1.0], "video_no": [0, 0, 1, 1]}
    assert choose([4, 3, 2, 1], 4, 5.0, **columns).indices.tolist() == [0, 2, 1, 3]


def test_a_refused_frame_shuts_nobody_out() -> None:
    columns = {"pts_s": [0.0, 1.0, 2.0, 8.0], "video_no": [0, 0, 0, 0]}
    seen = {"class_counts": [[0], [1], [0], [0]], "classes": ("dog",)}
    limits = {"classes": {"dog": {"max": 0}}}
    picks = choose([5, 9, 8, 1], 2, 1.5, limits, **columns, **seen)
    assert picks.indices.tolist() == [2, 0]
    assert picks.limit[0]


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 30), st.integers(0, 2)), min_size=1),
    st.sampled_from([0.5, 1.0, 3.0]),
)
def test_spaced_as_plain_suppression(frames: list[tuple[int, int, int]], gap_s: float) -> None:
    utility, pts_s, video_no = (np.array(column) for column in zip(*frames, strict=True))
    picks = choose(utility.tolist(), len(frames), gap_s, pts_s=pts_s / 2, video_no=video_no)
    order = sorted(range(len(frames)), key=lambda row: (-utility[row], row))
    apart: list[int] = []
    for row in order:
        near = [r for r in apart if video_no[r] == video_no[row]]
        if all(abs(pts_s[r] - pts_s[row]) / 2 >= gap_s for r in near):
            apart.append(row)
    assert picks.indices.tolist() == apart + [row for row in order if row not in apart]


def test_copies_of_what_is_labelled_gain_nothing() -> None:
    candidates = Candidates(make("random", 5, 4, 1), utility=[5, 4, 3, 2, 1])
    picks = TopK().select(candidates, 5, candidates.vectors[:2], Limits(), rng())
    assert picks.indices.tolist() == [2, 3, 4, 0, 1]
    assert picks.gain.tolist() == [3, 2, 1, 0, 0]
    assert picks.gain.sum() == pytest.approx(6)
