"""What goes to an annotation tool: pictures with what is known and guessed of them.

Boxes are in pixels of the full-resolution picture, edges and not pixel numbers: the whole picture
is ``(0, 0, width, height)``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Split = Literal["", "train", "val", "test"]


@dataclass(frozen=True, slots=True)
class Class:
    """A label that an annotator may give.

    Attributes:
        name: As people read it; see ``classes.checked_name``.
        color: ``#rrggbb``.
        feeds: The detector's classes whose boxes are guesses at this one.
    """

    name: str
    color: str
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """One object in one picture.

    Attributes:
        label: Name of its class.
        x1: Left edge, in pixels of the picture.
        y1: Upper edge.
        x2: Right edge, more than ``x1``.
        y2: Lower edge, more than ``y1``.
        score: The detector's confidence, 0 to 1; None for what a person drew.
        source: Who drew it: ``auto`` (a detector), ``manual`` (a person), ``semi-auto`` (a person
            changed a detector's), or empty where that is not known.
        track: Number of the object through a video; None where objects are not followed.
        occluded: Partly hidden; None where that was not said.
        truncated: Cut off by the picture's edge; None where that was not said.
    """

    label: str
    x1: float
    y1: float
    x2: float
    y2: float
    score: float | None = None
    source: str = ""
    track: int | None = None
    occluded: bool | None = None
    truncated: bool | None = None

    @property
    def xyxy(self) -> tuple[float, float, float, float]:
        """Its edges."""
        return (self.x1, self.y1, self.x2, self.y2)


@dataclass(frozen=True, slots=True)
class Picture:
    """One frame that is handed out, or one that gives context to such a frame.

    Attributes:
        name: Its file's name: a relative POSIX path below ``Sheet.images``, the same in every
            format, unique in the sheet.
        width: In pixels.
        height: In pixels.
        boxes: Guesses, or labels.
        video_no: Number of its video in the catalog.
        pts: Its frame's time in the stream's time base: with ``video_no`` its identity.
        index: Number of the frame in its video, from 0.
        t_s: Seconds from the video's beginning.
        video: Name of the video, with as many folders as tell it from others.
        sha256: Of the picture's file, in hex.
        rank: From 1, the most informative first; 0 for context.
        score: How informative, 0 to 1, more is more; None where that is not known.
        reason: Why it was chosen, in words.
        context_of: Name of the picture that this one gives context to: it is not to be labelled.
            Empty for what is to be labelled.
        split: Where it belongs in a dataset for training; empty in what is to be labelled.
        fields: More that is known of it, name to text.
    """

    name: str
    width: int
    height: int
    boxes: tuple[Box, ...] = ()
    video_no: int = -1
    pts: int = -1
    index: int = -1
    t_s: float = 0.0
    video: str = ""
    sha256: str = ""
    rank: int = 0
    score: float | None = None
    reason: str = ""
    context_of: str = ""
    split: Split = ""
    fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """``VIDEO_NO:PTS``, the frame's identity as a text."""
        return f"{self.video_no}:{self.pts}"


class Pictures(Collection[Picture]):
    """Pictures that may be gone through again and again, and need not all be in memory."""

    def of_context(self, name: str) -> tuple[Picture, ...]:
        """The pictures that give context to one, in order of time."""
        return tuple(p for p in self if p.context_of == name)


@dataclass(frozen=True)
class InMemory(Pictures):
    """Pictures as a tuple."""

    items: tuple[Picture, ...]

    def __iter__(self) -> Iterator[Picture]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def __contains__(self, item: object) -> bool:
        return item in self.items


@dataclass(frozen=True)
class Sheet:
    """All that one export hands over.

    Attributes:
        title: Of the task or project in the tool.
        purpose: ``label``: people will draw or correct boxes, boxes are guesses. ``train``: boxes
            are labels, and ``Picture.split`` is set.
        classes: What may be drawn, in the order of their numbers (from 0).
        pictures: By rank; the pictures of context behind the picture that they belong to.
        images: Folder that holds their files.
        guesses: Whether boxes are handed over where the purpose is to label.
    """

    title: str
    purpose: Literal["label", "train"]
    classes: tuple[Class, ...]
    pictures: Pictures
    images: Path
    guesses: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return tuple(c.name for c in self.classes)
