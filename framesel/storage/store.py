"""What is done with objects: asked about, listed, read by ranges, put, removed.

Every function is safe to call from several threads. Credentials, regions and endpoints are the
environment's; they are in no URL, no message and no file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from framesel.errors import MissingExtraError, StorageError, UsageError
from framesel.storage.retrying import TruncatedError, retried

_EXTRAS: Final = {
    "s3": ("s3fs", "s3"),
    "s3a": ("s3fs", "s3"),
    "gs": ("gcsfs", "gcs"),
    "gcs": ("gcsfs", "gcs"),
    "az": ("adlfs", "azure"),
    "abfs": ("adlfs", "azure"),
    "abfss": ("adlfs", "azure"),
}
_URL = re.compile(r"([a-z][a-z0-9+.-]+)://", re.IGNORECASE)
_SECRET = re.compile(r"[?&](x-(amz|goog)-|sig=|signature=|.*token=|.*key=)", re.IGNORECASE)
_TIMEOUTS: Final = {"connect_timeout": 10, "read_timeout": 60}
# Retries are ours, so that their number is known; listings may change between two looks.
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "s3": {"config_kwargs": {**_TIMEOUTS, "retries": {"total_max_attempts": 1}}},
}

PATIENCE_S = 120.0
"""How long one operation may take, beside the time for its bytes."""
SLOWEST_BYTES_PER_S: Final = 2e5


class Entry(NamedTuple):
    """One object, or a folder (a prefix with something under it).

    Attributes:
        url: Where.
        size: Bytes; 0 for a folder.
        mtime_ns: When it was written, as far as the store tells.
        tag: Changes with the content (ETag, or whatever the store has); may be empty.
        folder: It is one.
    """

    url: str
    size: int
    mtime_ns: int
    tag: str
    folder: bool


def is_url(text: str) -> bool:
    """Whether a text is a URL rather than a path of this machine."""
    return _URL.match(text) is not None


def checked(url: str) -> str:
    """A URL that may be written down, without a slash at its end.

    Raises:
        UsageError: It holds credentials, or several protocols in a row.
    """
    rest = url.split("://", 1)[1]
    if ":" in rest.partition("/")[0].rpartition("@")[0] or _SECRET.search(rest):
        raise UsageError(
            f"the {_protocol(url)}:// address holds credentials. Take them out: they come from the "
            "environment (docs/object_stores.md)."
        )
    if "::" in url:
        raise UsageError(f"{url}: chained addresses are not read. Give the address of the files.")
    return url.rstrip("/")


def entry(url: str) -> Entry:
    """What is known of an object or a folder.

    Raises:
        FileNotFoundError: There is nothing.
    """
    system, key = _opened(url)
    return _entry(_protocol(url), retried("looked at", url, lambda: _do(system, "info", key)))


def listing(url: str) -> list[Entry]:
    """All objects under a folder, however deep; empty where there are none.

    Raises:
        StorageError: There is no such bucket, it must not be listed, or it cannot be reached.
    """
    system, key = _opened(url)
    with _refusals("listed", url):
        found = retried("listed", url, lambda: _do(system, "find", key, detail=True))
    entries = [_entry(_protocol(url), info) for info in found.values()]
    return [e for e in entries if not e.folder and not e.url.endswith("/")]


def matching(pattern: str) -> list[Entry]:
    """Objects and folders that a glob matches."""
    system, key = _opened(pattern)
    found = retried("listed", pattern, lambda: _do(system, "glob", key, detail=True))
    return [_entry(_protocol(pattern), info) for info in found.values()]


def read(url: str, start: int, stop: int) -> bytes:
    """Bytes start..stop (exclusive) of an object, exactly so many."""
    if stop <= start:
        return b""
    system, key = _opened(url)

    def once() -> bytes:
        content = bytes(_do(system, "cat_file", key, size=stop - start, start=start, end=stop))
        if len(content) != stop - start:
            raise TruncatedError(f"{len(content)} of {stop - start} bytes came")
        return content

    return retried("read", url, once)


def fetch(url: str, target: Path, size: int) -> None:
    """Copies an object of a known size into a file, a piece at a time."""
    piece = 8 << 20
    with target.open("wb") as file:
        for start in range(0, size, piece):
            file.write(read(url, start, min(start + piece, size)))


def put(source: Path, url: str) -> Entry:
    """Writes a file as an object: there is the whole of it, or what was there before.

    Raises:
        StorageError: There is no such bucket, it must not be written to, or cannot be reached.
    """
    system, key = _opened(url)
    size = source.stat().st_size

    def once() -> Entry:
        if _protocol(url).lower() in _EXTRAS:
            _do(system, "put_file", str(source), key, size=size)
        else:  # a file system under a name of its own: half of a file could be seen there
            system.makedirs(system._parent(key), exist_ok=True)
            system.put_file(str(source), f"{key}.part")
            system.mv(f"{key}.part", key)
        return _entry(_protocol(url), _do(system, "info", key))

    with _refusals("written", url):
        written = retried("written", url, once)
    if written.size != size:
        raise StorageError(
            f"{url} was written with {size} bytes and has {written.size}: something else writes "
            "there. Give each workspace a folder of its own."
        )
    return written


def remove(urls: Iterable[str]) -> None:
    """Removes objects; those that are gone already are no error."""
    for url in urls:
        system, key = _opened(url)
        try:
            with _refusals("removed", url, gone=False):
                retried("removed", url, partial(_do, system, "rm_file", key))
        except FileNotFoundError:
            continue


@contextmanager
def _refusals(what: str, url: str, *, gone: bool = True) -> Iterator[None]:
    """Turns a plain no into an error that a person can do something about."""
    try:
        yield
    except PermissionError as error:
        raise StorageError(
            f"{url} must not be {what} with these credentials ({error}). They come from the "
            "environment (docs/object_stores.md)."
        ) from error
    except FileNotFoundError as error:
        if not gone:
            raise
        raise StorageError(f"{url} cannot be {what}: {error}. Is its bucket there?") from error


def _do(system: Any, name: str, *given: Any, size: int = 0, **named: Any) -> Any:
    """Calls a method of a file system and waits for it no longer than the bytes may take.

    The libraries' own timeouts do not cover a server that takes a request and stays silent.
    """
    if getattr(system, "async_impl", False):
        named["timeout"] = PATIENCE_S + size / SLOWEST_BYTES_PER_S
    return getattr(system, name)(*given, **named)


def _protocol(url: str) -> str:
    return url.split("://", 1)[0]


def _opened(url: str) -> tuple[Any, str]:
    system = _system(_protocol(url).lower())
    return system, system._strip_protocol(url)


@lru_cache
def _system(protocol: str) -> Any:
    """The file system of a protocol, as the environment configures it.

    Raises:
        MissingExtraError: Its package is not installed.
        UsageError: There is no such protocol.
    """
    import fsspec
    from fsspec.config import conf

    name = protocol.replace("s3a", "s3")
    options = _merged(_OPTIONS.get(name, {}), conf.get(name, {}))
    try:
        system = fsspec.filesystem(
            name, use_listings_cache=False, skip_instance_cache=True, **options
        )
    except ImportError as error:
        package, extra = _EXTRAS.get(protocol, (error.name or protocol, "s3"))
        raise MissingExtraError(package, extra, f"{protocol}://") from error
    except ValueError as error:
        raise UsageError(f"{protocol}:// is no protocol that can be read ({error}).") from error
    if hasattr(system, "retries"):
        system.retries = 1
    return system


def _merged(ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    both = {**ours, **theirs}
    for name in ours.keys() & theirs.keys():
        if isinstance(ours[name], dict) and isinstance(theirs[name], dict):
            both[name] = _merged(ours[name], theirs[name])
    return both


def _entry(protocol: str, info: dict[str, Any]) -> Entry:
    tag = next((str(info[k]) for k in ("ETag", "etag", "generation", "md5Hash") if info.get(k)), "")
    return Entry(
        f"{protocol}://{info['name'].lstrip('/')}",
        int(info.get("size") or 0),
        _mtime_ns(info),
        tag.strip('"'),
        info.get("type") == "directory",
    )


def _mtime_ns(info: dict[str, Any]) -> int:
    for name in ("LastModified", "mtime", "last_modified", "updated", "created"):
        value = info.get(name)
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            value = value.timestamp()
        if value:
            return int(value * 1e9)
    return 0
