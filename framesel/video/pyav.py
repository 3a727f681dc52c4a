"""Decodes with PyAV (libav), and only what somebody will look at."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar

import av
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from framesel.errors import DecodeError, ProbeError
from framesel.storage.place import Place, RemotePath
from framesel.video.companions import arrange, with_companions
from framesel.video.frame import Frame
from framesel.video.info import Segment, Spans, VideoInfo
from framesel.video.packet_index import PacketIndex
from framesel.video.packets import read_index
from framesel.video.plan import beginnings, plan
from framesel.video.probing import clockwise
from framesel.video.reader import OutOfStepError, PacketReader
from framesel.video.sampling import Keyframes, Sampling
from framesel.video.sparse_reader import SparseReader

_BROKEN = (av.error.FFmpegError, ValueError, LookupError, MemoryError)


class _DoubtError(Exception):
    """Something happened that plain decoding has to settle."""


@dataclass
class _Damage:
    """What went wrong in one pass over a stream."""

    packets: int = 0
    frames: int = 0
    backwards: int = 0
    untimed: int = 0
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = (
            (self.packets, "packets cannot be decoded"),
            (self.frames, "frames are broken and left out"),
            (self.backwards, "frames go back in time and are left out"),
            (self.untimed, "frames have no timestamp and are left out"),
        )
        return "; ".join([f"{n} {what}" for n, what in counts if n] + self.notes)


@dataclass(frozen=True)
class PyAvDecoder:
    """Exact by construction: where skipping packets is not proven harmless, nothing is skipped.

    Attributes:
        threads: Decoding threads; 0 lets libav choose. Damaged streams are always decoded with
            one, because what is concealed depends on the number.
        skip: Leave out packets that nobody needs; off, everything is decoded.
    """

    name: ClassVar[str] = "pyav"
    threads: int = 1
    skip: bool = True

    def sample(
        self, path: Place, info: VideoInfo, segment: Segment | Spans, sampling: Sampling
    ) -> Iterator[Frame]:
        """See `Decoder.sample`."""
        index = read_index(path, info)
        if index.untimed and isinstance(sampling, Keyframes):
            # Only the decoder knows in which order these frames are shown.
            inside = sampling.inside(index.timeline)
            frames = self._frames(path, info, index, index.timeline.pts[inside], segment)
            yield from (f for f in frames if f.key)
        else:
            chosen = sampling.choose(index.timeline)
            wanted = index.timeline.pts[with_companions(chosen, sampling.companions)]
            frames = self._frames(path, info, index, wanted, segment)
            pts = index.timeline.pts[chosen]
            arranged = arrange(frames, sampling, set(pts.tolist()))
            yield from arranged if index.untimed else _with_coded(arranged, index, pts)
        if index.cut_short and segment.end_pts is None:
            raise DecodeError(f"{path}: {index.cut_short}. What it holds is good.")

    def fetch(self, path: Place, info: VideoInfo, pts: Sequence[int]) -> Iterator[Frame]:
        """See `Decoder.fetch`."""
        index = read_index(path, info)
        wanted = np.unique(np.array(list(pts), dtype=np.int64))
        missing = set(wanted.tolist())
        reason = "the file holds no such frames; did it change since it was scanned?"
        try:
            for frame in self._frames(path, info, index, wanted, Segment(None, None)):
                missing.discard(frame.pts)
                yield frame
        except DecodeError as error:
            reason = str(error)
        if missing:
            raise DecodeError(
                f"{path}: {len(missing)} of {len(wanted)} frames cannot be had, "
                f"first at pts {min(missing)}: {reason}"
            )

    def decode_all(self, path: Place, info: VideoInfo) -> Iterator[Frame]:
        """See `Decoder.decode_all`."""
        return _plain(path, info, read_index(path, info), None, 0)

    def _frames(
        self,
        path: Place,
        info: VideoInfo,
        index: PacketIndex,
        wanted: NDArray[np.int64],
        segment: Segment | Spans,
    ) -> Iterator[Frame]:
        wanted = np.array([p for p in wanted.tolist() if segment.holds(p)], dtype=np.int64)
        if not len(wanted):
            return
        start, last = 0, None
        if self.skip and not index.unproven:
            rows = index.rows_of(wanted)
            begin = beginnings(rows, index.start, index.leading)
            start = int(begin[begin <= rows.argmax()].max(initial=0))
            try:
                for frame in self._skipping(path, info, index, rows):
                    last = frame.pts
                    yield frame
                return
            except _DoubtError:
                wanted = wanted if last is None else wanted[wanted > last]
        yield from _plain(path, info, index, wanted, start)

    def _skipping(
        self, path: Place, info: VideoInfo, index: PacketIndex, rows: NDArray[np.bool_]
    ) -> Iterator[Frame]:
        """Feeds only what the plan asks for; raises `_DoubtError` at the first irregularity."""
        runs, feed = plan(rows, index.start, index.droppable, index.intra, index.leading)
        latest = -(1 << 63)
        try:
            with self._reader(path, info, index, feed, rows) as reader:
                for run in runs:
                    due = set(index.pts[run.start : run.stop][rows[run.start : run.stop]].tolist())
                    reader.approach(run.start)
                    fed = reader.fed(run.start, run.stop, feed)
                    for picture in _run(reader.context, fed):
                        if picture.is_corrupt or picture.pts is None or picture.pts <= latest:
                            raise _DoubtError
                        latest = picture.pts
                        if latest in due:
                            due.discard(latest)
                            yield _frame(picture, latest, info, index)
                    if due:
                        raise _DoubtError
        except (*_BROKEN, OutOfStepError, ProbeError) as error:
            raise _DoubtError from error

    def _reader(
        self,
        path: Place,
        info: VideoInfo,
        index: PacketIndex,
        feed: NDArray[np.bool_],
        rows: NDArray[np.bool_],
    ) -> PacketReader:
        if isinstance(path, RemotePath) and index.place is not None:
            return SparseReader(path, info, index, feed, rows, threads=self.threads)
        return PacketReader(path, info, index, threads=self.threads, strict=True)


def _run(
    context: VideoCodecContext, packets: Iterator["Packet[VideoStream]"]
) -> Iterator[VideoFrame]:
    """Feeds packets to a fresh decoder and drains it."""
    for packet in packets:
        yield from context.decode(packet)
    yield from context.decode(None)
    context.flush_buffers()


def _plain(
    path: Place,
    info: VideoInfo,
    index: PacketIndex,
    wanted: NDArray[np.int64] | None,
    start: int,
) -> Iterator[Frame]:
    """Decodes everything from a row on with one thread; gives the wanted frames, or all.

    Raises:
        DecodeError: At the end, if anything was amiss.
    """
    damage = _Damage()
    due = None if wanted is None else set(wanted.tolist())
    final = None if wanted is None else int(wanted.max(initial=-(1 << 63)))
    count, latest = 0, -(1 << 63)
    try:
        for picture in _all_pictures(path, info, index, start, damage):
            pts = count if index.untimed else picture.pts
            if picture.is_corrupt or pts is None or pts <= latest:
                _note(picture, pts, latest, damage)
                count += 1
                continue
            count, latest = count + 1, pts
            if due is None or pts in due:
                try:
                    frame = _frame(picture, pts, info, index)
                except _BROKEN:
                    damage.frames += 1
                else:
                    yield frame
            if final is not None and pts >= final:
                break
    except ProbeError as error:
        raise DecodeError(str(error)) from error
    if count == 0 and not str(damage):
        damage.notes.append("no frame can be decoded")
    if str(damage):
        raise DecodeError(f"{path}: damaged: {damage}. The other frames are good.")


def _all_pictures(
    path: Place, info: VideoInfo, index: PacketIndex, start: int, damage: _Damage
) -> Iterator[VideoFrame]:
    with PacketReader(path, info, index, threads=1, strict=False) as reader:
        reader.approach(start)
        packets = reader.packets(start)
        while True:
            try:
                packet = next(packets, None)
            except OutOfStepError:
                damage.notes.append("the file changed while it was read")
                break
            except _BROKEN as error:
                damage.notes.append(f"the file breaks off ({error})")
                break
            try:
                yield from reader.context.decode(None if packet is None else packet[1])
            except _BROKEN:
                damage.packets += 1
            if packet is None:
                return
        yield from reader.context.decode(None)


def _note(picture: VideoFrame, pts: int | None, latest: int, damage: _Damage) -> None:
    if picture.is_corrupt:
        damage.frames += 1
    elif pts is None:
        damage.untimed += 1
    elif pts < latest:  # an equal pts is the same instant: one of the two can be named
        damage.backwards += 1


def _with_coded(
    frames: Iterator[Frame], index: PacketIndex, pts: NDArray[np.int64]
) -> Iterator[Frame]:
    found = index.coded_after(pts)
    step_s = float(index.timeline.time_base)
    later = np.column_stack([found.third - pts, found.start - pts]) * step_s
    place = {at: row for row, at in enumerate(pts.tolist())}
    for frame in frames:
        row = place.get(frame.pts)
        if row is None:
            yield frame
            continue
        size = int(found.size[row])
        third_s, key_s = later[row].tolist() if size else (None, None)
        yield replace(frame, coded=size, third_s=third_s, third_key_s=key_s)


def _frame(picture: VideoFrame, pts: int, info: VideoInfo, index: PacketIndex) -> Frame:
    # Bicubic chroma is what OpenCV uses too; lines come padded, hence the copy.
    rgb = picture.to_ndarray(format="rgb24", interpolation="BICUBIC")
    image = np.ascontiguousarray(np.rot90(rgb, -(clockwise(picture) // 90)), dtype=np.uint8)
    position = index.timeline.index_of(pts)
    key = bool(picture.key_frame)
    if not index.untimed and position < len(index.timeline):
        key = bool(index.timeline.key[position])
    return Frame(pts=pts, index=position, t_s=info.t_s(pts), key=key, image=image)
