"""Proof that each picture that was handed over is the frame that it claims to be."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from framesel import table_files
from framesel.errors import UsageError, WorkspaceError
from framesel.handover.exporting import MARKER, marker_of
from framesel.handover.handed import Handed, handovers
from framesel.rounds import state
from framesel.verify import Check, verify, verify_pictures
from framesel.workspace import Workspace

SUFFIXES = (".jpg", ".png")


def verify_all(workspace: Workspace) -> Iterator[Check]:
    """Checks the pictures of all rounds and all handovers; what went out twice is checked once.

    Raises:
        WorkspaceError: Nothing was exported, or a handover is damaged.
    """
    folders = [this.folder(workspace) / "export" for this in state.rounds(workspace)]
    folders = [folder for folder in folders if (folder / "picks.parquet").exists()]
    handed = handovers(workspace)
    if folders or not handed:
        yield from verify(workspace)
    seen: set[_Claim] = set()
    for folder in folders:
        columns = ["video_no", "pts", "image"]
        picks = table_files.read(folder / "picks.parquet", columns=columns)
        seen |= {_claim(folder / "images", row) for row in picks.to_pylist()}
    for one in handed:
        images = one.folder / "images"
        rows = {_claim(images, row): row for row in _rows(one)}
        new = [row for claim, row in rows.items() if claim not in seen]
        yield from verify_pictures(workspace, images, new)
        seen |= set(rows)


def verify_folder(workspace: Workspace, out: Path) -> Iterator[Check]:
    """Checks every picture in an exported folder, those of all formats.

    A format that holds pictures must hold all that are to be labelled, and no others.

    Raises:
        UsageError: The folder is no export.
        WorkspaceError: It is not of this workspace.
    """
    handed, formats = _handed(workspace, out)
    found = _Found.below(out, formats)
    claims = {row["image"]: row for row in _rows(handed)}
    labelled = [name for name, row in claims.items() if row["rank"]]
    for path in found.strange(claims):
        yield Check(path, "", 0, "wrong", 0.0, f"handover {handed.no} has no such picture")
    for name, where in found.missing(labelled):
        row = claims[name]
        yield Check(name, row["video"], row["pts"], "missing", 0.0, f"it is not in {where}")
    rows = [{**claims[name], "image": path} for name, path in found.distinct if name in claims]
    yield from verify_pictures(workspace, out, rows)


_Claim = tuple[tuple[int, int], int, int]
"""A file, and the frame that it should be: (inode, video_no, pts)."""


def _claim(images: Path, row: dict[str, Any]) -> _Claim:
    return (_inode(images / row["image"]), row["video_no"], row["pts"])


def _handed(workspace: Workspace, out: Path) -> tuple[Handed, list[str]]:
    """The handover that a folder holds, and in which formats."""
    told = marker_of(out)
    if told is None:
        raise UsageError(f"{out} is no exported folder: it has no {MARKER} that makes sense")
    for one in handovers(workspace):
        if (one.no, one.identity) == (told["handover"], told["identity"]):
            return one, list(told["formats"])
    raise WorkspaceError(
        f"{out} holds handover {told['handover']} of another workspace than {workspace.root}"
    )


def _rows(handed: Handed) -> list[dict[str, Any]]:
    """What each picture claims; those that could not be made claim nothing."""
    columns = ["name", "video_no", "pts", "index", "video", "rank", "blurs", "sha256"]
    rows = handed.table().select(columns).to_pylist()
    return [{**row, "image": row["name"]} for row in rows if row["sha256"]]


@dataclass
class _Found:
    """Pictures below an exported folder.

    Attributes:
        formats: Names of the pictures in each format's folder.
        distinct: (name, path below the folder) of every picture, equal files once.
    """

    formats: dict[str, set[str]] = field(default_factory=dict)
    distinct: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def below(cls, out: Path, formats: Sequence[str]) -> _Found:
        """Looks through the folders of some formats."""
        found, contents = cls(), set()
        digests: dict[tuple[int, int], str] = {}
        for one in formats:
            paths = [p for p in sorted((out / one).rglob("*")) if _is_picture(p)]
            found.formats[one] = {p.name for p in paths}
            for path in paths:
                inode = _inode(path)
                if inode not in digests:
                    digests[inode] = hashlib.sha256(path.read_bytes()).hexdigest()
                if (path.name, digests[inode]) not in contents:
                    contents.add((path.name, digests[inode]))
                    found.distinct.append((path.name, path.relative_to(out).as_posix()))
        return found

    def strange(self, claims: dict[str, dict[str, Any]]) -> Iterator[str]:
        """Paths of pictures that nobody handed over."""
        return (path for name, path in self.distinct if name not in claims)

    def missing(self, labelled: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(name, format) of pictures that a format lacks which has others."""
        for one, names in self.formats.items():
            if names:
                yield from ((name, one) for name in labelled if name not in names)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _inode(path: Path) -> tuple[int, int]:
    """What two names of one file have in common; of a file that is gone, nothing."""
    try:
        about = path.stat()
    except OSError:
        return (-1, hash(path))
    return (about.st_dev, about.st_ino)
