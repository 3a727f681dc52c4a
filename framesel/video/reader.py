"""Reads the packets of a video in step with its packet index."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import av
from av.packet import Packet
from av.video.stream import VideoStream

from framesel.video.container import MAX_PIXELS, find_stream, open_container
from framesel.video.info import VideoInfo
from framesel.video.packets import NO_PTS, PacketIndex

_SEEK_OVER_BYTES = 8 << 20  # below this, reading on is cheaper than a seek


class OutOfStepError(Exception):
    """The file did not give the packets that its index lists."""


class PacketReader:
    """An open video that knows at which row of its index it stands."""

    def __init__(
        self, path: Path, info: VideoInfo, index: PacketIndex, *, threads: int, strict: bool
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
        self._container = open_container(path)
        self._stream = find_stream(self._container, info.stream_index, path)
        self.context = self._stream.codec_context
        self.context.thread_count = threads
        if threads == 1:
            self.context.thread_type = "NONE"
        options = {"max_pixels": str(MAX_PIXELS)}
        if strict:
            options["err_detect"] = "crccheck+bitstream+buffer+explode"
        self.context.options = options
        self._row = 0
        self._packets = self._demux()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def packets(
        self, start: int, stop: int | None = None
    ) -> Iterator[tuple[int, "Packet[VideoStream]"]]:
        """The packets of rows start..stop, in order; calls must go forward.

        Raises:
            OutOfStepError: If what is read is not what the index lists.
        """
        self._approach(start)
        while stop is None or self._row < stop:
            packet = next(self._packets, None)
            if packet is None:
                return
            row = self._row
            self._check(row, packet)
            self._row += 1
            if row >= start:
                yield row, packet

    def _demux(self) -> Iterator["Packet[VideoStream]"]:
        return (p for p in self._container.demux(self._stream) if p.size)

    def _check(self, row: int, packet: "Packet[VideoStream]") -> None:
        index = self._index
        pts = NO_PTS if packet.pts is None else packet.pts
        if row >= len(index.pts) or index.pts[row] != pts or index.size[row] != packet.size:
            raise OutOfStepError(f"row {row}")

    def _approach(self, start: int) -> None:
        """Seeks when much lies between, and makes sure where that led."""
        index = self._index
        gap = int(index.size[self._row : start].sum())
        if not index.seekable or index.unproven or gap < _SEEK_OVER_BYTES:
            return
        target = min(int(index.pts[start]), int(index.dts[start]))
        if target == NO_PTS:
            target = int(index.pts[start])
        try:
            self._container.seek(target, stream=self._stream, backward=True)
        except av.error.FFmpegError as error:
            raise OutOfStepError("seek failed") from error
        self._packets = self._demux()
        first = next(self._packets, None)
        rows = [] if first is None else (index.pts == first.pts).nonzero()[0]
        if first is None or len(rows) != 1 or rows[0] > start or rows[0] < self._row:
            raise OutOfStepError("seek landed elsewhere")
        self._row = int(rows[0])
        rest = self._packets
        self._packets = (p for part in ((first,), rest) for p in part)
