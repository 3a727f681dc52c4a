"""A folder of this machine that stands for a folder of an object store, whose files are the truth.

A file is put into the store before it gets its final name here, so what has its final name here is
there. Small files are fetched when the copy is brought up to date; of a stage's tables only their
size is, and a file of zeros holds their place until somebody reads them (``readable``).

Copies lie in the user's cache folder, or where ``FRAMESEL_CACHE`` says; one may be removed whenever
nobody works in it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from framesel.storage import store
from framesel.storage.held import Held, HeldFile
from framesel.storage.place import RemotePath
from framesel.storage.remote_file import RemoteFile

_AT_ONCE: Final = 8
_AT_ONCE_BYTES: Final = 1 << 20
"""Tables up to this size are fetched with the small files."""

_MAGIC: Final = b"PAR1"
"""What a Parquet file ends with, and what holds its place does not."""

_OURS: Final = frozenset({"framesel.log"})
"""What each machine has for itself, beside hidden files."""

opened: Final[list[Path]] = []
"""Working copies that this process asked for."""


class _Copy(NamedTuple):
    """A working copy.

    Attributes:
        root: Its folder.
        url: What it is a copy of.
    """

    root: Path
    url: str

    def url_of(self, path: Path) -> str:
        return f"{self.url}/{path.relative_to(self.root).as_posix()}"


def folder(url: str) -> Path:
    """The working copy of a folder of a store, brought up to date.

    Raises:
        UsageError: The URL holds credentials.
        StorageError: The store cannot be reached.
    """
    url = store.checked(url)
    root = _cache() / hashlib.sha256(url.encode()).hexdigest()[:16]
    root.mkdir(parents=True, exist_ok=True)
    root.with_suffix(".url").write_text(url, "utf-8")
    pull(root)
    if root not in opened:
        opened.append(root)
    return root


def url_of(root: Path) -> str | None:
    """What a folder is a working copy of, if it is one."""
    copy = _copy_of(root)
    return None if copy is None else copy.url


def pull(root: Path) -> None:
    """Brings a working copy up to date; any other folder is left as it is."""
    copy = _copy_of(root)
    if copy is None:
        return
    held = Held.read(copy.root)
    there = _listed(copy)
    wanted = [name for name, entry in there.items() if not _is_current(copy, held, name, entry)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(lambda name: _take(copy.root / name, there[name]), wanted))
    for name in held.files.keys() - there.keys():
        (copy.root / name).unlink(missing_ok=True)
    Held({name: HeldFile.of(entry) for name, entry in there.items()}).write(copy.root)


def push(root: Path) -> None:
    """Brings the store up to date with what was written or removed here in other ways than `sent`.

    JSON files come last: they say that the others are there.
    """
    copy = _copy_of(root)
    if copy is None:
        return
    held = Held.read(copy.root)
    here = {p.relative_to(copy.root).as_posix(): p for p in _files(copy.root)}
    if {n: _state(p) for n, p in here.items()} == {n: f[1:] for n, f in held.files.items()}:
        return
    there = _listed(copy)
    new = [
        name for name in here if name not in there or not _is_current(copy, held, name, there[name])
    ]
    for name in sorted(new, key=lambda name: (name.endswith(".json"), name)):
        there[name] = sent(here[name], here[name]) or there[name]
    gone = [name for name in held.files.keys() - here.keys() if name in there]
    store.remove(there.pop(name).url for name in gone)
    Held({name: HeldFile.of(there[name]) for name in here if name in there}).write(copy.root)


def sent(written: Path, path: Path) -> store.Entry | None:
    """Puts a file into the store under the name that ``path`` has in its working copy.

    Args:
        written: The content; gets the store's time, by which it is known to be the same.
        path: The final name here. Outside of working copies, and for names of what is not finished,
            nothing is done.
    """
    copy = _copy_of(path)
    if copy is None or _is_private(path.relative_to(copy.root)):
        return None
    entry = store.put(written, copy.url_of(path))
    os.utime(written, ns=(entry.mtime_ns, entry.mtime_ns))
    return entry


def readable(path: Path, *, whole: bool) -> Path | RemoteFile:
    """A Parquet file for reading: as it is, fetched now, or by ranges.

    Args:
        path: A file, perhaps of a working copy.
        whole: Fetch it; else only what is read.
    """
    copy = _copy_of(path)
    if copy is None or not is_place(path):
        return path
    size, mtime_ns = _state(path)
    entry = store.Entry(copy.url_of(path), size, mtime_ns, "", folder=False)
    if not whole:
        return RemotePath.listed(entry).open()
    _fetch(path, entry)
    return path


def is_place(path: Path) -> bool:
    """Whether a Parquet file is only the place for one: its tail is not that of a table."""
    if _copy_of(path) is None or not path.exists():
        return False
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) < len(_MAGIC):
            return False
        file.seek(-len(_MAGIC), os.SEEK_END)
        return file.read() != _MAGIC


def _cache() -> Path:
    named = os.environ.get("FRAMESEL_CACHE")
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(named or Path(home) / "framesel").absolute() / "workspaces"


def _copy_of(path: Path) -> _Copy | None:
    """The working copy that a path lies in."""
    cache = _cache()
    if not path.is_relative_to(cache) or path == cache:
        return None
    root = cache / path.relative_to(cache).parts[0]
    return _known(root)


@lru_cache
def _known(root: Path) -> _Copy:
    return _Copy(root, root.with_suffix(".url").read_text("utf-8"))


def _listed(copy: _Copy) -> dict[str, store.Entry]:
    """What the store has, by its name in the working copy."""
    found = {e.url.removeprefix(f"{copy.url}/"): e for e in store.listing(copy.url)}
    return {name: entry for name, entry in found.items() if _is_inside(name)}


def _is_inside(name: str) -> bool:
    """Whether an object's name is one that a file of a workspace may have."""
    path = PurePosixPath(name)
    odd = path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name
    return not odd and not _is_private(path)


def _is_private(name: PurePosixPath | Path) -> bool:
    """Whether a file is this machine's own, or of a folder that is not finished."""
    return name.as_posix() in _OURS or any(
        part.startswith((".", "partial-")) or part.endswith((".partial", ".old"))
        for part in name.parts
    )


def _files(root: Path) -> Iterable[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and not _is_private(path.relative_to(root)):
            yield path


def _state(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _is_current(copy: _Copy, held: Held, name: str, entry: store.Entry) -> bool:
    """Whether the file here is what the store has, by its tag or by the time of our own writing."""
    try:
        same = _state(copy.root / name) == (entry.size, entry.mtime_ns)
    except FileNotFoundError:
        return False
    return same and (name not in held.files or held.files[name].tag == entry.tag)


def _take(path: Path, entry: store.Entry) -> None:
    """Brings one file here; of a table only the place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet" and entry.size > _AT_ONCE_BYTES:
        with tempfile.NamedTemporaryFile(
            prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent, delete=False
        ) as file:
            file.truncate(entry.size)
        _place(Path(file.name), path, entry)
    else:
        _fetch(path, entry)


def _fetch(path: Path, entry: store.Entry) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        store.fetch(entry.url, temporary, entry.size)
        _place(temporary, path, entry)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _place(temporary: Path, path: Path, entry: store.Entry) -> None:
    temporary.chmod(0o644)
    os.utime(temporary, ns=(entry.mtime_ns, entry.mtime_ns))
    temporary.replace(path)
