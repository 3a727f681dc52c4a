"""Where a file lies: on this machine, or in an object store under a URL."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from framesel.storage import store

if TYPE_CHECKING:
    from framesel.storage.remote_file import RemoteFile


class Status(NamedTuple):
    """What ``Path.stat`` tells of a file, as far as a store tells it."""

    st_size: int
    st_mtime_ns: int
    st_mode: int


@dataclass(frozen=True, order=True)
class RemotePath:
    """A file or folder of an object store, with what is needed of a ``Path``, for reading only.

    Asking what lies there costs one request, once: what a listing told need not be asked again.
    Beside the errors of a ``Path``, everything raises ``StorageError`` where the store cannot be
    reached.

    Attributes:
        url: Such as ``s3://bucket/folder/clip.mp4``.
    """

    url: str
    _known: list[store.Entry] = field(default_factory=list, compare=False, repr=False)

    @classmethod
    def listed(cls, entry: store.Entry) -> RemotePath:
        """The path of what a listing found."""
        return cls(entry.url, [entry])

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> RemotePath:
        return RemotePath(f"{self.url}/{name}")

    @property
    def parts(self) -> tuple[str, ...]:
        """Protocol, bucket and folders, and the name."""
        protocol, rest = self.url.split("://", 1)
        return (f"{protocol}://", *PurePosixPath(rest).parts)

    @property
    def name(self) -> str:
        """Its last part."""
        return self.parts[-1]

    @property
    def stem(self) -> str:
        """Its name without the suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """With its dot; empty if there is none."""
        return PurePosixPath(self.name).suffix

    @property
    def parent(self) -> RemotePath:
        """The folder that it lies in."""
        return RemotePath(self.url.rpartition("/")[0])

    def absolute(self) -> RemotePath:
        """Itself: a URL has no other form."""
        return self

    def entry(self) -> store.Entry:
        """What the store tells of it.

        Raises:
            OSError: It is not there, or must not be read.
        """
        if not self._known:
            try:
                self._known.append(store.entry(self.url))
            except FileNotFoundError:
                raise _gone(errno.ENOENT, self.url) from None
            except PermissionError:
                raise _gone(errno.EACCES, self.url) from None
        return self._known[0]

    def stat(self) -> Status:
        """Size, time and kind."""
        found = self.entry()
        kind = stat.S_IFDIR if found.folder else stat.S_IFREG
        return Status(found.size, found.mtime_ns, kind)

    def exists(self) -> bool:
        """Whether there is something."""
        try:
            self.entry()
        except FileNotFoundError:
            return False
        return True

    def is_dir(self) -> bool:
        """Whether it is a prefix with something under it."""
        return self.exists() and self.entry().folder

    def is_file(self) -> bool:
        """Whether it is an object."""
        return self.exists() and not self.entry().folder

    def iterdir(self) -> Iterator[RemotePath]:
        """The objects directly in a folder."""
        for found in store.listing(self.url):
            if found.url.rpartition("/")[0] == self.url:
                yield RemotePath.listed(found)

    def open(self, mode: str = "rb") -> RemoteFile:
        """The object for reading by ranges."""
        from framesel.storage.remote_file import RemoteFile

        assert mode == "rb"
        return RemoteFile(self)


Place: TypeAlias = Path | RemotePath
"""A file wherever it lies: what reads videos and pictures takes both."""


def place(text: str) -> Place:
    """The place that a text names: a URL with ``://``, or a path.

    Raises:
        UsageError: A URL that holds credentials.
    """
    return RemotePath(store.checked(text)) if store.is_url(text) else Path(text)


def _gone(number: int, url: str) -> OSError:
    return OSError(number, os.strerror(number), url)
