"""Zip files from outside: unpacked into a private folder, or refused as a whole."""

from __future__ import annotations

import lzma
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from framesel.annotation.files import safe_name
from framesel.errors import LabelsError

MOST_MEMBERS = 500_000
"""Twice a hundred thousand pictures with a label file each, and room."""

LARGEST_RATIO = 200
"""Label files shrink to a thirtieth at best; a bomb to a thousandth."""

SMALL_BYTES = 64 << 20
"""Up to here the ratio does not matter."""

RUBBISH = ("__MACOSX", ".DS_Store", "Thumbs.db")
"""What file managers add to every archive."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What damaged or unusual archives raise in the standard library."""


@contextmanager
def opened(path: Path) -> Iterator[Path]:
    """A folder or file as it is; a zip as a private folder that is gone afterwards.

    Nothing is unpacked before every member was looked at.

    Raises:
        LabelsError: The zip is damaged, encrypted, a bomb, or has members that climb out, are links
            or stand in it twice.
    """
    if path.is_dir() or not _is_zip(path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="framesel-labels-") as name:
        # some formats name a video by its folder, and then an archive by its own name
        folder = Path(name) / (path.stem if path.stem.strip(".") else "labels")
        folder.mkdir(mode=0o700)
        _unpack(path, folder)
        try:
            yield folder
        except LabelsError as error:
            # people know the archive, not the folder that it was unpacked to
            raise LabelsError(str(error).replace(str(folder), str(path))) from error


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip" or zipfile.is_zipfile(path)


def _unpack(path: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            for member, name in _checked(archive, path, folder):
                target = folder / name
                if member.is_dir():
                    target.mkdir(parents=True, exist_ok=True)
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(member) as source, target.open("xb") as copy:
                    _copy(source, copy, member.file_size)
    except _BROKEN as error:
        raise LabelsError(f"{path} cannot be unpacked: {error}") from error


def _copy(source: IO[bytes], copy: IO[bytes], size: int) -> None:
    """Copies a member, and never more of it than the archive's directory says."""
    shutil.copyfileobj(source, copy)
    if copy.tell() != size:
        raise zipfile.BadZipFile("a member is not as long as the directory says")


def _checked(
    archive: zipfile.ZipFile, path: Path, folder: Path
) -> list[tuple[zipfile.ZipInfo, str]]:
    """The members worth unpacking with their names, after all of them were looked at."""
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise LabelsError(f"{path} has {len(members)} members; at most {MOST_MEMBERS} are taken")
    total = sum(member.file_size for member in members)
    if total > max(SMALL_BYTES, LARGEST_RATIO * path.stat().st_size):
        raise LabelsError(
            f"{path} would unpack to {total / 1e6:.0f} MB, more than {LARGEST_RATIO} times its "
            "size: it is a bomb, or unpack it yourself and give the folder"
        )
    free = shutil.disk_usage(folder).free
    if total > free:
        raise LabelsError(
            f"{path} needs {total / 1e6:.0f} MB where only {free / 1e6:.0f} MB are free: "
            "set TMPDIR to a folder on a larger disk"
        )
    found: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        name = _checked_name(member, path)
        if name in found:
            raise LabelsError(f"{path}: the member {name[:80]!r} stands in it twice")
        found[name] = member
    return [(m, name) for name, m in found.items() if not set(Path(name).parts) & set(RUBBISH)]


def _checked_name(member: zipfile.ZipInfo, path: Path) -> str:
    name = safe_name(member.filename, f"{path}: a member of the archive")
    mode = stat.S_IFMT(member.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise LabelsError(f"{path}: the member {name[:80]!r} is a link or a device, not a file")
    if member.flag_bits & 0x1:
        raise LabelsError(f"{path} is encrypted: unpack it yourself and give the folder")
    return name
