"""Pictures that lie beside labels from outside: which there are, and how large they are."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path

from framesel.annotation.checks import checked_size
from framesel.annotation.files import safe_name
from framesel.annotation.formats import Sizes
from framesel.errors import LabelsError

ENDINGS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")
"""The first one is assumed where a picture is not there and nobody knows it."""

LARGEST_PIXELS = 1 << 28
TURNED = (5, 6, 7, 8)
"""Values of the EXIF orientation with which width and height change places."""

ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of a picture that a file of labels is about.

    Attributes:
        name: Of its file.
        size: Width and height in pixels; None where nobody knows.
        sha256: Of its file, in hex; empty where it is not there.
    """

    name: str
    size: tuple[int, int] | None
    sha256: str = ""


class PictureFolder:
    """The pictures below a folder, by their names without the ending."""

    def __init__(self, root: Path, folder: Path) -> None:
        """Lists them.

        Args:
            root: What lies outside of it is not looked at, whatever links there are.
            folder: May be missing.
        """
        self._folder = folder
        self._names: dict[str, list[str]] = {}
        for path in files_below(root, folder, ENDINGS):
            relative = path.relative_to(folder)
            stem = relative.with_suffix("").as_posix()
            self._names.setdefault(stem, []).append(relative.as_posix())

    @property
    def stems(self) -> Collection[str]:
        """Their names without the endings."""
        return self._names.keys()

    def find(self, stem: str, sizes: Sizes, where: str) -> Found:
        """Looks for the picture of a file of labels, here and then among those that are known.

        Args:
            stem: Its name without the ending.
            sizes: Asked where it is not here.
            where: File and place, for messages.

        Raises:
            LabelsError: Two pictures have that name, or it is damaged, or the name is none.
        """
        safe_name(stem, where)
        names = self._names.get(stem, [])
        if len(names) > 1:
            raise LabelsError(f"{where}: there are {names[0]!r} and {names[1]!r}: which is meant?")
        if names:
            path = self._folder / names[0]
            return Found(names[0], size_of(path), sha256_of(path))
        for ending in ENDINGS:
            size = sizes(stem + ending)
            if size is not None:
                return Found(stem + ending, size)
        return Found(stem + ENDINGS[0], None)


def files_below(root: Path, folder: Path, endings: tuple[str, ...]) -> Iterator[Path]:
    """The files with one of some endings in a folder and below, sorted.

    Links that lead out of ``root`` are passed over.
    """
    inside = root.resolve()
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() not in endings or not path.is_file():
            continue
        if path.resolve().is_relative_to(inside):
            yield path


def size_of(path: Path) -> tuple[int, int]:
    """Width and height of a picture as it is shown; only its header is read.

    Raises:
        LabelsError: It is no picture, or an absurdly large one.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # there is a limit of our own
            with Image.open(path, formats=("JPEG", "PNG", "BMP", "WEBP", "TIFF")) as image:
                width, height = image.size
                # of a PNG, exif that the header lacks is looked for behind the pixels
                header_only = image.format != "PNG" or "exif" in image.info
                if header_only and image.getexif().get(ORIENTATION) in TURNED:
                    width, height = height, width
    except (UnidentifiedImageError, Image.DecompressionBombError, ImportError) as error:
        raise LabelsError(f"{path} is no picture that can be read: {error}") from error
    except (OSError, SyntaxError, ValueError, EOFError, KeyError, TypeError) as error:
        raise LabelsError(f"{path} is a damaged picture: {error}") from error
    if width * height > LARGEST_PIXELS:
        raise LabelsError(f"{path} claims {width} x {height} pixels")
    return checked_size(width, height, str(path))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hex.

    Raises:
        LabelsError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error}") from error
