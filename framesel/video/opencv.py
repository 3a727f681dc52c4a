"""Decodes with OpenCV: reads every frame, for cross-checks and for those who trust nothing else.

Where it differs from `pyav`, and why:

- It is slower: every frame is decoded and converted, wanted or not. OpenCV's own seeking hits wrong
  frames on variable frame rates and is slower still on long groups of pictures, so it is not used.
- OpenCV tells times in milliseconds since the start of the stream, not in pts. They are matched to
  the file's packet index; a time that fits no packet, or not exactly one, is a `DecodeError`, never
  a guess. Streams without timestamps are counted.
- A file with several video streams is refused: OpenCV cannot be told which one to decode.
- OpenCV 5.0 gives one and the same picture for all frames of an interlaced stream, without an
  error; such files are refused. Many builds have no decoder for AV1.
- In damaged streams OpenCV hands out broken frames without saying so, and stops early at others.
- Colours of some formats (4:2:0 with odd sizes, more than 8 bit) differ by rounding.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from framesel.errors import DecodeError, ProbeError
from framesel.storage.copies import near
from framesel.storage.place import Place
from framesel.video.companions import arrange, with_companions
from framesel.video.container import find_stream, open_whole
from framesel.video.frame import Frame
from framesel.video.info import Segment, Spans, VideoInfo
from framesel.video.packet_index import PacketIndex
from framesel.video.packets import read_index
from framesel.video.sampling import Keyframes, Sampling

_RATHER_THAN = "Use the decoder 'pyav' for this file."


@dataclass(frozen=True)
class OpenCvDecoder:
    """Reads all frames in order and keeps the wanted ones.

    Attributes:
        threads: Decoding threads.
    """

    name: ClassVar[str] = "opencv"
    threads: int = 1

    def sample(
        self, path: Place, info: VideoInfo, segment: Segment | Spans, sampling: Sampling
    ) -> Iterator[Frame]:
        """See `Decoder.sample`."""
        index = read_index(path, info)
        if index.untimed and isinstance(sampling, Keyframes):
            raise DecodeError(
                f"{path}: OpenCV does not tell which frames are keyframes. {_RATHER_THAN}"
            )
        chosen = sampling.choose(index.timeline)
        wanted = index.timeline.pts[with_companions(chosen, sampling.companions)].tolist()
        frames = self._read(path, info, index, {p for p in wanted if segment.holds(p)})
        return arrange(frames, sampling, set(index.timeline.pts[chosen].tolist()))

    def fetch(self, path: Place, info: VideoInfo, pts: Sequence[int]) -> Iterator[Frame]:
        """See `Decoder.fetch`."""
        missing = set(pts)
        count = len(missing)
        for frame in self._read(path, info, read_index(path, info), set(missing)):
            missing.discard(frame.pts)
            yield frame
        if missing:
            raise DecodeError(
                f"{path}: {count - len(missing)} of {count} frames were found, "
                f"none at pts {min(missing)}. {_RATHER_THAN}"
            )

    def decode_all(self, path: Place, info: VideoInfo) -> Iterator[Frame]:
        """See `Decoder.decode_all`."""
        return self._read(path, info, read_index(path, info), None)

    def _read(
        self, path: Place, info: VideoInfo, index: PacketIndex, wanted: set[int] | None
    ) -> Iterator[Frame]:
        line = index.timeline
        final = max(wanted, default=None) if wanted is not None else None
        if wanted is not None and final is None:
            return
        latest, count = -1, 0
        capture = self._open(path, info)
        try:
            while capture.grab():
                row = count if index.untimed else _row(capture, path, info, index)
                count += 1
                if row <= latest:
                    raise DecodeError(f"{path}: OpenCV's times do not advance. {_RATHER_THAN}")
                latest = row
                pts = int(line.pts[row]) if row < len(line) else row
                if wanted is None or pts in wanted:
                    image = _retrieve(capture, path)
                    key = bool(line.key[row]) if row < len(line) else False
                    yield Frame(pts=pts, index=row, t_s=info.t_s(pts), key=key, image=image)
                if final is not None and pts >= final:
                    return
        finally:
            capture.release()
        if count < len(line):
            raise DecodeError(
                f"{path}: OpenCV gave {count} of {len(line)} frames. The file is damaged, or "
                f"OpenCV stops early. {_RATHER_THAN}"
            )

    def _open(self, path: Place, info: VideoInfo) -> cv2.VideoCapture:
        if reason := _beyond_opencv(path, info):
            raise DecodeError(f"{path}: {reason}. {_RATHER_THAN}")
        options = [cv2.CAP_PROP_N_THREADS, self.threads]
        capture = cv2.VideoCapture(str(near(path).absolute()), cv2.CAP_FFMPEG, options)
        if not capture.isOpened():
            raise DecodeError(f"{path}: OpenCV cannot open it. {_RATHER_THAN}")
        return capture


def _beyond_opencv(path: Place, info: VideoInfo) -> str:
    """Why OpenCV would silently give wrong pictures; empty if it would not."""
    try:
        with open_whole(path) as container:
            if len(container.streams.video) > 1:
                return "holds several video streams, and OpenCV cannot be told which to decode"
            stream = find_stream(container, info.stream_index, path)
            first = next(container.decode(stream), None)
            if stream.codec_context.field_order > 1 or (first and first.interlaced_frame):
                return "is interlaced, and OpenCV gives one picture again and again"
    except ProbeError as error:
        raise DecodeError(str(error)) from error
    except av.error.FFmpegError:
        return "its first frames are damaged"
    return ""


def _row(capture: cv2.VideoCapture, path: Place, info: VideoInfo, index: PacketIndex) -> int:
    """Position on the time line of the frame that was grabbed last."""
    line = index.timeline
    seconds = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
    # OpenCV counts from the stream's start time, which is that of its first frame.
    exact_pts = info.start_pts + seconds / float(info.time_base)
    near = int(np.searchsorted(line.pts, round(exact_pts)))
    rows = [r for r in (near - 1, near) if 0 <= r < len(line)]
    row = min(rows, key=lambda r: abs(float(line.pts[r]) - exact_pts), default=-1)
    if row < 0 or abs(float(line.pts[row]) - exact_pts) > 0.5:
        raise DecodeError(
            f"{path}: OpenCV gives a frame at {seconds:.6f} s, where the container has none; "
            f"which frame it is cannot be known. {_RATHER_THAN}"
        )
    return row


def _retrieve(capture: cv2.VideoCapture, path: Place) -> NDArray[np.uint8]:
    done, bgr = capture.retrieve()
    if not done or bgr is None or bgr.ndim != 3:
        raise DecodeError(f"{path}: OpenCV cannot convert a frame. {_RATHER_THAN}")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
