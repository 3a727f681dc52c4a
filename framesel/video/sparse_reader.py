"""Reads those packets of a remote video that are decoded, each where its index says."""

from collections.abc import Iterator
from types import TracebackType

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from framesel.storage.place import RemotePath
from framesel.storage.ranges import in_order
from framesel.video.container import open_hollow
from framesel.video.info import VideoInfo
from framesel.video.nal import NalReader, Role, UnprovenError
from framesel.video.packet_index import PacketIndex
from framesel.video.reader import OutOfStepError, PacketReader


class SparseReader(PacketReader):
    """The demuxer lists the packets of a file without media data; ranges bring their contents.

    Args:
        path: The file.
        info: What `probe` said.
        index: Its packet index, with places.
        feed: (n,) bool, the packets whose contents will be asked for.
        wanted: (n,) bool, those of them whose frames are; others are left out where their contents
            say that no picture refers to them.
        threads: Decoding threads; 0 lets libav choose.
    """

    def __init__(
        self,
        path: RemotePath,
        info: VideoInfo,
        index: PacketIndex,
        feed: NDArray[np.bool_],
        wanted: NDArray[np.bool_],
        *,
        threads: int,
    ) -> None:
        assert index.place is not None
        self._remote = path
        self._wanted = wanted
        rows = np.flatnonzero(feed)
        starts, sizes = index.place[rows].tolist(), index.size[rows].tolist()
        self._contents = in_order(
            path.url, [(at, at + size) for at, size in zip(starts, sizes, strict=True)]
        )
        super().__init__(path, info, index, threads=threads, strict=True)
        self._nal = _reader(self._stream)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._contents.close()
        super().__exit__(kind, error, trace)

    def _opened(self) -> InputContainer:
        container, file = open_hollow(self._remote)
        file.empty()
        return container

    def fed(
        self, start: int, stop: int, feed: NDArray[np.bool_]
    ) -> Iterator["Packet[VideoStream]"]:
        """See `PacketReader.fed`.

        Raises:
            OutOfStepError: Also where a packet is not what it should be.
        """
        for row, packet in self.packets(start, stop):
            if feed[row]:
                content = next(self._contents)
                if self._wanted[row] or not self._idle(content):
                    packet.update(content)
                    yield packet

    def _idle(self, content: bytes) -> bool:
        """Whether no other picture refers to this one."""
        if self._nal is None:
            return False
        try:
            return bool(self._nal.role(content) & Role.NON_REFERENCE)
        except UnprovenError as error:
            raise OutOfStepError(str(error)) from error


def _reader(stream: VideoStream) -> NalReader | None:
    """Of H.264 only: in HEVC pictures of higher layers may refer to such pictures."""
    context = stream.codec_context
    if context.codec.canonical_name != "h264":
        return None
    return NalReader("h264", bytes(context.extradata or b""))
