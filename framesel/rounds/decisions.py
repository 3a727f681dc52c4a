"""What a reviewer said of frames: one small file a decision, numbered, never changed.

A decision is written under a temporary name, synced, and linked to the next free number. A link
never replaces a file: of two writers that want the same number one gets it, the other takes the
next. What has its number is whole and stays; it is taken back by a later decision, an undo.
"""

from __future__ import annotations

import functools
import json
import os
import re
import stat
import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import filelock
import pyarrow as pa
from pydantic_core import from_json

from framesel import tables
from framesel.errors import WorkspaceError
from framesel.rounds.decision import FORMAT, Box, Decision, Key, Kind
from framesel.rounds.verdicts import Verdicts, standing, verdicts
from framesel.storage import working_copy
from framesel.workspace import Workspace, sync, write_bytes

__all__ = [
    "Box",
    "Decision",
    "Key",
    "Kind",
    "Verdicts",
    "append",
    "forget",
    "last",
    "read",
    "standing",
    "table",
    "verdicts",
]

_LARGEST_FILE = 1 << 20
_NAME = re.compile(r"[0-9]{8}\.json")
_MEND = "Restore it, or remove it to go on without what it says."


def append(workspace: Workspace, decision: Decision) -> Decision:
    """Writes a decision down. When this returns, it outlives a power cut.

    Returns:
        The decision with its number and time.
    """
    folder = _folder(workspace)
    if not folder.is_dir():
        folder.mkdir(exist_ok=True)
        sync(workspace.root)
    at = decision.at or datetime.now(UTC).isoformat(timespec="milliseconds")
    while True:
        no = last(workspace) + 1
        numbered = Decision.model_validate({**decision.model_dump(), "no": no, "at": at})
        if _published(folder / f"{no:08d}.json", numbered):
            return numbered


def last(workspace: Workspace) -> int:
    """The highest number that was given; 0 where nothing was said yet."""
    return max(_numbers(workspace), default=0)


def read(workspace: Workspace, after: int = 0) -> list[Decision]:
    """Everything that was said, in order.

    Args:
        workspace: Where.
        after: Leaves out this number and all before it.

    Raises:
        WorkspaceError: A file is damaged, or a newer framesel wrote it; the message names it.
    """
    numbers = {n for n in _numbers(workspace) if n > after}
    # a listing that was made while files came may hold a later one and not an earlier one
    missing = set(range(after + 1, max(numbers))) - numbers if numbers else set()
    numbers |= {n for n in missing if _path(workspace, n).exists()}
    return [_one(_path(workspace, n), n) for n in sorted(numbers)]


def forget(workspace: Workspace, video_no: int) -> list[Path]:
    """Removes what was said of a video's frames, and its frames as replacements.

    The numbers stay taken: an undo of nothing stands there.

    Returns:
        The files that were rewritten.
    """
    touched = []
    for decision in read(workspace):
        path = _path(workspace, decision.no)
        if decision.video_no == video_no:
            gone = {"kind": "undo", "undoes": 0, "video_no": None, "pts": None}
            gone |= {"text": "", "box": None, "row": None}
            write_bytes(path, _bytes(decision.model_copy(update=gone)))
        elif decision.row is not None and decision.row["video_no"] == video_no:
            write_bytes(path, _bytes(decision.model_copy(update={"row": None})))
        else:
            continue
        touched.append(path)
    return touched


def table(decisions: Iterable[Decision]) -> pa.Table:
    """Decisions as ``tables.DECISIONS``, a row each."""
    said = list(decisions)
    stand = {d.no for d in standing(said)}
    rows = [
        {
            **d.model_dump(exclude={"format", "box", "row"}),
            **dict(zip(("x1", "y1", "x2", "y2"), d.box or (None,) * 4, strict=True)),
            "row": None if d.row is None else json.dumps(d.row, ensure_ascii=False),
            "stands": d.no in stand,
        }
        for d in said
    ]
    return pa.Table.from_pylist(rows, schema=tables.DECISIONS)


def _folder(workspace: Workspace) -> Path:
    return workspace.root / "decisions"


def _path(workspace: Workspace, no: int) -> Path:
    return _folder(workspace) / f"{no:08d}.json"


def _numbers(workspace: Workspace) -> list[int]:
    try:
        names = [path.name for path in _folder(workspace).iterdir()]
    except FileNotFoundError:
        return []
    return [int(name[:8]) for name in names if _NAME.fullmatch(name)]


def _one(path: Path, no: int) -> Decision:
    """Reads one file."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > _LARGEST_FILE:
        raise WorkspaceError(f"{path} is damaged (it is no small file). {_MEND}")
    return _parsed(path, no, (found.st_ino, found.st_size, found.st_mtime_ns))


@functools.lru_cache(maxsize=20_000)
def _parsed(path: Path, no: int, version: tuple[int, int, int]) -> Decision:
    """Reads one file; nothing in it is believed.

    A desk replays everything at each step; what a file says is looked at once. ``version`` tells
    one that was rewritten.
    """
    del version
    content = path.read_bytes()
    try:
        found = from_json(content)
        written = found.get("format") if isinstance(found, dict) else None
        if isinstance(written, int) and written > FORMAT:
            raise WorkspaceError(
                f"{path} has format {written}; this framesel reads format {FORMAT}. "
                "Use the framesel that wrote it, or update this one."
            )
        decision = Decision.model_validate_json(content, strict=True)
    except ValueError as error:
        raise WorkspaceError(f"{path} is damaged ({_short(error)}). {_MEND}") from None
    if decision.no != no or not decision.at:
        said = f"it says that it is number {decision.no}"
        raise WorkspaceError(f"{path} is damaged ({said}). {_MEND}")
    return decision


def _short(error: ValueError) -> str:
    """The first complaint, on one line, without what the file holds."""
    complaints = getattr(error, "errors", None)
    if complaints is None:
        return str(error)
    first = complaints(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])


def _bytes(decision: Decision) -> bytes:
    text = json.dumps(decision.model_dump(), ensure_ascii=False, allow_nan=False, sort_keys=True)
    return (text + "\n").encode("utf-8")


def _published(path: Path, decision: Decision) -> bool:
    """Writes a file unless its name is taken; says whether it did."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_bytes(decision))
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        _link(temporary, path)
        working_copy.sent(path, path)
    except FileNotFoundError:  # a run that starts sweeps temporary files away, this one too
        return False
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)
    return True


def _link(temporary: Path, path: Path) -> None:
    """Gives a file a second name unless that is taken (FileExistsError)."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        # a network file system may answer so to its own second try
        if not path.samefile(temporary):
            raise
    except FileNotFoundError:
        raise
    except OSError:  # a file system without hard links, such as that of a memory stick
        with filelock.FileLock(path.parent / ".lock"):
            if path.exists():
                raise FileExistsError(path) from None
            temporary.rename(path)
