"""The formats of annotation tools: what each is called, and where its code is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final, Protocol, cast

from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Sheet
from framesel.errors import UsageError

Sizes = Callable[[str], tuple[int, int] | None]
"""Gives a picture's width and height by its name; None where that is not known."""


def no_sizes(name: str) -> tuple[int, int] | None:
    """Knows the size of no picture."""
    return None


class Writer(Protocol):
    """Code that writes a format."""

    def write(self, sheet: Sheet, folder: Path) -> None:
        """Writes a sheet into a folder that is empty or holds what a killed write left.

        Pictures are hard links to those of the sheet (``files.link``). Memory does not grow with
        the number of pictures. The same sheet gives the same bytes.
        """


class Reader(Protocol):
    """Code that reads a format."""

    def sniff(self, path: Path) -> bool:
        """Whether a file or folder looks like this format. Reads little and raises nothing."""

    def read(self, path: Path, sizes: Sizes = no_sizes) -> Returned:
        """Reads all labels.

        Args:
            path: A file or folder, as the format has it.
            sizes: Asked where the format needs a picture's size and holds neither that nor the
                picture.

        Raises:
            LabelsError: Anything at all is wrong with it; the message names file and place.
        """


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: As users write it.
        says: What it is, for people.
        module: Under ``framesel.annotation``.
        writes: Whether there is a ``write``.
        reads: Whether there are ``sniff`` and ``read``.
        digits_px: A box comes back within this many pixels of a picture 1000 pixels wide.
    """

    name: str
    says: str
    module: str
    writes: bool = True
    reads: bool = True
    digits_px: float = 0.01

    @property
    def writer(self) -> Writer:
        """The code that writes it."""
        return cast(Writer, import_module(f"framesel.annotation.{self.module}"))

    @property
    def reader(self) -> Reader:
        """The code that reads it."""
        return cast(Reader, import_module(f"framesel.annotation.{self.module}"))


FORMATS: Final = {
    f.name: f
    for f in (
        Format("cvat", "CVAT for images 1.1", "cvat.images"),
        Format("cvat-video", "CVAT for video 1.1: boxes as tracks", "cvat.video"),
        Format("label-studio", "Label Studio tasks and labeling interface", "label_studio"),
        Format("coco", "COCO detection", "coco"),
        Format("yolo", "Ultralytics YOLO detection", "yolo"),
        Format("voc", "Pascal VOC", "voc"),
        Format("kitti", "KITTI object detection", "kitti"),
        Format("labelbox", "Labelbox export v2, NDJSON", "labelbox"),
        Format("fiftyone", "FiftyOne image detection dataset", "fiftyone"),
        Format("csv", "a row per box: video, index, label, x, y, w, h", "csv_boxes"),
        Format("mot", "MOT challenge ground truth", "mot", writes=False),
    )
}
"""By name. ``sniff`` is asked in this order."""


def format_named(name: str) -> Format:
    """Looks a format up.

    Raises:
        UsageError: There is none of that name.
    """
    if name not in FORMATS:
        raise UsageError(f"there is no format {name!r}; known are {', '.join(FORMATS)}")
    return FORMATS[name]


def format_of(path: Path) -> Format:
    """Which format a file or folder has.

    Raises:
        UsageError: None that is known, or several.
    """
    found = [f for f in FORMATS.values() if f.reads and f.reader.sniff(path)]
    if len(found) == 1:
        return found[0]
    said = (
        f"looks like {' and like '.join(f.name for f in found)}"
        if found
        else "is of no known format"
    )
    known = ", ".join(f.name for f in FORMATS.values() if f.reads)
    raise UsageError(f"{path} {said}: name it with --format ({known})")
