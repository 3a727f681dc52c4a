"""The pictures of labelled frames, decoded exactly, as small as the network needs them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.handover.pictures import Work, second_name
from framesel.learning.material import Shown
from framesel.stages.export import ExportSettings, ExportTask, Picture, Pictures
from framesel.training.examples import Example
from framesel.workspace import write_json

JPEG_QUALITY = 95
LISTING = "pictures.json"

Floats = npt.NDArray[np.float64]


def look_of(frames: Sequence[Shown], long_px: int, decoder: str) -> dict[str, Any]:
    """Everything beside frames themselves that shapes their pictures; no paths."""
    edited = {one.name: _edits(one) for one in frames if one.blurs or one.region}
    return {
        "long_px": long_px,
        "jpeg_quality": JPEG_QUALITY,
        "decoder": decoder,
        "edited": edited,
    }


def make(
    work: Work, folder: Path, frames: Sequence[Shown], long_px: int, earlier: Iterable[Path]
) -> list[dict[str, Any]]:
    """Makes ``folder/images/NAME.jpg`` of each frame; what is there and still right is kept.

    Args:
        work: The workspace, and who does the work.
        folder: Where; it holds nothing else.
        frames: Each with the part of it that counts and what must not be seen.
        long_px: Pictures with a longer long side are shrunk to it.
        earlier: Folders of the same kind: pictures that would be the same become hard links.

    Returns:
        Error rows of what could not be decoded: those frames have no picture.
    """
    look = look_of(frames, long_px, work.recipe.frames.decoder)
    if _told(folder) not in (None, look):
        shutil.rmtree(folder)
    write_json(folder / LISTING, look)
    for other in earlier:
        _take_over(other, folder, frames, look)
    settings = ExportSettings(format="jpg", jpeg_quality=JPEG_QUALITY)
    decoder = work.recipe.frames.decoder
    task = ExportTask(work.workspace.root, folder, settings, decoder, folder.name, long_px)
    pieces = [left for piece in _by_video(frames) if (left := task.left(piece)).picks]
    return work.run(task, pieces)


def picture_of(folder: Path, one: Shown) -> Path:
    """Where a frame's picture is, if it could be made."""
    return folder / "images" / f"{one.name}.jpg"


def present(folder: Path, frames: Iterable[Shown]) -> Iterator[Shown]:
    """Frames that have a picture."""
    return (one for one in frames if picture_of(folder, one).exists())


def examples(folder: Path, frames: Iterable[Shown], classes: Sequence[str]) -> Iterator[Example]:
    """Frames, all of which have a picture, with their boxes in its pixels."""
    number = {name: at for at, name in enumerate(classes)}
    for one in frames:
        path = picture_of(folder, one)
        size_wh = size_of(path)
        drawn = np.array([box.xyxy for box in one.boxes], np.float64).reshape(-1, 4)
        yield Example(
            one.name,
            path,
            into_picture(drawn, one, size_wh).astype(np.float32),
            np.array([number[box.label] for box in one.boxes], np.int64),
            size_wh,
        )


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture, from its header."""
    from PIL import Image

    with Image.open(path) as image:
        return image.size[0], image.size[1]


def into_picture(xyxy: Floats, one: Shown, size_wh: tuple[int, int]) -> Floats:
    """Boxes in pixels of the full picture → in pixels of the one that was made of it."""
    left, top, right, bottom = one.shown_xyxy
    factor = np.array(size_wh) / (right - left, bottom - top)
    found: Floats = (xyxy - np.array([left, top, left, top])) * np.tile(factor, 2)
    return found


def out_of_picture(xyxy: Floats, one: Shown, size_wh: tuple[int, int]) -> Floats:
    """The inverse of ``into_picture``."""
    left, top, right, bottom = one.shown_xyxy
    factor = np.array([right - left, bottom - top]) / size_wh
    found: Floats = xyxy * np.tile(factor, 2) + np.array([left, top, left, top])
    return found


def _by_video(frames: Iterable[Shown]) -> Iterator[Pictures]:
    """The frames of each video as one piece of work."""
    ordered = sorted(frames, key=lambda one: one.key)
    for video_no, group in groupby(ordered, key=lambda one: one.key[0]):
        picks = (Picture(one.key[1], f"{one.name}.jpg", one.blurs, one.region) for one in group)
        yield Pictures(video_no, tuple(picks))


def _take_over(other: Path, folder: Path, frames: Sequence[Shown], look: dict[str, Any]) -> None:
    told = _told(other)
    if told is None or {**told, "edited": None} != {**look, "edited": None}:
        return
    for one in frames:
        same = told["edited"].get(one.name) == look["edited"].get(one.name)
        if same and picture_of(other, one).is_file():
            second_name(picture_of(other, one), picture_of(folder, one))


def _told(folder: Path) -> dict[str, Any] | None:
    """How the pictures of a folder were made; None where it cannot be told."""
    try:
        found = json.loads((folder / LISTING).read_text("utf-8"))
        return found if isinstance(found.get("edited"), dict) else None
    except (OSError, ValueError, AttributeError):
        return None


def _edits(one: Shown) -> str:
    return hashlib.sha256(json.dumps([one.blurs, one.region]).encode()).hexdigest()
