"""An object as a file that is read where somebody looks, and nowhere else."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from framesel.storage import store

if TYPE_CHECKING:
    from framesel.storage.place import RemotePath

_BLOCK: Final = 1 << 15
_MOST_BLOCKS: Final = 1024
_MOST_AHEAD: Final = 64
"""Blocks that are fetched at once where a reader goes straight on: 2 MiB."""


class Blocks:
    """Ranges of whole blocks of one object; the last 32 MiB are remembered.

    Who reads on and on is given more with each request, at most as much again as was read before.
    """

    def __init__(self, url: str, size: int) -> None:
        self.size = size
        self._url = url
        self._held: OrderedDict[int, bytes] = OrderedDict()
        self._next, self._ahead = -1, 1
        self._lock = threading.Lock()

    def range(self, start: int, stop: int) -> bytes:
        """Bytes start..stop, which must lie inside the object."""
        first, last = start // _BLOCK, (stop - 1) // _BLOCK
        numbers = range(first, last + 1)
        with self._lock:
            blocks = {n: self._held[n] for n in numbers if n in self._held}
            lacking = [n for n in numbers if n not in blocks]
            if lacking:
                blocks.update(self._fetched(lacking[0], lacking[-1]))
            for number in numbers:
                if number in self._held:
                    self._held.move_to_end(number)
        whole = b"".join(blocks[n] for n in numbers)
        return whole[start - first * _BLOCK : stop - first * _BLOCK]

    def _fetched(self, first: int, last: int) -> dict[int, bytes]:
        """Blocks first..last and some that follow, in one request."""
        self._ahead = min(2 * self._ahead, _MOST_AHEAD) if first == self._next else 1
        stop = max(last + 1, first + self._ahead)
        content = store.read(self._url, first * _BLOCK, min(stop * _BLOCK, self.size))
        count = -(-len(content) // _BLOCK)
        found = {first + k: content[k * _BLOCK : (k + 1) * _BLOCK] for k in range(count)}
        self._next = first + count
        self._held.update(found)
        while len(self._held) > _MOST_BLOCKS:
            self._held.popitem(last=False)
        return found


class RemoteFile(io.RawIOBase):
    """A place in an object; what was read of it lately is shared by all who have it open."""

    def __init__(self, path: RemotePath) -> None:
        super().__init__()
        status = path.stat()
        self.name = path.name
        self.size = status.st_size
        self._blocks = _blocks(path.url, status.st_size, status.st_mtime_ns)
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Costs nothing."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        if base + offset < 0:
            raise ValueError(f"{self.name}: there is nothing before its beginning")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills a buffer as far as the file goes."""
        stop = min(self._at + len(buffer), self.size)
        if stop <= self._at:
            return 0
        content = self.range(self._at, stop)
        buffer[: len(content)] = content
        self._at = stop
        return len(content)

    def range(self, start: int, stop: int) -> bytes:
        """Bytes start..stop, which must lie inside the file."""
        return self._blocks.range(start, stop) if stop > start else b""


@lru_cache(maxsize=4)
def _blocks(url: str, size: int, _mtime_ns: int) -> Blocks:
    return Blocks(url, size)
