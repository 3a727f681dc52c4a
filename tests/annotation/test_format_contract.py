"""What every format must keep, whatever it is."""

import shutil
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from framesel.annotation import files
from framesel.annotation.formats import Format, format_of
from framesel.annotation.opening import open_labels
from framesel.annotation.sheet import Class, InMemory, Picture, Sheet
from tests.annotation.suite import (
    GUESSES_STAY,
    HOSTILE_CLASSES,
    LOSES_GUESSED,
    READ,
    SAYS_REVIEWED,
    WRITTEN,
    Dying,
    Made,
    boxes_of,
    check_equal,
    content,
    expected,
    hostile_pictures,
    make_sheet,
)

written = pytest.mark.parametrize("form", WRITTEN, ids=lambda f: f.name)
both_ways = pytest.mark.parametrize("form", READ, ids=lambda f: f.name)


@pytest.fixture
def labels(tmp_path: Path) -> Sheet:
    """Labels with hostile names of pictures and classes."""
    return make_sheet(tmp_path / "pictures", hostile_pictures("train"), HOSTILE_CLASSES)


@pytest.fixture
def guesses(tmp_path: Path) -> Sheet:
    """Guesses with hostile names, and two pictures of context behind each picture."""
    handed: list[Picture] = []
    for picture in hostile_pictures("label"):
        beside = (
            replace(
                picture,
                name=f"{picture.rank} {side}.jpg",
                boxes=(),
                pts=picture.pts + step,
                index=picture.index + step,
                t_s=picture.t_s + step,
                rank=0,
                context_of=picture.name,
            )
            for side, step in (("before", -1), ("after", 1))
        )
        handed += [picture, *beside]
    return make_sheet(tmp_path / "pictures", handed, HOSTILE_CLASSES, "label")


def widths(sheet: Sheet) -> dict[str, int]:
    return {p.name: p.width for p in sheet.pictures}


@both_ways
def test_labels_come_back_as_they_were(form: Format, labels: Sheet, tmp_path: Path) -> None:
    form.writer.write(labels, tmp_path / "out")
    back = form.reader.read(tmp_path / "out")
    assert back.format == form.name
    assert back.classes == labels.names
    assert back.left == ()
    check_equal(boxes_of(back), expected(labels), widths(labels), form)
    known = {p.name: p for p in labels.pictures}
    for came in back.pictures:
        picture = known[came.name]
        unsaid = form.name in LOSES_GUESSED and came.boxes
        assert came.reviewed is (True if form.name in SAYS_REVIEWED and not unsaid else None)
        assert (came.width, came.height) in ((None, None), (picture.width, picture.height))
        assert came.key in ("", picture.key)
        assert came.split in ("", picture.split)


@both_ways
def test_guesses_come_back_and_nobody_has_looked(
    form: Format, guesses: Sheet, tmp_path: Path
) -> None:
    form.writer.write(guesses, tmp_path / "out")
    back = form.reader.read(tmp_path / "out")
    found = {name: boxes for name, boxes in boxes_of(back).items() if boxes}
    wanted = {name: boxes for name, boxes in expected(guesses).items() if boxes}
    if form.name in GUESSES_STAY:
        wanted = {}
    check_equal(found, wanted, widths(guesses), form)
    assert [p.name for p in back.pictures if p.reviewed] == []


@both_ways
def test_without_guesses_there_are_no_boxes(form: Format, guesses: Sheet, tmp_path: Path) -> None:
    form.writer.write(replace(guesses, guesses=False), tmp_path / "out")
    back = form.reader.read(tmp_path / "out")
    assert [p.name for p in back.pictures if p.boxes or p.reviewed] == []
    assert back.classes == guesses.names


@both_ways
def test_each_format_is_told_from_the_others(
    form: Format, labels: Sheet, guesses: Sheet, tmp_path: Path
) -> None:
    for number, sheet in enumerate((labels, guesses)):
        form.writer.write(sheet, tmp_path / str(number))
        assert format_of(tmp_path / str(number)) is form


@both_ways
def test_a_zip_is_read_like_its_folder(form: Format, labels: Sheet, tmp_path: Path) -> None:
    form.writer.write(labels, tmp_path / "out" / "inner")
    path = shutil.make_archive(str(tmp_path / "labels"), "zip", tmp_path / "out")
    assert open_labels(Path(path)) == form.reader.read(tmp_path / "out" / "inner")


@written
def test_pictures_are_there_and_context_lies_apart(
    form: Format, guesses: Sheet, tmp_path: Path
) -> None:
    form.writer.write(guesses, tmp_path / "out")
    own = {p.name for p in guesses.pictures if not p.context_of}
    beside = {p.name for p in guesses.pictures if p.context_of}
    linked = [p for p in (tmp_path / "out").rglob("*.jpg") if p.is_file()]
    paths = [p.relative_to(tmp_path / "out").as_posix() for p in linked]
    apart = [p for p in paths if "context" in p.split("/") or "related_images" in p.split("/")]
    assert {p.rsplit("/", 1)[1] for p in apart} == beside
    assert {name for name in own if not any(p.endswith(f"/{name}") for p in paths)} == set()
    assert len(paths) == len(own) + len(beside)
    assert all(path.stat().st_nlink > 1 for path in linked)
    if form.reads:
        assert beside.isdisjoint(p.name for p in form.reader.read(tmp_path / "out").pictures)


@written
def test_the_same_sheet_gives_the_same_bytes(
    form: Format, labels: Sheet, guesses: Sheet, tmp_path: Path
) -> None:
    for number, sheet in enumerate((labels, guesses)):
        form.writer.write(sheet, tmp_path / f"a{number}")
        form.writer.write(sheet, tmp_path / f"b{number}")
        form.writer.write(sheet, tmp_path / f"b{number}")
        assert content(tmp_path / f"a{number}") == content(tmp_path / f"b{number}")


@written
@pytest.mark.parametrize("taken", [1, 13, 31, 67, 95])
def test_a_killed_write_is_finished_by_the_next(
    form: Format, taken: int, guesses: Sheet, tmp_path: Path
) -> None:
    items = tuple(guesses.pictures)
    form.writer.write(guesses, tmp_path / "whole")
    try:
        form.writer.write(replace(guesses, pictures=Dying(items, [taken])), tmp_path / "out")
    except KeyboardInterrupt:
        form.writer.write(guesses, tmp_path / "out")
    assert content(tmp_path / "out") == content(tmp_path / "whole")


@written
def test_nothing_to_label_is_no_mistake(form: Format, tmp_path: Path) -> None:
    empty = Sheet("Nothing", "label", (Class("car", "#ff0000"),), InMemory(()), tmp_path)
    form.writer.write(empty, tmp_path / "out")
    if form.reads:
        back = form.reader.read(tmp_path / "out")
        assert back.pictures == ()
        assert back.classes == ("car",)


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pictures are neither needed nor linked: only what is written is looked at."""
    monkeypatch.setattr(files.os, "link", lambda source, target: None)
    return


@written
@pytest.mark.usefixtures("no_links")
def test_memory_does_not_grow_with_the_pictures(form: Format, tmp_path: Path) -> None:
    def peak(count: int) -> int:
        made = Sheet("Many", "label", (Class("car", "#ff0000"),), Made(count), tmp_path)
        tracemalloc.start()
        form.writer.write(made, tmp_path / str(count))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    few, many = 20, 220
    peak(few)  # what is imported and compiled stays
    grown = (peak(many) - peak(few + 1)) / (many - few)
    assert grown < Made.bytes_each / 2, f"{grown:.0f} bytes a picture"
