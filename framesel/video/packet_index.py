"""The packet index: what a video file holds, packet by packet."""

from array import array
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream
from numpy.typing import NDArray

from framesel.video.info import VideoInfo
from framesel.video.nal import TEMPORAL_SHIFT, NalReader, Role, UnprovenError
from framesel.video.probing import PEEK_PACKETS, untimed
from framesel.video.timeline import Timeline

NO_PTS = np.iinfo(np.int64).min

# Every packet of these is a picture of its own. MJPEG is looked at more closely.
_INTRA_CODECS = frozenset({"prores", "dnxhd", "dvvideo", "rawvideo", "v210", "mjpeg"})
# Demuxers whose seeks land where their index says. Elsewhere files are read from the start.
_SEEKABLE = frozenset({"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"})


class Coded(NamedTuple):
    """What codes that which is shown after each of m frames and before the next of them.

    Attributes:
        size: (m,) bytes, keyframes left out: their size says what a picture shows, that of the
            others what changes from picture to picture.
        third: (m,) pts of the frame with which a third of them is reached; the frame's own where
            there are none.
        start: (m,) pts of the last keyframe up to there, or of the frame itself.
    """

    size: NDArray[np.int64]
    third: NDArray[np.int64]
    start: NDArray[np.int64]


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
        place: (n,) int64, where each packet lies in a remote file of which only those are fetched
            that are decoded. What is not fetched is not known: only keyframes are intra there, and
            only packets of codecs that have no others are droppable. None where all was read.
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
    place: NDArray[np.int64] | None = None

    def rows_of(self, pts: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(n,) bool: the packets whose frames have these pts."""
        return np.isin(self.pts, pts)

    def coded_after(self, pts: NDArray[np.int64]) -> Coded:
        """What lies between frames. ``pts``: (m,) of these, in order of time."""
        order = np.argsort(self.pts, kind="stable")
        shown, size = self.pts[order], self.size[order]
        keys = self.timeline.pts[self.timeline.key]
        size = np.where(np.isin(shown, keys), 0, size)
        upto = np.concatenate([[0], np.cumsum(size)])
        starts = np.searchsorted(shown, pts, side="right")
        ends = np.append(np.searchsorted(shown, pts[1:]), len(shown))
        coded: NDArray[np.int64] = upto[ends] - upto[starts]
        reached = np.searchsorted(upto, upto[starts] - (-coded // 3)) - 1
        third = np.where(coded > 0, shown[np.minimum(reached, len(shown) - 1)], pts)
        before = np.searchsorted(keys, third, side="right") - 1
        start = np.where(before >= 0, keys[np.maximum(before, 0)], pts) if len(keys) else pts
        return Coded(coded, third, np.maximum(start, pts))


class Table:
    """Collects packets; a few dozen bytes for each.

    Attributes:
        role: `Role` of each.
        key: Whether the container calls it a keyframe.
        unproven: See `PacketIndex`.
        nal: Classifies packets; None for codecs without NAL units.
    """

    def __init__(self, stream: VideoStream) -> None:
        context = stream.codec_context
        self.pts, self.dts, self.size = array("q"), array("q"), array("q")
        self.role, self.key, self.hidden = array("B"), array("B"), array("B")
        self.last_duration = 0
        self.unproven = ""
        self._codec = context.codec.canonical_name
        self.nal: NalReader | None = None
        if self._codec in ("h264", "hevc"):
            try:
                self.nal = NalReader(self._codec, bytes(context.extradata or b""))
            except UnprovenError as error:
                self.unproven = str(error)
        elif self._codec not in _INTRA_CODECS:
            self.unproven = f"the codec {self._codec}"

    def add(self, packet: "Packet[VideoStream]", role: int | None = None) -> None:
        """Takes the next packet; its content is looked at, unless its role is given."""
        self.pts.append(NO_PTS if packet.pts is None else packet.pts)
        self.dts.append(NO_PTS if packet.dts is None else packet.dts)
        self.size.append(packet.size)
        self.key.append(packet.is_keyframe)
        self.hidden.append(packet.is_discard)
        if packet.duration:
            self.last_duration = packet.duration
        if role is None:
            role = 0 if self.unproven else self._role(packet)
        self.role.append(role)

    def _role(self, packet: "Packet[VideoStream]") -> int:
        if self.nal is None:
            if self._codec == "mjpeg" and not _own_tables(packet):
                self.unproven = "JPEG pictures that borrow tables from others"
            return int(Role.NON_REFERENCE | Role.START | Role.INTRA)
        try:
            if not packet.is_corrupt and not packet.has_sidedata("new_extradata"):
                return self.nal.role(memoryview(packet))
            self.unproven = "packets that are damaged or change the decoder's configuration"
        except UnprovenError as error:
            self.unproven = str(error)
        return 0

    def index(
        self,
        container: InputContainer,
        stream: VideoStream,
        info: VideoInfo,
        ends_early: str,
        place: NDArray[np.int64] | None = None,
    ) -> PacketIndex:
        """The index of all that was taken."""
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
            place=place,
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
