"""Reads the packets of a video in step with its packet index."""

from collections.abc import Iterator
from itertools import chain
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from framesel.storage.place import Place
from framesel.video.container import MAX_PIXELS, find_stream, open_whole
from framesel.video.info import VideoInfo
from framesel.video.packet_index import NO_PTS, PacketIndex

_SEEK_OVER_BYTES = 8 << 20  # below this, reading on is cheaper than a seek


class OutOfStepError(Exception):
    """The file did not give the packets that its index lists."""


class PacketReader:
    """An open video that knows at which row of its index it stands."""

    def __init__(
        self, path: Place, info: VideoInfo, index: PacketIndex, *, threads: int, strict: bool
    ) -> None:
        """Opens the video.

        Args:
            path: The file.
            info: What `probe` said.
            index: Its packet index.
            threads: Decoding threads; 0 lets libav choose.
            strict: Have the decoder report every error that it notices instead of hiding it.

        Raises:
            ProbeError: If the file cannot be opened.
        """
        self._path, self._info, self._index = path, info, index
        self._threads, self._strict = threads, strict
        self._seeks = index.seekable and not index.unproven
        self._open()

    def _open(self) -> None:
        self._container = self._opened()
        self._stream = find_stream(self._container, self._info.stream_index, self._path)
        self.context = self._stream.codec_context
        self.context.thread_count = self._threads
        self.context.thread_type = "NONE" if self._threads == 1 else "AUTO"
        options = {"max_pixels": str(MAX_PIXELS)}
        if self._strict:
            options["err_detect"] = "crccheck+bitstream+buffer+explode"
        self.context.options = options
        self._row = 0
        self._packets = self._demux()

    def _opened(self) -> InputContainer:
        return open_whole(self._path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def approach(self, start: int) -> None:
        """Seeks towards a row when much lies between; the decoder must be fresh.

        Where the seek does not lead to a known row at or before it, the file is opened again and
        read from its beginning; `context` is another one then.

        Raises:
            ProbeError: If it cannot be opened again.
        """
        gap = int(self._index.size[self._row : start].sum())
        if self._seeks and gap > _SEEK_OVER_BYTES and not self._seek(start):
            self._container.close()
            self._seeks = False
            self._open()

    def _seek(self, start: int) -> bool:
        index = self._index
        try:
            self._container.seek(int(index.pts[start]), stream=self._stream, backward=True)
            self._packets = self._demux()
            first = next(self._packets, None)
        except (av.error.FFmpegError, LookupError):
            return False
        rows = [] if first is None else (index.pts == first.pts).nonzero()[0]
        if first is None or len(rows) != 1 or rows[0] > start:
            return False
        self._row = int(rows[0])
        self._packets = chain((first,), self._packets)
        return True

    def packets(
        self, start: int, stop: int | None = None
    ) -> Iterator[tuple[int, "Packet[VideoStream]"]]:
        """The packets of rows start..stop, in order; calls must go forward.

        Raises:
            OutOfStepError: If what is read is not what the index lists.
        """
        while stop is None or self._row < stop:
            packet = next(self._packets, None)
            if packet is None:
                return
            row = self._row
            self._check(row, packet)
            self._row += 1
            if row >= start:
                yield row, packet

    def fed(
        self, start: int, stop: int, feed: NDArray[np.bool_]
    ) -> Iterator["Packet[VideoStream]"]:
        """Those of rows start..stop that a plan feeds to the decoder. See `packets`."""
        return (packet for row, packet in self.packets(start, stop) if feed[row])

    def _demux(self) -> Iterator["Packet[VideoStream]"]:
        return (p for p in self._container.demux(self._stream) if p.size)

    def _check(self, row: int, packet: "Packet[VideoStream]") -> None:
        index = self._index
        pts = NO_PTS if packet.pts is None else packet.pts
        if row >= len(index.pts) or index.pts[row] != pts or index.size[row] != packet.size:
            raise OutOfStepError(f"row {row}")
