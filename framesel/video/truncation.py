"""Whether a file ends before its video does: an interrupted copy, a recorder without power."""

from framesel.storage.place import Place

_TS_PACKETS = ((188, 0), (192, 4), (204, 0))  # plain, M2TS with timestamps, with error correction
_SYNC = 0x47


def cut_short(path: Place, format_name: str, promised: int | None, held: int) -> str:
    """Why a file seems to be cut short; empty where it does not.

    Args:
        path: The file.
        format_name: libav's name of the container.
        promised: Frames that the container's header counts; None if it does not.
        held: Packets that are there.
    """
    if format_name.startswith("mov,") and promised and held < promised:
        return f"the file is cut short: {held} of {promised} frames are there"
    if format_name == "mpegts" and _ends_inside_a_packet(path):
        return "the file is cut short: it ends inside a packet"
    return ""


def _ends_inside_a_packet(path: Place) -> bool:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(5 * 204)
    for length, offset in _TS_PACKETS:
        starts = range(offset, len(head), length)
        if all(head[start] == _SYNC for start in starts):
            return size % length != 0
    return False
