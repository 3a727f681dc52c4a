"""What the NAL unit headers of H.264 and HEVC packets say, without decoding them.

H.264: ITU-T H.264 7.3.1 and 7.4.1. HEVC: ITU-T H.265 7.3.1.2 and table 7-1.
"""

from collections.abc import Iterator
from enum import IntFlag

_H264_IGNORED = frozenset({6, 9, 12})  # SEI, access unit delimiter, filler
_H264_SETS = frozenset({7, 8, 13})  # SPS, PPS, SPS extension
_HEVC_IGNORED = frozenset({35, 38, 39, 40})  # delimiter, filler, SEI
_HEVC_SETS = frozenset({32, 33, 34})  # VPS, SPS, PPS
_HEVC_SUBLAYER_NON_REFERENCE = frozenset({0, 2, 4, 6, 8})
_HEVC_LEADING = frozenset({6, 7, 8, 9})  # RADL and RASL
_HEVC_RANDOM_ACCESS = range(16, 22)  # BLA, IDR, CRA
_START = b"\0\0\1"


class Role(IntFlag):
    """What a packet is to the others. HEVC keeps the temporal layer in the bits from 4 on."""

    NON_REFERENCE = 1  # no other packet of its temporal layer refers to it
    START = 2  # nothing after it refers to anything before it, but for leading pictures
    INTRA = 4  # decodes exactly on its own
    LEADING = 8  # HEVC: shown before the START that it follows, and may refer to what is before


TEMPORAL_SHIFT = 4


class UnprovenError(Exception):
    """Something in the stream for which skipping packets is not proven to be exact."""


class NalReader:
    """Classifies the packets of one H.264 or HEVC stream."""

    def __init__(self, codec: str, extradata: bytes) -> None:
        """Reads the stream's configuration.

        Args:
            codec: "h264" or "hevc".
            extradata: The codec's extradata: avcC, hvcC, or parameter sets with start codes.

        Raises:
            UnprovenError: If the packets' framing cannot be told from it.
        """
        self._hevc = codec == "hevc"
        self._extradata = extradata
        self._length_bytes = _length_bytes(extradata, 21 if self._hevc else 4)

    @property
    def by_length(self) -> bool:
        """Whether each unit is told by its length, so that a packet's first bytes say much."""
        return self._length_bytes > 0

    def role_by_head(self, head: bytes, size: int) -> int:
        """Classifies one packet by its first bytes.

        The slices of a picture are all of an IDR picture, or none, and are referred to together,
        so the first tells what `role` tells; but for INTRA, which is left out where it may be more.

        Args:
            head: The first bytes, with all units before the first slice.
            size: Bytes of the whole packet.

        Returns:
            As `role`.

        Raises:
            UnprovenError: As for `role`, and where the first slice is not in the head.
        """
        units = _by_length(head, self._length_bytes, size)
        role = self._hevc_role(head, units) if self._hevc else self._h264_role(head, units)
        return role if len(head) == size or role & Role.START else role & ~Role.INTRA

    def role(self, packet: bytes | memoryview) -> int:
        """Classifies one packet (one picture).

        Args:
            packet: The packet's bytes.

        Returns:
            `Role` flags, and for HEVC the temporal layer.

        Raises:
            UnprovenError: On parameter sets that change, layers, data partitions, unknown units and
                broken framing.
        """
        if self._length_bytes:
            units = _by_length(packet, self._length_bytes)
        else:
            packet = bytes(packet)
            units = _by_start_code(packet)
        return self._hevc_role(packet, units) if self._hevc else self._h264_role(packet, units)

    def _h264_role(self, data: bytes | memoryview, units: Iterator[tuple[int, int]]) -> int:
        role, pictures = Role.NON_REFERENCE | Role.START | Role.INTRA, 0
        for start, stop in units:
            header = data[start]
            kind = header & 31
            if kind in (1, 5):
                pictures += 1
                if header & 0x60:
                    role &= ~Role.NON_REFERENCE
                if kind == 1:
                    role &= ~Role.START
                    if role & Role.INTRA and not _is_intra(data[start + 1 : stop]):
                        role &= ~Role.INTRA
            elif kind in _H264_SETS:
                self._known_set(data, start, stop)
            elif kind not in _H264_IGNORED:
                raise UnprovenError(f"NAL units of type {kind}")
        if not pictures:
            raise UnprovenError("packets without a picture")
        return int(role)

    def _hevc_role(self, data: bytes | memoryview, units: Iterator[tuple[int, int]]) -> int:
        role, pictures, layer = Role.NON_REFERENCE | Role.START | Role.INTRA, 0, 0
        for start, stop in units:
            if stop - start < 2 or data[start] & 1 or data[start + 1] >> 3:
                raise UnprovenError("several layers in the stream")
            kind = data[start] >> 1 & 63
            if kind <= 9 or kind in _HEVC_RANDOM_ACCESS:
                pictures += 1
                layer = (data[start + 1] & 7) - 1
                if kind not in _HEVC_SUBLAYER_NON_REFERENCE:
                    role &= ~Role.NON_REFERENCE
                if kind not in _HEVC_RANDOM_ACCESS:
                    role &= ~(Role.START | Role.INTRA)
                if kind in _HEVC_LEADING:
                    role |= Role.LEADING
            elif kind in _HEVC_SETS:
                self._known_set(data, start, stop)
            elif kind not in _HEVC_IGNORED:
                raise UnprovenError(f"NAL units of type {kind}")
        if not pictures or layer < 0:
            raise UnprovenError("packets without a picture")
        return int(role) | layer << TEMPORAL_SHIFT

    def _known_set(self, data: bytes | memoryview, start: int, stop: int) -> None:
        """A repeated parameter set may be skipped; one that changes something may not."""
        if stop > len(data) or bytes(data[start:stop]).rstrip(b"\0") not in self._extradata:
            raise UnprovenError("parameter sets that change inside the stream")


def _length_bytes(extradata: bytes, at: int) -> int:
    """Size of the length field before each unit; 0 for start codes."""
    if extradata.startswith((_START, b"\0" + _START)):
        return 0
    if len(extradata) > at and extradata[0] == 1:
        return (extradata[at] & 3) + 1
    raise UnprovenError("an unknown packet framing")


def _by_length(
    data: bytes | memoryview, length_bytes: int, size: int | None = None
) -> Iterator[tuple[int, int]]:
    """Where units begin and end; of ``size`` bytes, only those whose header is in ``data``."""
    at, end = 0, len(data) if size is None else size
    held = len(data) if len(data) == end else len(data) - length_bytes - 1
    while at < end and at < held:
        start = at + length_bytes
        at = start + int.from_bytes(data[at:start], "big")
        if at > end or at <= start:
            raise UnprovenError("broken NAL unit lengths")
        yield start, at


def _by_start_code(data: bytes) -> Iterator[tuple[int, int]]:
    start = data.find(_START)
    if start < 0 or data[:start].strip(b"\0"):
        raise UnprovenError("packets that do not begin with a start code")
    while start >= 0:
        start += 3
        following = data.find(_START, start)
        stop = len(data) if following < 0 else following
        while stop > start and data[stop - 1] == 0:
            stop -= 1
        if stop == start:
            raise UnprovenError("empty NAL units")
        yield start, stop
        start = following


def _is_intra(slice_header: bytes | memoryview) -> bool:
    """Whether a slice header's slice_type is I (H.264 7.3.3: first_mb_in_slice, slice_type)."""
    head = bytes(slice_header[:16]).replace(b"\0\0\3", b"\0\0")
    bits, width = int.from_bytes(head, "big"), 8 * len(head)
    at = 0
    value = -1
    for _ in range(2):
        zeros = 0
        while at + zeros < width and not bits >> (width - 1 - at - zeros) & 1:
            zeros += 1
        at += 2 * zeros + 1
        if at > width:
            return False
        value = (bits >> (width - at) & ((1 << (zeros + 1)) - 1)) - 1
    return value in (2, 7)
