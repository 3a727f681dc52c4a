"""What is frozen is what is read, and what is damaged is named."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import StageError
from framesel.training import Example, freeze, read
from tests.training.conftest import CLASSES, example


def corners(xywh: np.ndarray, size_wh: tuple[int, int]) -> np.ndarray:
    half = xywh[:, 2:] / 2
    return np.concatenate([xywh[:, :2] - half, xywh[:, :2] + half], axis=1) * np.tile(size_wh, 2)


def test_what_is_frozen_is_read(tmp_path: Path) -> None:
    given_ = [example(0), example(1, 3), example(2, 0)]
    assert freeze(tmp_path, iter(given_), CLASSES) == 3
    frozen = read(tmp_path)
    assert frozen.classes == CLASSES
    assert [one.name for one in frozen.pictures] == ["p0", "p1", "p2"]
    for before, after in zip(given_, frozen.pictures, strict=True):
        assert after.path.read_bytes() == before.jpeg
        assert np.array_equal(after.class_no, before.class_no)
        assert np.allclose(corners(after.xywh, after.size_wh), before.xyxy, atol=1e-4)
    assert (tmp_path / "labels" / "p2.txt").read_text() == ""


@given(
    st.lists(
        st.tuples(*[st.floats(-100, 400, width=32) for _ in range(4)], st.integers(0, 1)),
        max_size=4,
    )
)
def test_boxes_are_cut_at_the_border(boxes: list[tuple[float, ...]]) -> None:
    import tempfile

    table = np.array(boxes, np.float32).reshape(-1, 5)
    one = dataclasses.replace(
        example(0, 0, (300, 200)), xyxy=table[:, :4], class_no=table[:, 4].astype(np.int64)
    )
    with tempfile.TemporaryDirectory() as folder:
        freeze(Path(folder), [one], CLASSES)
        (found,) = read(Path(folder)).pictures
    inside = np.clip(table[:, :4], 0, [300, 200, 300, 200])
    width, height = inside[:, 2] - inside[:, 0], inside[:, 3] - inside[:, 1]
    sure = (width > 1e-3) & (height > 1e-3)
    doubtful = (width > 1e-6) & (height > 1e-6)
    assert sure.sum() <= len(found.xywh) <= doubtful.sum()
    if sure.sum() == doubtful.sum():
        assert np.allclose(corners(found.xywh, (300, 200)), inside[sure], atol=1e-3)
        assert np.array_equal(found.class_no, table[sure, 4])


def test_a_linked_picture_is_never_written_into(tmp_path: Path) -> None:
    freeze(tmp_path / "first", [example(0)], CLASSES)
    before = (tmp_path / "first/images/p0.jpg").read_bytes()
    linked = dataclasses.replace(example(0), jpeg=tmp_path / "first/images/p0.jpg")
    freeze(tmp_path / "second", [linked], CLASSES)
    assert (tmp_path / "second/images/p0.jpg").samefile(tmp_path / "first/images/p0.jpg")
    freeze(tmp_path / "second", [dataclasses.replace(example(1), name="p0")], CLASSES)
    assert (tmp_path / "first/images/p0.jpg").read_bytes() == before
    assert read(tmp_path / "second").pictures[0].path.read_bytes() != before


def test_nothing_of_an_earlier_call_is_left(tmp_path: Path) -> None:
    freeze(tmp_path, [example(0), example(1)], CLASSES)
    freeze(tmp_path, [example(1)], CLASSES)
    assert sorted(p.name for p in tmp_path.rglob("p*")) == ["p1.jpg", "p1.txt"]


def test_the_digest_is_that_of_all_that_was_frozen(tmp_path: Path) -> None:
    versions = {
        "same": ([example(0), example(1)], CLASSES),
        "order": ([example(1), example(0)], CLASSES),
        "classes": ([example(0), example(1)], (*CLASSES, "drone")),
        "picture": ([example(0), dataclasses.replace(example(2), name="p1")], CLASSES),
        "boxes": ([example(0), dataclasses.replace(example(1), xyxy=example(1).xyxy + 1)], CLASSES),
    }
    digests = set()
    for name, (some, classes) in versions.items():
        freeze(tmp_path / name, some, classes)
        digests.add(read(tmp_path / name).digest)
    freeze(tmp_path / "again", *versions["same"])
    assert read(tmp_path / "again").digest == read(tmp_path / "same").digest
    assert len(digests) == len(versions)


@pytest.mark.parametrize(
    ("some", "classes", "complaint"),
    [
        ([], CLASSES, "no labelled picture"),
        ([example(0), example(0)], CLASSES, "two labelled pictures are called 'p0'"),
        ([example(0)], (), "at least one is needed"),
        ([example(0)], ("bird", "bird"), "a name of its own"),
        ([dataclasses.replace(example(0), name="../p0")], CLASSES, "cannot be the name of a file"),
        ([dataclasses.replace(example(0), class_no=np.array([2]))], CLASSES, "class 2"),
        ([dataclasses.replace(example(0), xyxy=np.full((1, 4), np.nan))], CLASSES, "finite"),
        ([dataclasses.replace(example(0), jpeg=Path("gone.jpg"))], CLASSES, "gone.jpg"),
    ],
)
def test_what_makes_no_sense_is_refused(
    some: list[Example], classes: tuple[str, ...], complaint: str, tmp_path: Path
) -> None:
    with pytest.raises(StageError, match=complaint):
        freeze(tmp_path, some, classes)
    with pytest.raises(StageError, match="nothing was frozen"):
        read(tmp_path)


def spoil(folder: Path, what: str) -> None:
    picture, labels = folder / "images/p1.jpg", folder / "labels/p1.txt"
    if what == "missing":
        picture.unlink()
    elif what == "changed":
        picture.write_bytes(picture.read_bytes()[:-5])
    elif what == "labels":
        labels.write_text("0 0.5 0.5 0.1 0.1\n")
    else:
        listing = json.loads((folder / "examples.json").read_text())
        listing["pictures"][1]["name"] = "../../p1"
        (folder / "examples.json").write_text(json.dumps(listing))


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("missing", r"p1\.jpg: cannot be read"),
        ("changed", r"p1\.jpg: is not the file that was frozen"),
        ("labels", r"p1\.txt: is not the file that was frozen"),
        ("listing", "examples.json is damaged"),
    ],
)
def test_what_is_damaged_is_named(what: str, complaint: str, tmp_path: Path) -> None:
    freeze(tmp_path, [example(0), example(1)], CLASSES)
    spoil(tmp_path, what)
    with pytest.raises(StageError, match=complaint):
        read(tmp_path)


@pytest.mark.parametrize(
    "line",
    ["0 0.5 0.5 0.1", "2 0.5 0.5 0.1 0.1", "0 0.5 nan 0.1 0.1", "0 0.5 0.5 0 0.1", "x 1 1 1 1"],
)
def test_a_line_that_is_no_box_is_named(line: str, tmp_path: Path) -> None:
    """Whoever edits the labels and their digest is still told which line is wrong."""
    import hashlib

    freeze(tmp_path, [example(0)], CLASSES)
    text = f"0 0.5 0.5 0.2 0.2\n{line}\n"
    (tmp_path / "labels/p0.txt").write_text(text)
    listing = json.loads((tmp_path / "examples.json").read_text())
    listing["pictures"][0]["labels"] = hashlib.sha256(text.encode()).hexdigest()
    (tmp_path / "examples.json").write_text(json.dumps(listing))
    with pytest.raises(StageError, match=r"p0\.txt, line 2"):
        read(tmp_path)
