"""Reads YOLO detection labels.

By hand: labelformat and ultralytics pass over bad lines with a warning, and take a picture without
a file for one with nothing in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.left_out import LeftOut
from framesel.annotation.outside.json_file import read_bytes
from framesel.annotation.outside.picture_files import Found, PictureFolder, files_below
from framesel.annotation.outside.xml_file import number, whole_number
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.annotation.yolo_places import CLASSES, label_files, labels_of
from framesel.annotation.yolo_yaml import Described, described, folder_within
from framesel.errors import LabelsError

DESCRIPTIONS = ("data.yaml", "dataset.yaml", "data.yml", CLASSES, f"labels/{CLASSES}")
MOST_MB = 16
TOLERANCE = 0.01
"""How far a share may lie outside of 0 to 1: what ultralytics takes too."""


@dataclass(frozen=True, slots=True)
class _Base:
    """Folders that belong together, from the dataset's folder on."""

    images: PurePosixPath
    labels: PurePosixPath
    split: str = ""


def sniff(path: Path) -> bool:
    """Whether it is a dataset's folder or its data.yaml; see ``formats.Reader``."""
    description = _description(path)
    if description is None:
        return False
    folder = _root(path)
    return (folder / "labels").is_dir() or any(folder.glob("*/labels"))


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads a dataset's folder, or the one of its data.yaml; see ``formats.Reader``.

    A picture without a file is not reviewed and does not come back; an empty file says that nothing
    is there. Of boxes nobody can say whether they are guesses that went out: ``reviewed`` is None.
    Polygons are left out. Sizes are those of the pictures beside the labels, or are asked for.

    Raises:
        LabelsError: A line has six columns or is none of this format, a class is not declared, a
            box lies outside, or nobody knows the size of a picture.
    """
    description = _description(path)
    if description is None:
        raise LabelsError(f"{path} has no data.yaml and no classes.txt: they name the classes")
    root = _root(path)
    known = described(description)
    bases = tuple(_bases(root, known))
    if not bases:
        raise LabelsError(f"{root} has no folder with labels beside {description.name}")
    left = LeftOut()
    pictures: list[LabelledPicture] = []
    for base in bases:
        pictures += _pictures(root, base, known.names, sizes, left)
    _note_strangers(root, bases, left)
    return Returned("yolo", known.names, tuple(pictures), left.lines)


def _description(path: Path) -> Path | None:
    if path.is_file():
        return path if path.name in DESCRIPTIONS or path.suffix in (".yaml", ".yml") else None
    return next((path / name for name in DESCRIPTIONS if (path / name).is_file()), None)


def _root(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _bases(root: Path, known: Described) -> Iterator[_Base]:
    if not known.splits:
        top = PurePosixPath("labels")
        found = [top] if (root / top).is_dir() else _one_deeper(root)
        yield from (_Base(labels.with_name("images"), labels) for labels in found)
        return
    seen = set()
    for split, entries in known.splits.items():
        for entry in entries:
            images = folder_within(entry)
            if images is None or "images" not in images.parts:
                images = PurePosixPath("images") / split
            # a folder, not a picture: what stands behind it is cut off again
            labels = PurePosixPath(labels_of(f"{images}/x")).parent
            base = _Base(images, labels, split)
            if base.labels not in seen and (root / base.labels).is_dir():
                seen.add(base.labels)
                yield base


def _one_deeper(root: Path) -> list[PurePosixPath]:
    return sorted(PurePosixPath(p.relative_to(root).as_posix()) for p in root.glob("*/labels"))


def _pictures(
    root: Path, base: _Base, names: Sequence[str], sizes: Sizes, left: LeftOut
) -> Iterator[LabelledPicture]:
    images = PictureFolder(root, root / base.images)
    for stem, file in label_files(root, base.images, base.labels, images):
        found = images.find(stem, sizes, str(file))
        before = left.count
        boxes = tuple(_boxes(file, names, found, left))
        yield LabelledPicture(
            name=found.name,
            boxes=boxes,
            width=found.size[0] if found.size else None,
            height=found.size[1] if found.size else None,
            # boxes may be guesses as they went out; an empty file was emptied by somebody
            reviewed=True if not boxes and left.count == before else None,
            sha256=found.sha256,
            split=base.split,
        )


def _boxes(file: Path, names: Sequence[str], found: Found, left: LeftOut) -> Iterator[Box]:
    try:
        lines = read_bytes(file, MOST_MB).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise LabelsError(f"{file} is no UTF-8 text (byte {error.start})") from None
    for no, line in enumerate(lines, 1):
        cells = line.split()
        where = f"{file}:{no}"
        if not cells:
            continue
        if len(cells) >= 7 and len(cells) % 2:
            left.add("a polygon or turned box, where boxes are asked for", where)
        else:
            box = _box(cells, where, names, found, left)
            if box is not None:
                yield box


def _box(
    cells: list[str], where: str, names: Sequence[str], found: Found, left: LeftOut
) -> Box | None:
    if len(cells) == 6:
        raise LabelsError(
            f"{where} has six columns: the sixth is a detector's confidence. Labels have five; "
            "take it away once a person has looked at the boxes"
        )
    if len(cells) != 5:
        raise LabelsError(f"{where} has {len(cells)} columns, not the five of a box")
    label = whole_number(cells[0], f"{where}: the class")
    if label >= len(names):
        raise LabelsError(f"{where}: there is no class {label}; the last one is {len(names) - 1}")
    shares = [number(cell, f"{where}: a coordinate") for cell in cells[1:]]
    if not all(-TOLERANCE <= share <= 1 + TOLERANCE for share in shares):
        raise LabelsError(f"{where}: coordinates must be shares from 0 to 1, not pixels")
    if found.size is None:
        raise LabelsError(
            f"{where}: nobody knows how large {found.name!r} is. Put the pictures into images/, "
            "beside labels/"
        )
    width, height = found.size
    x, y, w, h = shares
    box = Box(
        label=names[label],
        x1=(x - w / 2) * width,
        y1=(y - h / 2) * height,
        x2=(x + w / 2) * width,
        y2=(y + h / 2) * height,
    )
    return left.take(box, width, height, where)


def _note_strangers(root: Path, bases: Sequence[_Base], left: LeftOut) -> None:
    """Labels that the dataset does not count as its own."""
    if not (root / "labels").is_dir():
        return
    for file in files_below(root, root / "labels", (".txt",)):
        if not any(file.is_relative_to(root / base.labels) for base in bases):
            left.add("a file of labels in no folder that data.yaml names", str(file))
