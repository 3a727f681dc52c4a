"""Reads the packet index of a video, by demuxing it without decoding."""

from functools import lru_cache

import av

from framesel.errors import DecodeError, ProbeError
from framesel.storage.place import Place, RemotePath
from framesel.video import sparse
from framesel.video.container import find_stream, open_whole
from framesel.video.info import VideoInfo
from framesel.video.packet_index import PacketIndex, Table
from framesel.video.truncation import cut_short


def read_index(path: Place, info: VideoInfo) -> PacketIndex:
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
def _cached(path: Place, _size: int, _mtime_ns: int, info: VideoInfo) -> PacketIndex:
    index = sparse.read(path, info) if isinstance(path, RemotePath) else None
    return _read(path, info) if index is None else index


def _read(path: Place, info: VideoInfo) -> PacketIndex:
    with open_whole(path) as container:
        stream = find_stream(container, info.stream_index, path)
        table = Table(stream)
        try:
            for packet in container.demux(stream):
                if packet.size:
                    table.add(packet)
        except (av.error.FFmpegError, LookupError):
            # The decoder meets the same end of the file and reports it with its frames.
            table.unproven = table.unproven or "a file that breaks off"
        ends_early = cut_short(path, container.format.name, info.frames, len(table.pts))
        return table.index(container, stream, info, ends_early)
