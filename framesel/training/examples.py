"""Labelled pictures as a training sees them: frozen in a folder, so that it can be repeated.

data/images/NAME.jpg
data/labels/NAME.txt      YOLO's text: class, centre and size as shares of the picture, a box a line
data/examples.json        names in order, classes, sizes, digests; written last of all
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import StageError
from framesel.workspace import write_json

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]

LISTING = "examples.json"
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
SLACK = 1e-4  # by which a share may leave 0 to 1 through rounding
AGAIN = "Delete the folder and train again: it is written anew."


@dataclass(frozen=True, eq=False, slots=True)
class Example:
    """A labelled picture.

    Attributes:
        name: Of its files, without a suffix: letters, digits, dots, dashes and underscores.
        jpeg: Its bytes, or a file that is linked (copied where links are not possible).
        xyxy: (m, 4) corners in pixels of this picture; m = 0 is background.
        class_no: (m,) numbers of classes, from 0.
        size_wh: Pixels.
    """

    name: str
    jpeg: bytes | Path
    xyxy: F32
    class_no: I64
    size_wh: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Listed:
    """What the listing says of a picture: name, pixels, digests (sha256) of its two files."""

    name: str
    size_wh: tuple[int, int]
    picture: str
    labels: str


@dataclass(frozen=True, eq=False, slots=True)
class Labelled:
    """A frozen picture, read back.

    Attributes:
        name: As in ``Example``.
        path: Of the picture.
        size_wh: Pixels.
        xywh: (m, 4) centres and sizes as shares of the picture.
        class_no: (m,) from 0.
    """

    name: str
    path: Path
    size_wh: tuple[int, int]
    xywh: F32
    class_no: I64


@dataclass(frozen=True, slots=True)
class Frozen:
    """All labelled pictures of a training, in its order.

    Attributes:
        classes: Names, in the order of their numbers.
        pictures: At least one.
        digest: sha256 (hex) over classes, names, sizes and the bytes of all files.
    """

    classes: tuple[str, ...]
    pictures: tuple[Labelled, ...]
    digest: str

    def __len__(self) -> int:
        return len(self.pictures)


def freeze(folder: Path, examples: Iterable[Example], classes: tuple[str, ...]) -> int:
    """Freezes labelled pictures in a folder; what an earlier, killed call left there is replaced.

    Boxes are cut at the picture's border; what has no area then is left out.

    Args:
        folder: ``data/``; made if missing.
        examples: Taken one by one: they need not be in memory together.
        classes: Names, in the order of their numbers.

    Returns:
        How many pictures there are.

    Raises:
        StageError: There is none, two have the same name, or something in one makes no sense.
    """
    _check_classes(classes, folder)
    (folder / LISTING).unlink(missing_ok=True)
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    listed: dict[str, Listed] = {}
    for example in examples:
        if example.name.casefold() in listed:
            raise StageError(f"{folder}: two labelled pictures are called {example.name!r}")
        listed[example.name.casefold()] = _write_one(folder, example, len(classes))
    if not listed:
        raise StageError(f"{folder}: there is no labelled picture to train on. Label some first.")
    _sweep(folder, {one.name for one in listed.values()})
    rows = [asdict(one) for one in listed.values()]
    write_json(folder / LISTING, {"classes": list(classes), "pictures": rows})
    return len(listed)


def read(folder: Path) -> Frozen:
    """What was frozen in a folder, every file checked against its digest.

    Raises:
        StageError: A file is missing, was changed, or makes no sense; the message names it.
    """
    try:
        found = json.loads((folder / LISTING).read_text("utf-8"))
        classes = tuple(str(name) for name in found["classes"])
        rows = [_listed(row) for row in found["pictures"]]
    except FileNotFoundError:
        raise StageError(f"{folder}: nothing was frozen there ({LISTING} is missing)") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StageError(f"{folder / LISTING} is damaged ({error}). {AGAIN}") from None
    _check_classes(classes, folder)
    if not rows:
        raise StageError(f"{folder / LISTING} names no picture. {AGAIN}")
    pictures = tuple(_read_one(folder, row, len(classes)) for row in rows)
    about = json.dumps([classes, [asdict(row) for row in rows]])
    return Frozen(classes, pictures, hashlib.sha256(about.encode()).hexdigest())


def _listed(row: Any) -> Listed:
    width, height = row["size_wh"]
    return Listed(
        str(row["name"]), (int(width), int(height)), str(row["picture"]), str(row["labels"])
    )


def _check_classes(classes: tuple[str, ...], folder: Path) -> None:
    if not classes or len(set(classes)) != len(classes) or not all(classes):
        raise StageError(
            f"{folder}: the classes are {', '.join(map(repr, classes)) or 'none'}: at least one is "
            "needed, each with a name of its own"
        )


def _write_one(folder: Path, example: Example, classes: int) -> Listed:
    if not NAME.fullmatch(example.name):
        raise StageError(f"{folder}: {example.name[:60]!r} cannot be the name of a file")
    picture = folder / "images" / f"{example.name}.jpg"
    # What stands there may be linked elsewhere, so it is never written into.
    picture.unlink(missing_ok=True)
    if isinstance(example.jpeg, bytes):
        picture.write_bytes(example.jpeg)
    else:
        _link(example.jpeg, picture)
    text = _lines(example, classes, folder).encode()
    (folder / "labels" / f"{example.name}.txt").write_bytes(text)
    return Listed(
        example.name,
        example.size_wh,
        _digest(picture.read_bytes()),
        hashlib.sha256(text).hexdigest(),
    )


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            raise StageError(f"{source}: this labelled picture cannot be read ({error})") from error


def _lines(example: Example, classes: int, folder: Path) -> str:
    """``class x y w h`` of each box inside the picture."""
    if len(example.class_no) != len(example.xyxy) or not np.isfinite(example.xyxy).all():
        raise StageError(f"{folder}: the boxes of {example.name} are not four finite numbers each")
    if (
        len(example.class_no)
        and not 0 <= example.class_no.min() <= example.class_no.max() < classes
    ):
        raise StageError(
            f"{folder}: {example.name} has a box of class {example.class_no.max()}, but there are "
            f"{classes} classes"
        )
    size = np.array(example.size_wh, np.float64)
    corners = np.clip(example.xyxy.astype(np.float64).reshape(-1, 2, 2) / size, 0.0, 1.0)
    centre, extent = corners.mean(axis=1), corners[:, 1] - corners[:, 0]
    return "".join(
        f"{number} {x:.7f} {y:.7f} {w:.7f} {h:.7f}\n"
        for number, (x, y), (w, h) in zip(example.class_no, centre, extent, strict=True)
        if w * size[0] > SLACK and h * size[1] > SLACK
    )


def _sweep(folder: Path, names: set[str]) -> None:
    """Removes what an earlier call with other examples left."""
    for path in [*(folder / "images").iterdir(), *(folder / "labels").iterdir()]:
        if path.stem not in names:
            path.unlink()


def _read_one(folder: Path, row: Listed, classes: int) -> Labelled:
    if not NAME.fullmatch(row.name) or min(row.size_wh) < 1:
        raise StageError(f"{folder / LISTING} is damaged (at {row.name[:60]!r}). {AGAIN}")
    picture = folder / "images" / f"{row.name}.jpg"
    labels = folder / "labels" / f"{row.name}.txt"
    content = {}
    for path, digest in ((picture, row.picture), (labels, row.labels)):
        try:
            content[path] = path.read_bytes()
        except OSError as error:
            raise StageError(f"{path}: cannot be read ({error}). {AGAIN}") from error
        if _digest(content[path]) != digest:
            raise StageError(f"{path}: is not the file that was frozen. {AGAIN}")
    table = _parsed(content[labels].decode("utf-8", "replace"), labels, classes)
    return Labelled(
        row.name,
        picture,
        row.size_wh,
        table[:, 1:].astype(np.float32),
        table[:, 0].astype(np.int64),
    )


def _parsed(text: str, path: Path, classes: int) -> NDArray[np.float64]:
    """(m, 5) class, centre, size."""
    rows = []
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            row = [float(part) for part in line.split()]
        except ValueError:
            row = []
        inside = len(row) == 5 and all(-SLACK <= value <= 1 + SLACK for value in row[1:])
        if not inside or row[0] not in range(classes) or min(row[3:]) <= 0:
            raise StageError(
                f"{path}, line {number}: {line[:60]!r} is no box of one of {classes} classes. "
                f"{AGAIN}"
            )
        rows.append(row)
    return np.array(rows, np.float64).reshape(-1, 5)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
