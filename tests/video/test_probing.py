"""Probing, digests, segments, and what hostile files meet."""

import os
import struct
from fractions import Fraction
from pathlib import Path

import pytest

from framesel.errors import DecodeError, ProbeError
from framesel.video import Segment, content_digest, decoder, plan_segments, probe
from framesel.video.info import WHOLE
from framesel.video.metadata import location, parse_time
from framesel.video.sampling import FpsSampling, Keyframes
from tests.video.encodings import ENCODINGS


@pytest.fixture
def clip(render_video) -> Path:
    return render_video("clip.mp4", "libx264", gop=25, metadata={"creation_time": "2023-01-02"})


def test_a_video_is_described(render_video):
    path = render_video(
        "told.mp4",
        "libx264",
        frames=50,
        rotation=90,
        container={"movflags": "use_metadata_tags"},
        metadata={"creation_time": "2023-04-05T06:07:08.000000Z", "location": "+48.5000-011.2500/"},
    )
    info = probe(path)
    assert (info.kind, info.codec, info.frames) == ("video", "h264", 50)
    assert (info.width, info.height, info.rotation) == (64, 96, 90)
    assert (info.fps, info.duration_s) == (Fraction(25), 2.0)
    assert (info.start_pts, info.stream_index) == (0, 0)
    assert info.recorded_at == "2023-04-05T06:07:08Z"
    assert (info.latitude, info.longitude) == (48.5, -11.25)


def test_streams_without_timestamps_count_frames(render_video):
    codec, options = ENCODINGS["h264_raw.h264"]
    info = probe(render_video("h264_raw.h264", codec, **options))
    assert (info.time_base, info.start_pts) == (1 / Fraction(info.fps), 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-04-05T06:07:08+0200", "2023-04-05T06:07:08+02:00"),
        ("2023:04:05 06:07:08", "2023-04-05T06:07:08"),
        ("1904-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("2023-13-45", None),
        ("2023-04-05T06:07:08Z\0\0", "2023-04-05T06:07:08Z"),
    ],
)
def test_times(text, expected):
    assert parse_time(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+40.6894-074.0447/", (40.6894, -74.0447)),
        ("+4030.5-07415.0+010CRSWGS_84/", (40.508333, -74.25)),
        ("-403000+0741530/", (-40.5, 74.258333)),
        ("+00.0000+000.0000/", (None, None)),
        ("+95.0+000.1/", (None, None)),
        ("here", (None, None)),
    ],
)
def test_places(text, expected):
    assert location({"Location": text}) == pytest.approx(expected, abs=1e-5)


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


HOSTILE = {
    "empty.mp4": (b"", "is empty"),
    "text.mp4": (b"hello, this is a diary\n" * 40, "is text"),
    "utf8.mp4": ("żółw\n" * 2000).encode(),
    "noise.mp4": (bytes(range(256)) * 40, "no video"),
    "no_moov.mp4": (box(b"ftyp", b"isom\0\0\0\1isom") + box(b"mdat", b"\1" * 999), "moov"),
    "cut.mp4": (box(b"ftyp", b"isom\0\0\0\1isom") + b"\0\0\xff\xffmdat" + b"\1" * 99, "moov"),
    "list.m3u8": (b"#EXTM3U\n#EXTINF:1,\nhttp://example.com/a.ts\n", "playlist"),
    "concat.txt": (b"ffconcat version 1.0\nfile /etc/passwd\n", "playlist"),
    "session.sdp": (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "playlist"),
    "loop.mp4": (b"\0\0\0\0ftyp" + b"\0" * 64, "moov"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_a_reason(name, tmp_path):
    given = HOSTILE[name]
    data, reason = given if isinstance(given, tuple) else (given, "is text")
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ProbeError, match=reason) as caught:
        probe(path)
    assert name in str(caught.value)


def test_things_that_are_no_files(tmp_path):
    with pytest.raises(ProbeError, match="cannot be read"):
        probe(tmp_path / "absent.mp4")
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(ProbeError, match="not a regular file"):
        probe(tmp_path / "pipe.mp4")


def test_names_are_no_protocols_or_patterns(clip, tmp_path):
    for name in ("concat:a.mp4", "frame%03d.mp4", "http:x.mp4", "späce näme 文.mp4", "-i.mp4"):
        path = tmp_path / name
        path.write_bytes(clip.read_bytes())
        assert probe(path).frames == 75


def test_playlists_inside_other_names_open_nothing(clip, tmp_path):
    (tmp_path / "real.mp4").write_bytes(clip.read_bytes())
    trap = tmp_path / "trap.mp4"
    trap.write_bytes(b"ffconcat version 1.0\nfile real.mp4\n")
    with pytest.raises(ProbeError):
        probe(trap)


def test_absurd_dimensions_are_refused(tmp_path):
    size = struct.pack("<ii", 60_000, 60_000)
    bitmap = b"BM" + struct.pack("<IHHI", 200, 0, 0, 54) + struct.pack("<I", 40) + size
    path = tmp_path / "bomb.bmp"
    path.write_bytes(bitmap + struct.pack("<HHIIiiII", 1, 24, 0, 0, 1, 1, 0, 0) + b"\0" * 99)
    with pytest.raises(ProbeError, match=r"absurd dimensions.*3600000000"):
        probe(path)


def test_audio_alone_is_no_video(tmp_path):
    import av
    import numpy as np

    path = tmp_path / "sound.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.sample_rate = 8000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(ProbeError, match="only audio"):
        probe(path)


def test_digest_sees_content_and_not_names(clip, tmp_path):
    data = clip.read_bytes() + bytes(6_000_000)
    a, b, c, d = (tmp_path / f"{x}.bin" for x in "abcd")
    a.write_bytes(data)
    b.write_bytes(data)
    c.write_bytes(data[:-1])
    d.write_bytes(b"x" + data[1:])
    assert content_digest(a) == content_digest(b)
    assert len({content_digest(p) for p in (a, c, d)}) == 3
    between = bytearray(data)
    between[1_200_000] = 7  # between two samples: only the full digest sees it
    b.write_bytes(between)
    assert content_digest(a) == content_digest(b)
    assert content_digest(a, full=True) != content_digest(b, full=True)
    with pytest.raises(ProbeError):
        content_digest(tmp_path / "absent")


def test_digest_of_a_folder_follows_its_pictures(tmp_path):
    (tmp_path / "2.png").write_bytes(b"two")
    (tmp_path / "10.png").write_bytes(b"ten")
    before = content_digest(tmp_path)
    (tmp_path / "notes.txt").write_bytes(b"irrelevant")
    assert content_digest(tmp_path) == before
    (tmp_path / "10.png").write_bytes(b"TEN")
    assert content_digest(tmp_path) != before


def test_segments_are_cut_where_decoding_can_begin(render_video):
    clip = render_video("regular.mp4", "libx264", gop=25, **{"x264-params": "scenecut=0"})
    info = probe(clip)
    assert plan_segments(clip, info, 1200.0) == [WHOLE]
    segments = plan_segments(clip, info, 0.9)
    second = int(1 / info.time_base)
    assert segments == [
        Segment(None, second),
        Segment(second, 2 * second),
        Segment(2 * second, None),
    ]
    one_group = render_video("long_gop.mp4", "libx264", gop=250, **{"x264-params": "scenecut=0"})
    assert plan_segments(one_group, probe(one_group), 0.9) == [WHOLE]
    codec, options = ENCODINGS["vp9.webm"]
    unproven = render_video("vp9.webm", codec, **options)
    assert plan_segments(unproven, probe(unproven), 0.9) == [WHOLE]


def test_a_file_that_changes_under_way_is_an_error(clip, tmp_path):
    path = tmp_path / "gone.mp4"
    path.write_bytes(clip.read_bytes())
    info = probe(path)
    path.unlink()
    with pytest.raises(DecodeError, match="cannot be read any more"):
        list(decoder().sample(path, info, WHOLE, FpsSampling()))
    path.write_bytes(b"something else, no video")
    for name in ("pyav", "opencv"):
        with pytest.raises(DecodeError):
            list(decoder(name).sample(path, info, WHOLE, Keyframes()))
