"""Companions stand a fixed number of frames beside candidates, and are marked as such."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import DecodeError
from framesel.video import Segment, decoder_for, probe
from framesel.video.companions import arrange, with_companions
from framesel.video.frame import Frame
from framesel.video.sampling import EveryN, FpsSampling, OnChange

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth


def frame(index: int, gray: int = 0) -> Frame:
    return Frame(index * 10, index, index / 30, False, np.full((8, 8, 3), gray, np.uint8))


@given(
    st.lists(st.booleans(), min_size=1, max_size=60),
    st.integers(0, 5),
)
def test_exactly_the_frames_beside_candidates_in_order(chosen: list[bool], step: int) -> None:
    wanted = with_companions(np.array(chosen), step)
    frames = [frame(i) for i in np.flatnonzero(wanted).tolist()]
    pts = {i * 10 for i, c in enumerate(chosen) if c}
    found = list(arrange(iter(frames), EveryN(companions=step), pts))
    expected = {
        i
        for c in np.flatnonzero(chosen).tolist()
        for i in ((c - step, c, c + step) if step else (c,))
        if 0 <= i < len(chosen)
    }
    assert [f.index for f in found] == sorted(expected)
    assert {f.pts for f in found if not f.companion} == pts


def test_on_change_only_what_is_taken_has_companions() -> None:
    grays = [0, 0, 0, 0, 200, 200, 200, 200, 200, 0, 0]
    frames = [frame(i, g) for i, g in enumerate(grays)]
    candidates = {i * 10 for i in range(0, 11, 2)}  # 0, 2, 4, …: taken are 0, 4 and 10
    found = list(arrange(iter(frames), OnChange(companions=1), candidates))
    assert [(f.index, f.companion) for f in found] == [
        (0, False), (1, True), (3, True), (4, False), (5, True), (9, True), (10, False),
    ]  # fmt: skip


def test_what_breaks_off_keeps_what_was_held_back() -> None:
    def breaking():
        yield frame(0)
        yield frame(2)
        raise DecodeError("it broke")

    found = arrange(breaking(), FpsSampling(companions=2), {20})
    assert [(f.index, f.companion) for f in (next(found), next(found))] == [(0, True), (2, False)]
    with pytest.raises(DecodeError, match="it broke"):
        next(found)


@pytest.mark.parametrize("name", ["pyav", "opencv"])
def test_decoders_give_the_same_companions(name: str, footage: "Truth") -> None:
    path = next(p for p in sorted(Path(footage.folder).glob("*.mp4")) if "trunc" not in p.name)
    info = probe(path)
    decoder = decoder_for("video", name)
    plain = {f.pts: f.image for f in decoder.decode_all(path, info)}
    alone = list(decoder.sample(path, info, Segment(None, None), FpsSampling(fps=2)))
    along = list(decoder.sample(path, info, Segment(None, None), FpsSampling(fps=2, companions=2)))
    assert [f.pts for f in along if not f.companion] == [f.pts for f in alone]
    centres = {f.index for f in alone}
    assert any(f.companion for f in along)
    for f in along:
        assert np.array_equal(f.image, plain[f.pts])
        assert f.companion == (f.index not in centres)
        assert {f.index - 2, f.index, f.index + 2} & centres
