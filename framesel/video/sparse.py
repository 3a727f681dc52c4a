"""The packet index of a remote MP4 file, from its tables and the beginnings of its keyframes.

What is fetched: the tables, the packets that libav looks at when it opens a file, and 4 KiB of each
keyframe, which say whether decoding can begin there. Damage in the rest goes unnoticed until it is
decoded.
"""

from array import array
from typing import Final

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from framesel.storage.place import RemotePath
from framesel.storage.ranges import in_order
from framesel.video.container import find_stream, open_hollow
from framesel.video.hollow import TABLED
from framesel.video.info import VideoInfo
from framesel.video.nal import Role, UnprovenError
from framesel.video.packet_index import NO_PTS, PacketIndex, Table
from framesel.video.truncation import cut_short

_INTRA: Final = frozenset({"prores", "dnxhd"})
_HEAD: Final = 1 << 12


def read(path: RemotePath, info: VideoInfo) -> PacketIndex | None:
    """The packet index of a remote video; None where its packets must be read for that.

    Raises:
        ProbeError: If the file cannot be opened.
    """
    container, file = open_hollow(path)
    with container:
        stream = find_stream(container, info.stream_index, path)
        table = Table(stream)
        codec = stream.codec_context.codec.canonical_name
        known = codec in _INTRA or (table.nal is not None and table.nal.by_length)
        if container.format.name != TABLED or table.unproven or not known:
            return None
        file.empty()
        role = Role.NON_REFERENCE | Role.START | Role.INTRA if codec in _INTRA else Role(0)
        place = _listed(container, stream, table, role)
        if table.nal is not None and place is not None:
            _look(path, table, place, hevc=codec == "hevc")
        if table.unproven or place is None:
            return None
        ends_early = cut_short(path, container.format.name, info.frames, len(table.pts))
        index = table.index(container, stream, info, ends_early, place)
        return None if index.unproven else index


def _listed(
    container: InputContainer, stream: VideoStream, table: Table, role: Role
) -> NDArray[np.int64] | None:
    """Takes up all packets; where they lie, or None if that is not known of all."""
    place = array("q")
    try:
        for packet in container.demux(stream):
            if packet.size:
                if packet.is_corrupt or packet.has_sidedata("new_extradata"):
                    return None
                table.add(packet, role)
                place.append(-1 if packet.pos is None else packet.pos)
    except (av.error.FFmpegError, LookupError):
        return None
    # The demuxer's parser looks for keyframes in the content, which is not there.
    keys = {entry.pos for entry in stream.index_entries if entry.is_keyframe}
    table.key = array("B", [at in keys for at in place])
    found = np.array(place, np.int64)
    ends = found + np.array(table.size, np.int64)
    return found if (found >= 0).all() and (ends[:-1] <= found[1:]).all() else None


def _look(path: RemotePath, table: Table, place: NDArray[np.int64], *, hevc: bool) -> None:
    """Finds out what the keyframes are, and which pictures lead them."""
    assert table.nal is not None
    rows = np.flatnonzero(np.array(table.key, np.bool_)).tolist()
    ranges = [(int(place[r]), int(place[r]) + min(_HEAD, table.size[r])) for r in rows]
    try:
        for row, head in zip(rows, in_order(path.url, ranges), strict=True):
            table.role[row] = table.nal.role_by_head(head, table.size[row])
    except UnprovenError as error:
        table.unproven = str(error)
    if hevc:
        _leading(table)


def _leading(table: Table) -> None:
    """H.265, 3.1: leading pictures follow their start when decoded, and precede it when shown."""
    shown_from = NO_PTS
    for row, role in enumerate(table.role):
        if role & Role.START:
            shown_from = table.pts[row]
        elif table.pts[row] < shown_from:
            table.role[row] = role | Role.LEADING
