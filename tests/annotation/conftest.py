"""What the tests of formats share: a maker of small sheets with real pictures."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Literal, Protocol

import pytest
from PIL import Image

from framesel.annotation.classes import color_of
from framesel.annotation.sheet import Box, Class, InMemory, Picture, Sheet

CLASSES = ("car", "traffic light", "person")
SPLITS: tuple[Literal["train", "val", "test"], ...] = ("train", "val", "test")


class MakeSheet(Protocol):
    """``sheet(pictures=None, classes=CLASSES, purpose="label", guesses=True) -> Sheet``."""

    def __call__(
        self,
        pictures: Sequence[Picture] | None = None,
        classes: Sequence[str] = CLASSES,
        purpose: Literal["label", "train"] = "label",
        guesses: bool = True,
    ) -> Sheet: ...


def some_boxes(number: int, scored: bool) -> tuple[Box, ...]:
    """As many boxes as the number's remainder by 3, with edges between pixels."""
    return tuple(
        Box(
            label=CLASSES[(number + i) % len(CLASSES)],
            x1=1.25 + 3 * i,
            y1=2.5 + i,
            x2=20.75 + 4 * i + number % 7,
            y2=17.125 + 2 * i,
            score=round(0.9 - 0.1 * i, 3) if scored else None,
            source="auto" if scored else "manual",
        )
        for i in range(number % 3)
    )


def some_pictures(count: int = 5, purpose: str = "label") -> tuple[Picture, ...]:
    """Pictures of 64 x 48 and of 80 x 48, every third without boxes."""
    return tuple(
        Picture(
            name=f"clip_v000000_00h00m{n:02d}s000_pts{n * 512}.jpg",
            width=64 + 16 * (n % 2),
            height=48,
            boxes=some_boxes(n, scored=purpose == "label"),
            video_no=0,
            pts=n * 512,
            index=n * 25,
            t_s=float(n),
            video="clip.mp4",
            rank=n,
            score=round(1 - n / (count + 1), 4),
            reason=f"unlike the others, number {n}",
            split=SPLITS[(n - 1) % 3] if purpose == "train" else "",
        )
        for n in range(1, count + 1)
    )


@pytest.fixture
def sheet(tmp_path: Path) -> MakeSheet:
    """Makes a sheet, and every picture's file with its size in ``tmp_path/pictures``."""
    folder = tmp_path / "pictures"

    def make(
        pictures: Sequence[Picture] | None = None,
        classes: Sequence[str] = CLASSES,
        purpose: Literal["label", "train"] = "label",
        guesses: bool = True,
    ) -> Sheet:
        folder.mkdir(exist_ok=True)
        chosen = some_pictures(purpose=purpose) if pictures is None else tuple(pictures)
        return Sheet(
            title="A round",
            purpose=purpose,
            classes=tuple(Class(name, color_of(n)) for n, name in enumerate(classes)),
            pictures=InMemory(tuple(_drawn(picture, folder) for picture in chosen)),
            images=folder,
            guesses=guesses,
        )

    return make


def _drawn(picture: Picture, folder: Path) -> Picture:
    target = folder / picture.name
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shade = sum(picture.name.encode()) % 256
        kind = "PNG" if target.suffix.lower() == ".png" else "JPEG"
        Image.new("RGB", (picture.width, picture.height), (shade, 90, 160)).save(target, kind)
    return replace(picture, sha256=sha256(target.read_bytes()).hexdigest())


def apart_px(first: Sequence[Box], second: Sequence[Box]) -> float:
    """How far the edges of equally named boxes lie apart at most; infinite if names differ."""
    if [box.label for box in first] != [box.label for box in second]:
        return float("inf")
    edges = (
        abs(one - other)
        for a, b in zip(first, second, strict=True)
        for one, other in zip(a.xyxy, b.xyxy, strict=True)
    )
    return max(edges, default=0.0)
