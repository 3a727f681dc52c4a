"""What comes back from an annotation tool, before anyone has looked up whose frames they are."""

from __future__ import annotations

from dataclasses import dataclass

from framesel.annotation.sheet import Box


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One annotator's word on one picture.

    A picture is named by at least one of: ``name``, ``key``, or ``video`` with ``index``.

    Attributes:
        name: Its file's name as the tool knows it; may carry folders.
        boxes: What is in it, in pixels of the picture.
        width: In pixels; None where the format does not say.
        height: In pixels.
        reviewed: Whether the annotator is done with it, so that no boxes means that nothing is in
            it; None where the format cannot say.
        annotator: Who; empty where the format does not say.
        key: ``VIDEO_NO:PTS``, where the format carried it there and back.
        video: Name or path of the video, for formats that name frames by number.
        index: Number of the frame in that video, from 0.
        sha256: Of the picture's file in hex, where the format carried it or holds the picture.
        seconds: That the annotator spent on it.
        at: When, ISO 8601; empty where that is not said.
        split: Of the dataset that it came in.
    """

    name: str
    boxes: tuple[Box, ...]
    width: int | None = None
    height: int | None = None
    reviewed: bool | None = None
    annotator: str = ""
    key: str = ""
    video: str = ""
    index: int | None = None
    sha256: str = ""
    seconds: float | None = None
    at: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True)
class Returned:
    """All that one file or folder of labels says.

    Attributes:
        format: Name of its format.
        classes: Names that it declares, in the order of its numbers.
        pictures: Every annotator's word on every picture.
        left: What was not taken, and why, a line each: polygons, tags and the like. Never boxes.
    """

    format: str
    classes: tuple[str, ...]
    pictures: tuple[LabelledPicture, ...]
    left: tuple[str, ...] = ()
