"""One class thinned out."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.simulation.detector.rare import BURST, SHARE, thinned_out


@given(
    clips=st.integers(1, 30),
    length=st.integers(1, 25),
    other=st.integers(0, 3000),
    seed=st.integers(0, 5),
)
def test_whole_bursts_make_up_a_hundredth(clips: int, length: int, other: int, seed: int) -> None:
    clip_no = np.concatenate([np.repeat(np.arange(clips), length), np.full(other, clips)])
    holds = np.arange(len(clip_no)) < clips * length
    kept = thinned_out(holds, clip_no, np.random.default_rng(seed))
    assert (np.diff(kept) > 0).all()
    assert np.isin(np.flatnonzero(~holds), kept).all()
    rare = kept[holds[kept]]
    wanted = max(BURST[0], round(other * SHARE / (1 - SHARE)))
    assert len(rare) <= wanted
    for clip in np.unique(clip_no[rare]):
        burst = rare[clip_no[rare] == clip]
        assert (np.diff(burst) == 1).all()
        assert BURST[0] <= len(burst) <= BURST[1]
    if length >= BURST[1] and clips * BURST[0] >= wanted:
        assert len(rare) > wanted - BURST[0]


def test_a_class_in_short_stretches_alone_is_lost() -> None:
    holds = np.array([True, True] + [False] * 50)
    kept = thinned_out(holds, np.arange(52) // 2, np.random.default_rng(0))
    assert kept.tolist() == list(range(2, 52))
