"""The tables of a handover give back what was written, a row group at a time."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.annotation.sheet import Box, Picture, Pictures
from framesel.handover import written
from framesel.handover.listing import Listed
from framesel.handover.planned import Planned
from framesel.handover.stored_pictures import StoredPictures
from framesel.handover.written import Row, write_tables

VIDEO = {"path": "a b/ü.mp4", "width": 64, "height": 48}

boxes = st.lists(
    st.builds(
        Box,
        st.sampled_from(["drone", "big kite", "ü"]),
        st.floats(0, 20),
        st.floats(0, 20),
        st.floats(21, 64),
        st.floats(21, 48),
        score=st.none() | st.sampled_from([0.25, 0.5, 1.0]),
        source=st.sampled_from(["", "auto", "manual"]),
        track=st.none() | st.integers(0, 2**40),
        occluded=st.none() | st.booleans(),
        truncated=st.none() | st.booleans(),
    ),
    max_size=3,
).map(tuple)
frame = st.tuples(boxes, st.integers(0, 3), st.booleans(), st.none() | st.floats(0, 1), st.text())


def rows_of(frames: list[tuple[tuple[Box, ...], int, bool, float | None, str]]) -> Iterator[Row]:
    """Pictures with so many around them, and whether they could be made."""
    for no, (drawn, near, _, score, reason) in enumerate(frames):
        listed = Listed(0, 10 * no, no, no / 2, score, reason, drawn, fields={"tag": reason})
        pick = Planned(f"p{no}.jpg", listed, f"p{no}.jpg", no + 1, "", ())
        yield Row(pick, VIDEO, VIDEO["path"], ((0.0, 0.0, 0.5, 1.0),))
        for at in range(near):
            one = Listed(0, 10 * no + at + 1, no, no / 2, boxes=())
            name = f"p{no}-{at}.jpg"
            yield Row(Planned(name, one, name, 0, pick.name, ()), VIDEO, VIDEO["path"], ())


@settings(max_examples=15, deadline=None)
@given(st.lists(frame, max_size=12))
def test_what_was_written_comes_back_in_order(
    frames: list[tuple[tuple[Box, ...], int, bool, float | None, str]],
) -> None:
    lost = {f"p{no}.jpg" for no, told in enumerate(frames) if not told[2]}
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as folder:
        patch.setattr(written, "ROWS_AT_ONCE", 3)  # several row groups
        patch.setattr(
            written, "measured", lambda path: None if path.name in lost else (64, 48, "ab")
        )
        rows = list(rows_of(frames))
        write_tables(Path(folder), rows, lambda listed, width, height: listed.boxes or ())
        found = StoredPictures(Path(folder))
        expected = [picture(row) for row in rows if row.picture.name not in lost]
        assert list(found) == expected
        assert list(found) == expected  # again and again
        assert len(found) == len(expected)
        for row in rows:
            name = row.picture.name
            assert found.of_context(name) == Pictures.of_context(found, name)
        assert all(one in found for one in expected)


def picture(row: Row) -> Picture:
    """A row as formats see it."""
    one, listed = row.picture, row.picture.frame
    return Picture(
        name=one.name,
        width=64,
        height=48,
        boxes=listed.boxes or (),
        video_no=0,
        pts=listed.pts,
        index=listed.index,
        t_s=listed.t_s,
        video="a b/ü.mp4",
        sha256="ab",
        rank=one.rank,
        score=listed.score,
        reason=listed.reason,
        context_of=one.context_of,
        fields=listed.fields,
    )
