"""From what a user names (files, folders, globs, lists) to the files that are meant."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from framesel.errors import UsageError

VIDEO_SUFFIXES = frozenset(
    ".264 .265 .3g2 .3gp .asf .avi .divx .dv .f4v .flv .h264 .h265 .hevc .ivf .m2t .m2ts .m2v .m4v "
    ".mjpeg .mjpg .mkv .mov .mp4 .mpeg .mpg .mts .mxf .nut .obu .ogv .ts .vob .webm .wmv "
    ".y4m".split()
)
IMAGE_SUFFIXES = frozenset(".bmp .jpeg .jpg .png .tif .tiff .webp".split())
LIST_SUFFIXES = frozenset({".txt", ".lst"})


def expand(sources: Sequence[str], *, sequence: bool = False) -> list[Path]:
    """Finds the files that the sources mean, each once, in natural order.

    A folder is searched recursively for videos and images by suffix; hidden entries, links to
    folders and workspaces are passed by. A glob matches files and folders. A text list holds a
    path or glob per line, relative to the list; what it names is taken even if it does not exist,
    and becomes an error row. A file that is named outright is taken whatever its suffix.

    Args:
        sources: What the user wrote.
        sequence: A folder of images is one video (its folder is returned), not many stills.

    Raises:
        UsageError: Some sources do not exist or match nothing; all of them are named.
    """
    found: dict[Path, None] = {}
    missing: list[str] = []
    for source in sources:
        files = list(_one(source, sequence=sequence))
        if not files:
            missing.append(source)
        found.update(dict.fromkeys(files))
    if missing:
        raise UsageError(
            "no videos or images in: "
            + ", ".join(repr(m) for m in missing)
            + ". Check the path; a glob must be quoted, a folder must hold files with a known "
            "suffix, a list must hold one path per line."
        )
    return sorted(found, key=natural_key)


def plain(path: Path) -> Path:
    """An absolute path without ``..``; links are followed only where ``..`` must be resolved."""
    path = path.expanduser()
    return path.resolve() if ".." in path.parts else path.absolute()


def natural_key(path: Path) -> tuple[tuple[int, int, str], ...]:
    """Sorts ``clip2`` before ``clip10``."""
    pieces = re.split(r"(\d+)", str(path))
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in pieces if p)


def _one(source: str, *, sequence: bool) -> Iterator[Path]:
    path = plain(Path(source))
    if path.is_dir():
        yield from _folder(path, sequence=sequence)
    elif path.suffix.lower() in LIST_SUFFIXES and path.is_file():
        yield from _list(path, sequence=sequence)
    elif path.is_file():
        yield path
    else:
        yield from _glob(source, sequence=sequence)


def _glob(pattern: str, *, sequence: bool) -> Iterator[Path]:
    for match in glob.iglob(str(Path(pattern).expanduser()), recursive=True):
        path = plain(Path(match))
        if path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES:
            yield path
        elif path.is_dir() and not pattern.rstrip("/").endswith("**"):
            yield from _folder(path, sequence=sequence)


def _list(path: Path, *, sequence: bool) -> Iterator[Path]:
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a UTF-8 text list ({error}).") from None
    for line in (raw.strip() for raw in lines):
        if not line or line.startswith("#"):
            continue
        target = plain(path.parent / Path(line).expanduser())
        if target.is_dir():
            yield from _folder(target, sequence=sequence)
        elif glob.has_magic(line) and not target.exists():
            yield from _glob(str(target), sequence=sequence)
        else:
            yield target


def _folder(root: Path, *, sequence: bool) -> Iterator[Path]:
    for folder, names, files in os.walk(root):
        here = Path(folder)
        if "workspace.json" in files:
            names.clear()  # never choose from what was chosen
            continue
        names[:] = sorted(n for n in names if not n.startswith("."))
        media = [here / f for f in files if not f.startswith(".")]
        yield from (p for p in media if p.suffix.lower() in VIDEO_SUFFIXES)
        yield from _pictures(here, media, sequence=sequence)


def _pictures(folder: Path, media: Iterable[Path], *, sequence: bool) -> Iterator[Path]:
    images = [p for p in media if p.suffix.lower() in IMAGE_SUFFIXES]
    if sequence and images:
        yield folder
    else:
        yield from images
