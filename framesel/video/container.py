"""Opens a video file with libav, and nothing but that file."""

import stat
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream

from framesel.errors import ProbeError
from framesel.storage.copies import near
from framesel.storage.place import Place, RemotePath
from framesel.video.hollow import Hollow

MAX_PIXELS = 128_000_000
"""Frames larger than this (16K is 133 million) are refused: a few bytes can ask for gigabytes."""

# Demuxers that read one file and open no other. Playlists (concat, hls, dash), image patterns,
# devices and filter graphs are not among them, whatever a file claims to be.
DEMUXERS = (
    "mov,mp4,m4a,3gp,3g2,mj2",
    "matroska,webm",
    *("avi", "mpegts", "mpeg", "mpegvideo", "h264", "hevc", "vvc", "m4v", "h261", "h263", "vc1"),
    *("flv", "live_flv", "kux", "asf", "ivf", "av1", "obu", "ogg", "nut", "mxf", "gxf", "dv"),
    *("wtv", "rm", "gif", "mjpeg", "mjpeg_2000", "yuv4mpegpipe", "dhav", "nsv", "amv", "avs2"),
    *("cavsvideo", "dirac", "dnxhd", "bink", "smk", "wsvqa"),
)

_OPEN_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": ",".join(DEMUXERS)}


def open_container(path: Place) -> InputContainer:
    """Opens a video file to look at some of it; of a remote one only that is fetched.

    Args:
        path: A regular file.

    Returns:
        The open container; close it or use it as a context manager.

    Raises:
        ProbeError: With a reason for people, if it cannot be opened.
    """
    _not_empty(path)
    return _opened(path, _by_name(path) if isinstance(path, Path) else Hollow(path.open()))


def open_whole(path: Place) -> InputContainer:
    """Opens a video file to read all of it; a remote one is copied first. See `open_container`."""
    _not_empty(path)
    return _opened(path, _by_name(near(path)))


def open_hollow(path: RemotePath) -> tuple[InputContainer, Hollow]:
    """Opens a remote video file and gives also what it is read through. See `open_container`."""
    _not_empty(path)
    file = Hollow(path.open())
    return _opened(path, file), file


def _not_empty(path: Place) -> None:
    if regular_size_bytes(path) == 0:
        raise ProbeError(f"{path}: is empty (0 bytes). Copy it again from the source.")


def _by_name(path: Path) -> str:
    return f"file:{path.absolute()}"


def _opened(path: Place, source: str | Hollow) -> InputContainer:
    # libav would write to stderr about every damaged byte; our errors say what matters.
    av.logging.set_level(None)
    try:
        container: InputContainer = av.open(
            source,
            mode="r",
            options=dict(_OPEN_OPTIONS),
            metadata_errors="replace",
        )
        return container
    except (av.error.FFmpegError, ValueError, OSError) as error:
        raise ProbeError(f"{path}: {_why_not_opened(path, error)}") from error


def regular_size_bytes(path: Place) -> int:
    """Size of a regular file.

    Raises:
        ProbeError: If it is a pipe, a device or a folder, or cannot be reached.
    """
    try:
        status = path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ProbeError(f"{path}: cannot be read ({reason}).") from error
    if not stat.S_ISREG(status.st_mode):
        raise ProbeError(f"{path}: is not a regular file.")
    return status.st_size


def pick_stream(container: InputContainer, path: Place) -> VideoStream:
    """Chooses the video stream: the largest picture that is not a cover image.

    Args:
        container: An open container.
        path: For the message.

    Raises:
        ProbeError: If there is no video stream, or none that this build can decode.
    """
    videos = [s for s in container.streams.video if not _is_cover(s)]
    if not videos:
        kinds = sorted({s.type for s in container.streams})
        if kinds == ["audio"] or (kinds and container.streams.audio):
            raise ProbeError(f"{path}: holds only audio, no video stream.")
        holds = ", ".join(kinds) or "nothing"
        raise ProbeError(f"{path}: holds no video stream (it holds {holds}).")
    usable = [s for s in videos if s.codec_context is not None]
    if not usable:
        raise ProbeError(f"{path}: its video codec is unknown to this build of PyAV.")
    stream = max(usable, key=lambda s: (s.codec_context.width * s.codec_context.height, -s.index))
    check_size(stream.codec_context.width, stream.codec_context.height, path)
    return stream


def find_stream(container: InputContainer, stream_index: int, path: Place) -> VideoStream:
    """The video stream with the index that `probe` chose.

    Raises:
        ProbeError: If the file has no such video stream (it changed since it was probed).
    """
    for stream in container.streams.video:
        if stream.index == stream_index and stream.codec_context is not None:
            check_size(stream.codec_context.width, stream.codec_context.height, path)
            return stream
    raise ProbeError(f"{path}: has no video stream {stream_index} any more. Add it again.")


def check_size(width: int, height: int, path: Place) -> None:
    """Refuses pictures that are absurdly large.

    Raises:
        ProbeError: If the picture has more than `MAX_PIXELS` pixels.
    """
    if width * height > MAX_PIXELS:
        raise ProbeError(
            f"{path}: claims {width}x{height} pixels, more than the {MAX_PIXELS:,} that are "
            "decoded. It is damaged, or made to exhaust memory; scale it down if it is real."
        )


def _is_cover(stream: VideoStream) -> bool:
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _why_not_opened(path: Place, error: Exception) -> str:
    head = _head(path)
    if head.lstrip().startswith((b"#EXTM3U", b"ffconcat", b"<MPD", b"v=0")):
        return "is a playlist, which would open other files. Give the files themselves."
    if looks_like_text(head):
        return "is text, not a video."
    if head[4:8] in (b"ftyp", b"mdat", b"moov", b"wide", b"free", b"skip"):
        if not _has_moov(path):
            return (
                "moov atom missing (a truncated upload, or the recorder lost power?). "
                "Copy it again, or repair it with the recorder's tool."
            )
        return "is an MP4 file whose header is damaged."
    if isinstance(error, av.error.InvalidDataError | av.error.ArgumentError | ValueError):
        return "is no video that can be recognised (damaged, encrypted, or not a video)."
    return f"cannot be opened ({getattr(error, 'strerror', None) or error})."


def looks_like_text(head: bytes) -> bool:
    """Whether the beginning of a file is plain text."""
    if not head or b"\0" in head:
        return False
    try:
        text = head.decode("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        # A multi-byte character may be cut at the very end of what was read.
        if error.start < len(head) - 4:
            return False
        text = head[: error.start].decode("utf-8")
    return all(c.isprintable() or c in "\t\r\n\f" for c in text)


def _head(path: Place, size: int = 4096) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""


def _has_moov(path: Place) -> bool:
    """Walks the top-level boxes of an MP4 file."""
    size_bytes = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at + 8 <= size_bytes:
            file.seek(at)
            header = file.read(16)
            if header[4:8] == b"moov":
                return True
            length = int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            if length < 8:
                return False
            at += length
    return False
