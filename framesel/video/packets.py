"""The packet index: what a file holds, found by demuxing without decoding."""

from array import array
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from framesel.errors import DecodeError, ProbeError
from framesel.video.container import find_stream, open_container
from framesel.video.info import VideoInfo
from framesel.video.nal import TEMPORAL_SHIFT, NalReader, Role, UnprovenError
from framesel.video.probing import PEEK_PACKETS, untimed
from framesel.video.timeline import Timeline
from framesel.video.truncation import cut_short

NO_PTS = np.iinfo(np.int64).min

# Every packet of these is a picture of its own. MJPEG is looked at more closely.
_INTRA_CODECS = frozenset({"prores", "dnxhd", "dvvideo", "rawvideo", "v210", "mjpeg"})
# Demuxers whose seeks land where their index says. Elsewhere files are read from the start.
_SEEKABLE = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})


@dataclass(frozen=True, eq=False)
class PacketIndex:
    """The packets of one video stream, in decode order.

    Attributes:
        pts: (n,) int64; `NO_PTS` where the container gives none.
        dts: (n,) int64; `NO_PTS` likewise.
        size: (n,) int64, bytes.
        droppable: (n,) bool: no other picture refers to it.
        start: (n,) bool: decoding can begin here; of what follows, only leading pictures refer to
            what is before.
        intra: (n,) bool: decodes exactly on its own.
        leading: (n,) bool: shown before the start that it follows.
        timeline: The frames in presentation order.
        untimed: The stream has no usable timestamps; pts count frames instead.
        unproven: Why packets must not be skipped in this stream; empty where it is proven exact.
        seekable: Seeking lands where the index says.
        cut_short: Why the file seems to end before its video does; empty where it does not.
    """

    pts: NDArray[np.int64]
    dts: NDArray[np.int64]
    size: NDArray[np.int64]
    droppable: NDArray[np.bool_]
    start: NDArray[np.bool_]
    intra: NDArray[np.bool_]
    leading: NDArray[np.bool_]
    timeline: Timeline
    untimed: bool
    unproven: str
    seekable: bool
    cut_short: str

    def rows_of(self, pts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) bool: the packets whose frames have these pts."""
        return np.isin(self.pts, pts)


def read_index(path: Path, info: VideoInfo) -> PacketIndex:
    """Reads the packet index of a video; the last few are remembered.

    Args:
        path: A video file.
        info: What `probe` said of it.

    Raises:
        DecodeError: If the file cannot be opened any more.
    """
    try:
        stat = path.stat()
        return _cached(path, stat.st_size, stat.st_mtime_ns, info)
    except OSError as error:
        raise DecodeError(f"{path}: cannot be read any more ({error.strerror}).") from error
    except ProbeError as error:
        raise DecodeError(str(error)) from error


def forget() -> None:
    """Forgets all indexes, so that the next `read_index` reads the file."""
    _cached.cache_clear()


@lru_cache(maxsize=4)
def _cached(path: Path, _size: int, _mtime_ns: int, info: VideoInfo) -> PacketIndex:
    with open_container(path) as container:
        stream = find_stream(container, info.stream_index, path)
        table = _Table(stream)
        try:
            for packet in container.demux(stream):
                if packet.size:
                    table.add(packet)
        except (av.error.FFmpegError, LookupError):
            # The decoder meets the same end of the file and reports it with its frames.
            table.unproven = table.unproven or "a file that breaks off"
        ends_early = cut_short(path, container.format.name, info.frames, len(table.pts))
        return table.index(container, stream, info, ends_early)


class _Table:
    """Collects packets; a few dozen bytes for each."""

    def __init__(self, stream: VideoStream) -> None:
        context = stream.codec_context
        self.pts, self.dts, self.size = array("q"), array("q"), array("q")
        self.role, self.key, self.hidden = array("B"), array("B"), array("B")
        self.last_duration = 0
        self.unproven = ""
        self._codec = context.codec.canonical_name
        self._nal: NalReader | None = None
        if self._codec in ("h264", "hevc"):
            try:
                self._nal = NalReader(self._codec, bytes(context.extradata or b""))
            except UnprovenError as error:
                self.unproven = str(error)
        elif self._codec not in _INTRA_CODECS:
            self.unproven = f"the codec {self._codec}"

    def add(self, packet: "Packet[VideoStream]") -> None:
        self.pts.append(NO_PTS if packet.pts is None else packet.pts)
        self.dts.append(NO_PTS if packet.dts is None else packet.dts)
        self.size.append(packet.size)
        self.key.append(packet.is_keyframe)
        self.hidden.append(packet.is_discard)
        if packet.duration:
            self.last_duration = packet.duration
        self.role.append(0 if self.unproven else self._role(packet))

    def _role(self, packet: "Packet[VideoStream]") -> int:
        if self._nal is None:
            if self._codec == "mjpeg" and not _own_tables(packet):
                self.unproven = "JPEG pictures that borrow tables from others"
            return int(Role.NON_REFERENCE | Role.START | Role.INTRA)
        try:
            if not packet.is_corrupt and not packet.has_sidedata("new_extradata"):
                return self._nal.role(memoryview(packet))
            self.unproven = "packets that are damaged or change the decoder's configuration"
        except UnprovenError as error:
            self.unproven = str(error)
        return 0

    def index(
        self, container: InputContainer, stream: VideoStream, info: VideoInfo, ends_early: str
    ) -> PacketIndex:
        pts = np.frombuffer(self.pts, np.int64) if self.pts else np.zeros(0, np.int64)
        dts = np.frombuffer(self.dts, np.int64) if self.pts else pts
        role = np.array(self.role, np.uint8)
        shown = ~np.array(self.hidden, np.bool_)
        counted = untimed([None if p == NO_PTS else int(p) for p in pts[shown][:PEEK_PACKETS]])
        start = (role & Role.START).astype(np.bool_)
        leading = (role & Role.LEADING).astype(np.bool_)
        layer = role >> TEMPORAL_SHIFT
        droppable = (role & Role.NON_REFERENCE).astype(np.bool_)
        if len(layer):
            droppable &= layer == layer.max()
        return PacketIndex(
            pts=pts,
            dts=dts,
            size=np.array(self.size, np.int64),
            droppable=droppable,
            start=start,
            intra=(role & Role.INTRA).astype(np.bool_),
            leading=leading,
            timeline=self._timeline(pts, shown, counted, info),
            untimed=counted,
            unproven=self.unproven or _unproven(pts, shown, start, leading, counted, stream),
            seekable=container.format.name in _SEEKABLE,
            cut_short=ends_early,
        )

    def _timeline(
        self, pts: NDArray[np.int64], shown: NDArray[np.bool_], counted: bool, info: VideoInfo
    ) -> Timeline:
        key = np.array(self.key, np.bool_)[shown]
        if counted:
            times = np.arange(len(key), dtype=np.int64)
            return Timeline(times, key, info.time_base, 0, len(key))
        timed = pts[shown] != NO_PTS
        times, first = np.unique(pts[shown][timed], return_index=True)
        step = self.last_duration or (int(np.median(np.diff(times))) if len(times) > 1 else 1)
        end_pts = int(times[-1]) + max(step, 1) if len(times) else 0
        return Timeline(times, key[timed][first], info.time_base, info.start_pts, end_pts)


def _own_tables(packet: "Packet[VideoStream]") -> bool:
    """Whether a JPEG brings its own tables; decoders carry missing ones over from the last."""
    head = bytes(memoryview(packet)[:8192])
    head = head[: head.find(b"\xff\xda") + 1]  # up to the start of the scan
    return head.startswith(b"\xff\xd8") and b"\xff\xdb" in head and b"\xff\xc4" in head


def _unproven(
    pts: NDArray[np.int64],
    shown: NDArray[np.bool_],
    start: NDArray[np.bool_],
    leading: NDArray[np.bool_],
    counted: bool,
    stream: VideoStream,
) -> str:
    """Why the timestamps do not allow to skip packets; empty if they do."""
    if counted or not len(pts) or (pts == NO_PTS).any():
        return "packets without timestamps"
    if len(np.unique(pts)) < len(pts):
        return "timestamps that repeat"
    if not shown.all():
        return "packets that an edit list hides"
    if stream.codec_context.field_order > 1:
        return "interlaced pictures"
    group = np.maximum(np.cumsum(start) - leading, 0)
    highest = np.full(int(group.max()) + 1, NO_PTS)
    np.maximum.at(highest, group, pts)
    before = np.maximum.accumulate(highest)
    if ((group > 0) & (pts <= before[group - 1])).any():
        return "groups of pictures that overlap in time"
    return ""
