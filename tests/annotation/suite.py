"""What the suites over all formats share."""

import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from framesel.annotation.formats import FORMATS, Format
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Box, Class, InMemory, Picture, Pictures, Sheet

WRITTEN = [f for f in FORMATS.values() if f.writes]
READ = [f for f in WRITTEN if f.reads]

GUESSES_STAY = ("label-studio",)
"""Formats whose guesses are never read back: their place is not that of labels."""

SAYS_REVIEWED = tuple(f.name for f in READ if f.name not in ("coco", "fiftyone"))
"""Formats that tell an empty picture from one that nobody has looked at."""

LOSES_GUESSED = ("yolo", "voc", "kitti")
"""Of these, formats that do not tell labels from guesses: who drew a box is not written down."""

HOSTILE_CLASSES = (
    "traffic light",
    "Fußgänger & Räder",
    "<b>\"car\"</b> 'x'",
    "自転車 🚲",
    "-1",
    "null",
    "no, 0: [a] {b} #c %d",
    "background",
    "a/b\\c",
    "x" * 100,
)
HOSTILE_NAMES = (
    "plain.jpg",
    "with some  spaces.jpg",
    "Straße 自転車 🚲.jpg",
    "\"quoted\" 'twice' & <so>.jpg",
    "one/same stem.jpg",
    "two/same stem.jpg",
    "images/labels/data/deep.jpg",
    "dots.in.a.name.jpg",
    "comma, 100%; #5 = {a} [b].jpg",
    "l" * 196 + ".jpg",
)

Found = dict[str, list[tuple[str, tuple[float, float, float, float]]]]


def png(width: int, height: int) -> bytes:
    """The head of a picture: enough to know its size, and quick to make."""
    kind = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(b"")
    chunks = [kind, b"IDAT" + body, b"IEND"]
    framed = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


def make_sheet(
    images: Path,
    pictures: Sequence[Picture],
    classes: Sequence[str],
    purpose: Literal["label", "train"] = "train",
    guesses: bool = True,
) -> Sheet:
    """A sheet with files that have the right size and nothing in them."""
    for picture in pictures:
        target = images / picture.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(png(picture.width, picture.height))
    declared = tuple(Class(name, f"#{number:06x}") for number, name in enumerate(classes))
    return Sheet("A & B", purpose, declared, InMemory(tuple(pictures)), images, guesses)


def hostile_pictures(purpose: str) -> tuple[Picture, ...]:
    """A picture for each hostile name, with as many boxes as its number's remainder by 3."""
    return tuple(
        Picture(
            name,
            width=640 + number,
            height=480,
            boxes=tuple(hostile_box(number + i, purpose) for i in range(number % 3)),
            video_no=number % 2,
            pts=1000 * number,
            index=40 * number,
            t_s=1.6 * number,
            video=f"a folder/clip {number % 2}.mp4",
            rank=number,
            reason='it\'s <unlike> "others" & so on',
            split=("train", "val", "test")[number % 3] if purpose == "train" else "",
        )
        for number, name in enumerate(HOSTILE_NAMES, 1)
    )


def hostile_box(number: int, purpose: str) -> Box:
    label = HOSTILE_CLASSES[number % len(HOSTILE_CLASSES)]
    score = 0.5 if purpose == "label" else None
    source = "auto" if purpose == "label" else "manual"
    return Box(label, 10.125 + number, 0.0, 99.875 + number, 480.0, score, source)


def expected(sheet: Sheet) -> Found:
    """The boxes of a sheet's pictures by name."""
    return {
        p.name: sorted((b.label, b.xyxy) for b in p.boxes)
        for p in sheet.pictures
        if not p.context_of
    }


def boxes_of(returned: Returned) -> Found:
    """The boxes that came back by name; a picture must come back once."""
    names = [p.name for p in returned.pictures]
    assert len(set(names)) == len(names)
    return {p.name: sorted((b.label, b.xyxy) for b in p.boxes) for p in returned.pictures}


def check_equal(found: Found, wanted: Found, widths: Mapping[str, int], form: Format) -> None:
    """Whether the same boxes came back, in any order, to the format's precision."""
    assert set(found) == set(wanted)
    for name, boxes in wanted.items():
        near = form.digits_px * max(1.0, widths[name] / 1000) + 1e-9
        left = list(found[name])
        for label, edges in boxes:
            same = (
                at
                for at, (theirs, others) in enumerate(left)
                if theirs == label
                and max(abs(a - b) for a, b in zip(edges, others, strict=True)) <= near
            )
            at = next(same, None)
            assert at is not None, f"{name}: {label} {edges} is not among {left}"
            del left[at]
        assert left == []


def content(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


@dataclass(frozen=True)
class Dying(Pictures):
    """Pictures whose reader is killed after it has taken some, over all times it goes through."""

    items: tuple[Picture, ...]
    left: list[int]

    def __iter__(self) -> Iterator[Picture]:
        for item in self.items:
            if not self.left[0]:
                raise KeyboardInterrupt
            self.left[0] -= 1
            yield item

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, item: object) -> bool:
        return item in self.items


@dataclass(frozen=True)
class Made(Pictures):
    """Many pictures that are made while they are gone through: none is kept."""

    count: int
    bytes_each: ClassVar = 4096

    def __iter__(self) -> Iterator[Picture]:
        for n in range(self.count):
            why = f"{n:08d}" * (self.bytes_each // 8)
            box = Box("car", 1.5, 2.25, 10.0 + n % 50, 40.0, 0.75, "auto")
            name = f"clip_v{n // 100:06d}_00h00m00s000_pts{n}.jpg"
            yield Picture(
                name,
                64,
                48,
                (box,),
                video_no=n // 100,
                pts=n,
                index=n,
                t_s=n / 30,
                video="clip.mp4",
                rank=n + 1,
                reason=why,
            )

    def __len__(self) -> int:
        return self.count

    def __contains__(self, item: object) -> bool:
        return any(item == picture for picture in self)
