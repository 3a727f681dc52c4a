"""Looks at a video, a picture or a folder of pictures without decoding it whole."""

from collections.abc import Callable
from fractions import Fraction
from itertools import islice

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from framesel.errors import ProbeError
from framesel.storage.place import Place, RemotePath
from framesel.video.container import (
    MAX_PIXELS,
    check_size,
    open_container,
    open_hollow,
    pick_stream,
    regular_size_bytes,
)
from framesel.video.hollow import TABLED
from framesel.video.info import VideoInfo
from framesel.video.metadata import location, recorded_at
from framesel.video.picture import PictureInfo, is_picture, list_pictures, probe_picture

PEEK_PACKETS = 64
"""So many packets tell whether a stream has usable timestamps and where they start."""

_MAX_PACKETS_TO_FIRST_FRAME = 600
_DEFAULT_FPS = Fraction(25)


def probe(path: Place) -> VideoInfo:
    """Describes a video file, a picture, or a folder of pictures (a sequence).

    At most the first few packets are decoded.

    Args:
        path: A file, or a folder whose images make one video in natural order.

    Raises:
        ProbeError: With the reason, if it cannot be opened or holds no video.
    """
    if path.is_dir():
        return _probe_sequence(path)
    regular_size_bytes(path)  # before anything reads it: a pipe would block for ever
    if is_picture(path):
        return _picture_info(probe_picture(path), "image", 1)
    if isinstance(path, RemotePath):
        container, file = open_hollow(path)
        seen = file.empty
    else:
        container, seen = open_container(path), _nothing
    with container:
        stream = pick_stream(container, path)
        try:
            first_pts, frame = _peek(container, stream, seen)
        except (av.error.FFmpegError, LookupError) as error:
            raise ProbeError(
                f"{path}: breaks while its first packets are read ({error})."
            ) from error
        return _video_info(path, container, stream, first_pts, frame)


def _nothing() -> None:
    """A local file is read as it is."""


def untimed(first_pts: list[int | None]) -> bool:
    """Whether a stream's timestamps cannot identify its frames.

    Args:
        first_pts: pts of the first `PEEK_PACKETS` packets that are shown.
    """
    return None in first_pts or len(set(first_pts)) < len(first_pts)


def clockwise(frame: VideoFrame) -> int:
    """Clockwise degrees by which the container asks to turn a frame: 0, 90, 180 or 270."""
    turn = round(-frame.rotation / 90) * 90
    # Oblique angles are no camera orientation; turning them would need resampling.
    return turn % 360 if abs(turn + frame.rotation) <= 1 else 0


def _probe_sequence(folder: Place) -> VideoInfo:
    pictures = list_pictures(folder)
    for picture in pictures:
        try:
            first = probe_picture(picture)
        except ProbeError:
            continue
        return _picture_info(first, "sequence", len(pictures))
    if pictures:
        raise ProbeError(f"{folder}: none of its {len(pictures)} pictures can be read.")
    raise ProbeError(f"{folder}: is a folder without pictures.")


def _picture_info(picture: PictureInfo, kind: str, count: int) -> VideoInfo:
    return VideoInfo(
        kind="sequence" if kind == "sequence" else "image",
        codec=picture.codec,
        width=picture.width,
        height=picture.height,
        fps=None,
        duration_s=None,
        frames=count,
        rotation=picture.rotation,
        time_base=Fraction(1),
        stream_index=0,
        start_pts=0,
        recorded_at=picture.recorded_at,
        latitude=picture.latitude,
        longitude=picture.longitude,
    )


def _peek(
    container: InputContainer, stream: VideoStream, seen: Callable[[], None]
) -> tuple[list[int | None], VideoFrame | None]:
    """Pts of the first packets, and the first frame that decodes; ``seen`` is told of it."""
    stream.codec_context.thread_count = 1
    stream.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
    pts: list[int | None] = []
    frame: VideoFrame | None = None
    for packet in islice(container.demux(stream), _MAX_PACKETS_TO_FIRST_FRAME):
        if len(pts) < PEEK_PACKETS and packet.size and not packet.is_discard:
            pts.append(packet.pts)
        if frame is None:
            try:
                frame = next(iter(packet.decode()), None)
            except (av.error.FFmpegError, LookupError):
                continue
            if frame is not None and container.format.name == TABLED:
                seen()  # of the packets that follow, only the times are asked for
        elif len(pts) >= PEEK_PACKETS:
            break
    return pts, frame


def _video_info(
    path: Place,
    container: InputContainer,
    stream: VideoStream,
    first_pts: list[int | None],
    frame: VideoFrame | None,
) -> VideoInfo:
    context = stream.codec_context
    width, height = (frame.width, frame.height) if frame else (context.width, context.height)
    check_size(width, height, path)
    if not first_pts or width * height == 0:
        raise ProbeError(f"{path}: its video stream holds no packets that can be decoded.")
    rotation = clockwise(frame) if frame else 0
    frames = _frame_count(stream)
    duration_s = _duration_s(container, stream)
    fps = _rate(stream, frames, duration_s)
    timed = [p for p in first_pts if p is not None]
    counted = untimed(first_pts)
    time_base = 1 / (fps or _DEFAULT_FPS) if counted or not stream.time_base else stream.time_base
    tags = {**stream.metadata, **container.metadata}
    latitude, longitude = location(tags)
    return VideoInfo(
        kind="video",
        codec=context.codec.canonical_name,
        width=height if rotation % 180 else width,
        height=width if rotation % 180 else height,
        fps=fps,
        duration_s=duration_s,
        frames=frames,
        rotation=rotation,
        time_base=time_base,
        stream_index=stream.index,
        start_pts=0 if counted else min(timed),
        recorded_at=recorded_at(tags),
        latitude=latitude,
        longitude=longitude,
    )


def _frame_count(stream: VideoStream) -> int | None:
    # AVI counts empty chunks as frames; its index does not.
    indexed = len(stream.index_entries)
    return indexed if indexed > 1 and indexed <= stream.frames else (stream.frames or None)


def _duration_s(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _rate(stream: VideoStream, frames: int | None, duration_s: float | None) -> Fraction | None:
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate
    if frames and frames > 1 and duration_s and len(stream.index_entries) < stream.frames:
        return Fraction(frames / duration_s).limit_denominator(1001)
    return Fraction(rate) if rate else None
