"""Pictures with boxes through each format and back: the same boxes, whatever their names."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.annotation.formats import Format
from framesel.annotation.sheet import Box, Picture
from tests.annotation.suite import (
    HOSTILE_CLASSES,
    READ,
    boxes_of,
    check_equal,
    expected,
    make_sheet,
)

LETTERS = "abcXYZ0189 _-.,;'\"&<>()[]{}=+#%@!^~$äßéñ中文字かな한🚲🎈"
PART = st.text(LETTERS, min_size=1, max_size=40).filter(lambda s: s == s.strip() and s[0] != ".")
STEM = st.one_of(PART, st.just("n" * 196), st.just("same stem"))
FOLDER = st.lists(st.one_of(PART, st.sampled_from(["images", "labels", "data"])), max_size=2)
LEAST_PX = 1.0


@st.composite
def names(draw: st.DrawFn) -> str:
    folder = [part.rstrip(".") or "x" for part in draw(FOLDER)]
    return "/".join([*folder, f"{draw(STEM)}.jpg"])


@st.composite
def boxes(draw: st.DrawFn, width: int, height: int) -> Box:
    edges: list[float] = []
    for side in (width, height):
        first = draw(st.floats(0, side - LEAST_PX))
        edges += [first, draw(st.floats(first + LEAST_PX, side))]
    x1, x2, y1, y2 = edges
    return Box(draw(st.sampled_from(HOSTILE_CLASSES)), x1, y1, x2, y2, source="manual")


@st.composite
def pictures(draw: st.DrawFn) -> tuple[Picture, ...]:
    drawn = []
    for number, name in enumerate(draw(st.lists(names(), max_size=3, unique_by=str.casefold)), 1):
        width, height = draw(st.integers(2, 5000)), draw(st.integers(2, 5000))
        own = draw(st.lists(boxes(width, height), max_size=3))
        split = draw(st.sampled_from(["train", "val", "test"]))
        picture = Picture(
            name,
            width,
            height,
            tuple(own),
            video_no=0,
            pts=number,
            index=number,
            video="clip.mp4",
            rank=number,
            split=split,  # type: ignore[arg-type]
        )
        drawn.append(picture)
    return tuple(drawn)


@pytest.mark.parametrize("form", READ, ids=lambda f: f.name)
@settings(max_examples=12)
@given(drawn=pictures())
def test_the_same_boxes_come_back(form: Format, drawn: tuple[Picture, ...]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sheet = make_sheet(folder / "pictures", drawn, HOSTILE_CLASSES)
        form.writer.write(sheet, folder / "out")
        back = form.reader.read(folder / "out")
    sides = {p.name: max(p.width, p.height) for p in drawn}
    check_equal(boxes_of(back), expected(sheet), sides, form)
