"""From what a user names (files, folders, globs, lists, here or in a store) to what is meant."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from framesel.errors import UsageError
from framesel.storage.place import Place, RemotePath, place
from framesel.storage.store import is_url
from framesel.storage.walking import matching, walk

VIDEO_SUFFIXES = frozenset(
    ".264 .265 .3g2 .3gp .asf .avi .divx .dv .f4v .flv .h264 .h265 .hevc .ivf .m2t .m2ts .m2v .m4v "
    ".mjpeg .mjpg .mkv .mov .mp4 .mpeg .mpg .mts .mxf .nut .obu .ogv .ts .vob .webm .wmv "
    ".y4m".split()
)
IMAGE_SUFFIXES = frozenset(".bmp .jpeg .jpg .png .tif .tiff .webp".split())
LIST_SUFFIXES = frozenset({".txt", ".lst"})


WORKSPACE = "workspace.json"
"""What marks a workspace: nothing is chosen from what was chosen."""


def expand(sources: Sequence[str], *, sequence: bool = False) -> list[Place]:
    """Finds the files that the sources mean, each once, in natural order.

    A folder is searched recursively for videos and images by suffix; hidden entries, links to
    folders and workspaces are passed by. A glob matches files and folders. A text list holds a
    path or glob per line, relative to the list; what it names is taken even if it does not exist,
    and becomes an error row. A file that is named outright is taken whatever its suffix. All of
    them may be URLs of an object store.

    Args:
        sources: What the user wrote.
        sequence: A folder of images is one video (its folder is returned), not many stills.

    Raises:
        UsageError: Some sources do not exist or match nothing; all of them are named.
        StorageError: An object store cannot be reached.
    """
    found: dict[Place, None] = {}
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


def absolute(text: str) -> Place:
    """What a text names, so that it means the same in every folder: see `plain`.

    Raises:
        UsageError: A URL that holds credentials.
    """
    named = place(text)
    return plain(named) if isinstance(named, Path) else named


def natural_key(path: Place) -> tuple[tuple[int, int, str], ...]:
    """Sorts ``clip2`` before ``clip10``."""
    pieces = re.split(r"(\d+)", str(path))
    return tuple((0, int(p), p) if p.isdecimal() else (1, 0, p) for p in pieces if p)


def _one(source: str, *, sequence: bool) -> Iterator[Place]:
    if is_url(source):
        yield from _remote(source, sequence=sequence)
        return
    path = plain(Path(source))
    if path.is_dir():
        yield from _folder(path, sequence=sequence)
    elif path.suffix.lower() in LIST_SUFFIXES and path.is_file():
        yield from _list(path, sequence=sequence)
    elif path.is_file():
        yield path
    else:
        yield from _glob(source, sequence=sequence)


def _remote(source: str, *, sequence: bool) -> Iterator[Place]:
    path = place(source)
    assert isinstance(path, RemotePath)
    try:
        if glob.has_magic(path.url):
            yield from _matches(matching(path.url), path.url, sequence=sequence)
        elif path.is_dir():
            yield from _folder(path, sequence=sequence)
        elif path.suffix.lower() in LIST_SUFFIXES and path.is_file():
            yield from _list(path, sequence=sequence)
        elif path.is_file():
            yield path
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error}).") from error


def _glob(pattern: str, *, sequence: bool) -> Iterator[Place]:
    matches = glob.iglob(str(Path(pattern).expanduser()), recursive=True)
    return _matches((plain(Path(m)) for m in matches), pattern, sequence=sequence)


def _matches(paths: Iterable[Place], pattern: str, *, sequence: bool) -> Iterator[Place]:
    for path in paths:
        if path.is_file() and path.suffix.lower() in VIDEO_SUFFIXES | IMAGE_SUFFIXES:
            yield path
        elif path.is_dir() and not pattern.rstrip("/").endswith("**"):
            yield from _folder(path, sequence=sequence)


def _list(path: Place, *, sequence: bool) -> Iterator[Place]:
    try:
        with path.open("rb") as file:
            lines = file.read().decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a UTF-8 text list ({error}).") from None
    for line in (raw.strip() for raw in lines):
        if not line or line.startswith("#"):
            continue
        target = _beside(path, line)
        if target.is_dir():
            yield from _folder(target, sequence=sequence)
        elif glob.has_magic(line) and not target.exists():
            yield from _one(str(target), sequence=sequence)
        else:
            yield target


def _beside(path: Place, line: str) -> Place:
    """What a line of a list names."""
    if is_url(line):
        return absolute(line)
    if isinstance(path, RemotePath):
        return path.parent / line
    return plain(path.parent / Path(line).expanduser())


def _folder(root: Place, *, sequence: bool) -> Iterator[Place]:
    folders = _walk(root) if isinstance(root, Path) else walk(root, WORKSPACE)
    for here, files in folders:
        yield from (p for p in files if p.suffix.lower() in VIDEO_SUFFIXES)
        yield from _pictures(here, files, sequence=sequence)


def _walk(root: Path) -> Iterator[tuple[Path, list[Path]]]:
    for folder, names, files in os.walk(root):
        here = Path(folder)
        if WORKSPACE in files:
            names.clear()
            continue
        names[:] = sorted(n for n in names if not n.startswith("."))
        yield here, [here / f for f in files if not f.startswith(".")]


def _pictures(folder: Place, media: Iterable[Place], *, sequence: bool) -> Iterator[Place]:
    images = [p for p in media if p.suffix.lower() in IMAGE_SUFFIXES]
    if sequence and images:
        yield folder
    else:
        yield from images
