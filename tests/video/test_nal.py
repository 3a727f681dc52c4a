import pytest

from framesel.video.nal import TEMPORAL_SHIFT, NalReader, Role, UnprovenError

SPS, PPS = b"\x67\x64\x00\x0a", b"\x68\xee\x01"
AVCC = b"\x01\x64\x00\x0a\xff\xe1" + b"\x00\x04" + SPS + b"\x01\x00\x03" + PPS
ANNEX_B = b"\0\0\0\1" + SPS + b"\0\0\1" + PPS
# first_mb_in_slice = 0 is the bit 1; slice_type 7 (I) is 0001000, 5 (P) 00110, 6 (B) 00111.
I_SLICE, P_SLICE = b"\x88\x84", b"\x9a\x10"
IDR, P_REF, B_FREE = b"\x65" + I_SLICE, b"\x41" + P_SLICE, b"\x01\x9e\x10"
I_REF = b"\x41" + I_SLICE


def by_length(*units: bytes) -> bytes:
    return b"".join(len(u).to_bytes(4, "big") + u for u in units)


def by_code(*units: bytes) -> bytes:
    return b"".join(b"\0\0\0\1" + u for u in units)


@pytest.mark.parametrize(("extradata", "pack"), [(AVCC, by_length), (ANNEX_B, by_code)])
def test_h264_roles_in_both_framings(extradata, pack):
    reader = NalReader("h264", extradata)
    assert reader.role(pack(SPS, PPS, IDR)) == Role.START | Role.INTRA
    assert reader.role(memoryview(pack(P_REF))) == 0
    assert reader.role(pack(b"\x06\x05\x01\x80", B_FREE)) == Role.NON_REFERENCE
    assert reader.role(pack(I_REF)) == Role.INTRA
    # One referenced slice makes the whole picture a reference; one P slice makes it not intra.
    assert reader.role(pack(B_FREE, P_REF)) == 0
    assert reader.role(pack(I_REF, P_REF)) == 0
    assert reader.role(pack(IDR, P_REF)) == 0


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (by_length(b"\x67\x64\x00\x0b", IDR), "parameter sets"),
        (by_length(b"\x02\x00", IDR), "type 2"),  # data partition
        (by_length(b"\x74\x00", IDR), "type 20"),  # scalable or multiview slice
        (by_length(b"\x09\xf0"), "without a picture"),
        (by_length(IDR)[:-1], "broken"),
        (b"\0\0\0\0" + by_length(IDR), "broken"),
        (b"\0\0", "broken"),
    ],
)
def test_what_is_not_proven_is_refused(packet, reason):
    with pytest.raises(UnprovenError, match=reason):
        NalReader("h264", AVCC).role(packet)


def test_start_codes_must_come_first():
    with pytest.raises(UnprovenError, match="start code"):
        NalReader("h264", ANNEX_B).role(by_length(IDR))
    with pytest.raises(UnprovenError, match="framing"):
        NalReader("h264", b"")


def hevc(kind: int, layer: int = 0) -> bytes:
    return bytes([kind << 1, layer + 1]) + b"\xaf\x10"


def test_hevc_roles():
    reader = NalReader("hevc", b"\0\0\0\1" + hevc(32) + b"\0\0\1" + hevc(33))
    assert reader.role(by_code(hevc(32), hevc(33), hevc(19))) == Role.START | Role.INTRA
    assert reader.role(by_code(hevc(21))) == Role.START | Role.INTRA
    assert reader.role(by_code(hevc(9))) == Role.LEADING
    assert reader.role(by_code(hevc(1))) == 0
    assert reader.role(by_code(hevc(0))) == Role.NON_REFERENCE
    highest = Role.NON_REFERENCE | Role.LEADING | 2 << TEMPORAL_SHIFT
    assert reader.role(by_code(hevc(8, layer=2))) == highest


@pytest.mark.parametrize("kind", [10, 14, 22, 31, 36, 41, 62])
def test_hevc_unknown_units_are_refused(kind):
    reader = NalReader("hevc", b"\0\0\0\1" + hevc(33))
    with pytest.raises(UnprovenError):
        reader.role(by_code(hevc(19), hevc(kind)))


def test_hevc_layers_are_refused():
    reader = NalReader("hevc", b"\0\0\0\1" + hevc(33))
    with pytest.raises(UnprovenError, match="layers"):
        reader.role(by_code(bytes([19 << 1, 1 | 1 << 3, 0])))
