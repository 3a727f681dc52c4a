"""Damaged streams: what can be had is given, and skipping loses and changes nothing."""

import random
from pathlib import Path

import pytest

from framesel.errors import DecodeError, ProbeError
from framesel.video import Segment, decoder, probe
from framesel.video.packets import read_index
from framesel.video.sampling import FpsSampling, Keyframes
from tests.video.encodings import ENCODINGS
from tests.video.test_decoder_contract import collect

WHOLE = Segment(None, None)


def damaged(source: Path, folder: Path, seed: int) -> Path:
    """Flips a few bytes in the second half of the file's payload."""
    rng = random.Random(seed)
    data = bytearray(source.read_bytes())
    start = data.find(b"mdat") + 5000 if b"mdat" in data else len(data) // 5
    stop = data.rfind(b"moov") if data.rfind(b"moov") > start else len(data)
    for _ in range(rng.choice([1, 3, 12])):
        data[rng.randrange(start, stop)] ^= 1 << rng.randrange(8)
    path = folder / f"{seed}{source.suffix}"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "name", ["h264_pyramid.mp4", "h264_gop30.mkv", "hevc.mp4", "h264_annexb.ts", "vp9.webm"]
)
def test_skipping_gives_what_plain_decoding_gives(name, render_video, tmp_path):
    codec, options = ENCODINGS[name]
    source = render_video(name, codec, **options)
    sound, _ = collect(decoder().decode_all(source, probe(source)))
    for seed in range(8):
        path = damaged(source, tmp_path, seed)
        try:
            info = probe(path)
        except ProbeError:
            continue
        full, _ = collect(decoder().decode_all(path, info))
        line = read_index(path, info).timeline
        for grid in (FpsSampling(fps=2), Keyframes()):
            got, _ = collect(decoder().sample(path, info, WHOLE, grid))
            chosen = set(line.pts[grid.choose(line)].tolist())
            plain = [f for f in full if f.pts in chosen]
            # A frame that plain decoding loses to damage elsewhere may be whole on its own, and how
            # libav conceals damage depends on what it decoded before: what the damage did not touch
            # must be equal, and skipping may lose nothing.
            untouched = [f for f in plain if f in sound]
            assert [f for f in got if f in untouched] == untouched, (seed, grid)
            assert {f.pts for f in plain} <= {f.pts for f in got}, (seed, grid)
            assert [f.pts for f in got] == sorted({f.pts for f in got})


def test_a_truncated_video_keeps_its_frames_and_says_so_at_the_end(render_video, tmp_path):
    source = render_video("front.mp4", "libx264", gop=10, container={"movflags": "faststart"})
    path = tmp_path / "cut.mp4"
    path.write_bytes(source.read_bytes()[: source.stat().st_size * 2 // 3])
    info = probe(path)
    whole, _ = collect(decoder().decode_all(source, probe(source)))
    got = []
    with pytest.raises(DecodeError, match=r"cut\.mp4: damaged"):
        got.extend(f.pts for f in decoder().decode_all(path, info))
    assert 30 < len(got) < 75
    assert got == [f.pts for f in whole][: len(got)]


def test_a_video_without_one_good_frame_is_an_error(render_video, tmp_path):
    source = render_video("front.mp4", "libx264", gop=10, container={"movflags": "faststart"})
    data = bytearray(source.read_bytes())
    start = data.find(b"mdat") + 4
    data[start:] = bytes(len(data) - start)
    path = tmp_path / "zeros.mp4"
    path.write_bytes(data)
    info = probe(path)
    for frames in (
        decoder().decode_all(path, info),
        decoder().sample(path, info, WHOLE, FpsSampling()),
        decoder().fetch(path, info, [0]),
    ):
        with pytest.raises(DecodeError):
            list(frames)


@pytest.mark.real_data
def test_real_damage_gives_frames_and_one_error(real_data):
    for name, at_least in (("odd/h264_bitflips.mp4", 100), ("clips/decord/corrupted.mp4", 40)):
        path = real_data / name
        full, error = collect(decoder().decode_all(path, probe(path)))
        assert len(full) >= at_least
        assert "damaged" in error
