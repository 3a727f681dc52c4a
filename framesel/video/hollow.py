"""An MP4 file without its media data: enough for a demuxer to say where each packet lies."""

import io
from typing import Final

from framesel.storage.remote_file import RemoteFile

TABLED: Final = "mov,mp4,m4a,3gp,3g2,mj2"
"""libav's name of the containers whose packets can be listed without reading them."""

_HEADER: Final = 16


class Hollow(io.RawIOBase):
    """A remote file that can pretend that all media data are zeros, and then does not fetch them.

    The demuxer of MP4 takes times, sizes and places of packets from tables (``moov``, ``moof``)
    and of their content nothing, so it lists the same packets; see ``packets.py``.
    """

    def __init__(self, file: RemoteFile) -> None:
        super().__init__()
        self.file = file
        self.name = file.name
        self._empty: list[tuple[int, int]] = []

    def empty(self) -> None:
        """From now on media data are zeros.

        What lies between boxes that make no sense is read as it is.
        """
        self._empty = media(self.file)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self.file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Costs nothing."""
        return self.file.seek(offset, whence)

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Fills a buffer, up to where media data begin or end."""
        buffer, at = memoryview(buffer), self.file.tell()
        wanted = min(len(buffer), self.file.size - at)
        for start, stop in self._empty:
            if start <= at < stop:
                count = max(0, min(wanted, stop - at))
                buffer[:count] = bytes(count)
                self.file.seek(count, io.SEEK_CUR)
                return count
            if at < start:
                wanted = min(wanted, start - at)
                break
        return self.file.readinto(buffer[: max(0, wanted)])


def media(file: RemoteFile) -> list[tuple[int, int]]:
    """Where the contents of the ``mdat`` boxes lie, in order."""
    found: list[tuple[int, int]] = []
    at = 0
    while at + 8 <= file.size:
        header = file.range(at, min(at + _HEADER, file.size))
        length, begins = int.from_bytes(header[:4], "big"), at + 8
        if length == 1:
            length, begins = int.from_bytes(header[8:16], "big"), at + 16
        end = file.size if length == 0 else at + length
        if end < begins:
            break
        if header[4:8] == b"mdat":
            found.append((begins, min(end, file.size)))
        at = end
    return found
