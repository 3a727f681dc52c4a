"""One contract for all decoders: the same timestamp gives the same frame.

Exact against plain sequential decoding; between OpenCV and PyAV within what differing colour
conversions explain. Exceptions stand here for rendered files, in `test_real_files.py` for others.
"""

import hashlib
import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import numpy as np
import pytest

from framesel.errors import DecodeError, UsageError
from framesel.video import Frame, Segment, VideoInfo, decoder, plan_segments, probe, pyav, reader
from framesel.video.info import Spans
from framesel.video.packets import read_index
from framesel.video.pyav import PyAvDecoder
from framesel.video.sampling import (
    EveryN,
    FpsSampling,
    KeyframeEvery,
    Keyframes,
    OnChange,
    Sampling,
)
from tests.video.encodings import ENCODINGS, SKIPPING

WHOLE = Segment(None, None)
GRIDS: list[Sampling] = [
    FpsSampling(fps=1),
    FpsSampling(fps=7.3, start_s=0.33, end_s=3.1),
    EveryN(n=5),
    EveryN(n=1),
    Keyframes(),
    KeyframeEvery(every_s=0.7),
]
JOINED = (GRIDS[1], GRIDS[4])  # on these, segments are joined as well

# Rendered files on which OpenCV and PyAV differ, and those that OpenCV refuses or breaks off.
RENDERED_DIFFERS = {"h264_10bit.mp4", "hevc_10bit.mp4", "prores.mov"}
RENDERED_REFUSED = {
    "h264_interlaced.mp4": "interlaced",
    "mpeg4_b.avi": "do not advance",  # AVI has no pts, and OpenCV gives the B-frames' dts
}


class Seen(NamedTuple):
    """A frame without its pixels, which are compared by digest: long clips do not fit."""

    pts: int
    index: int
    t_s: float
    key: bool
    digest: str


def seen(frame: Frame) -> Seen:
    digest = hashlib.sha1(frame.image.tobytes()).hexdigest()
    return Seen(frame.pts, frame.index, frame.t_s, frame.key, digest)


def collect(frames: Iterator[Frame]) -> tuple[list[Seen], str]:
    got: list[Seen] = []
    try:
        got.extend(seen(f) for f in frames)
    except DecodeError as error:
        return got, str(error)
    return got, ""


def check_image(frame: Frame, info: VideoInfo) -> Frame:
    assert frame.image.dtype == np.uint8
    assert frame.image.shape == (info.height, info.width, 3)
    assert frame.image.flags.c_contiguous
    assert frame.t_s == pytest.approx(float((frame.pts - info.start_pts) * info.time_base))
    return frame


def on_grid(full: list[Seen], path: Path, info: VideoInfo, grid: Sampling) -> list[Seen]:
    line = read_index(path, info).timeline
    chosen = set(line.pts[grid.choose(line)].tolist())
    return [f for f in full if f.pts in chosen]


def check_contract(name: str, path: Path) -> None:
    """What holds for every decoder on every file, damaged or not."""
    info, dec = probe(path), decoder(name)
    full, damage = collect(check_image(f, info) for f in dec.decode_all(path, info))
    assert full or damage
    assert all(a.pts < b.pts and a.index < b.index for a, b in pairwise(full))
    if name == "opencv" and damage:
        return  # what it gives before it breaks off was looked at; it refuses the file
    long = len(full) > 250  # the real clips of that length are all ordinary H.264
    for grid in GRIDS[1:2] if long else GRIDS:
        if name == "opencv" and isinstance(grid, Keyframes) and read_index(path, info).untimed:
            continue
        expected = on_grid(full, path, info, grid)
        if isinstance(grid, Keyframes) and read_index(path, info).untimed:
            expected = [f for f in full if f.key]
        got, _ = collect(dec.sample(path, info, WHOLE, grid))
        assert got == expected, grid
        if long or grid not in JOINED:
            continue
        middle = full[len(full) // 2].pts
        parts = [Segment(None, middle), Segment(middle, None)]
        for segments in (parts, plan_segments(path, info, 0.9)):
            joined = [f for s in segments for f in collect(dec.sample(path, info, s, grid))[0]]
            assert joined == expected, (grid, segments)
        edges = [full[len(full) * i // 5].pts for i in (1, 2, 3)]
        spans = Spans((Segment(None, edges[0]), Segment(edges[1], edges[2])))
        got, _ = collect(dec.sample(path, info, spans, grid))
        assert got == [f for f in expected if f.pts < edges[0] or edges[1] <= f.pts < edges[2]]
    rng = random.Random(0)
    for count in (1, 3, 9):
        pts = rng.sample([f.pts for f in full], min(count, len(full)))
        got, error = collect(dec.fetch(path, info, [*pts, pts[0]]))
        assert got == [f for f in full if f.pts in pts]
        assert not error


def check_agreement(path: Path, tolerance: float) -> None:
    """OpenCV's frames are PyAV's."""
    info = probe(path)
    ours = decoder("pyav").decode_all(path, info)
    theirs = decoder("opencv").decode_all(path, info)
    for a, b in zip(ours, theirs, strict=True):
        assert (a.pts, a.index, a.key) == (b.pts, b.index, b.key)
        assert cv2.absdiff(a.image, b.image).mean() <= tolerance, a.pts


@pytest.mark.parametrize("name", ENCODINGS)
def test_rendered(name, render_video):
    codec, options = ENCODINGS[name]
    check_contract("pyav", render_video(name, codec, **options))


@pytest.mark.parametrize("name", ENCODINGS)
def test_bytes_between_frames_are_counted(name, render_video):
    codec, options = ENCODINGS[name]
    path = render_video(name, codec, **options)
    info = probe(path)
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size and p.pts is not None]
    full = list(decoder("pyav").sample(path, info, WHOLE, EveryN(n=1)))
    keys = {f.pts for f in full if f.key}
    for grid in (EveryN(n=7), FpsSampling(fps=1.5)):
        got = list(decoder("pyav").sample(path, info, WHOLE, grid))
        if read_index(path, info).untimed:
            assert {f.coded for f in got} == {None}
            continue
        ends = [*(f.pts for f in got[1:]), 1 << 62]
        expected = [
            sum(p.size for p in packets if f.pts < p.pts < end and p.pts not in keys)
            for f, end in zip(got, ends, strict=True)
        ]
        assert [f.coded for f in got] == expected
        for f, size, end in zip(got, expected, ends, strict=True):
            inside = [p for p in packets if f.pts < p.pts < end and p.pts not in keys]
            upto = {p.pts: sum(q.size for q in inside if q.pts <= p.pts) for p in inside}
            third = min((at for at, spent in upto.items() if 3 * spent >= size), default=None)
            late_s = None if third is None else info.t_s(third) - f.t_s
            assert f.third_s == (None if late_s is None else pytest.approx(late_s, abs=1e-9))
            if third is None:
                assert f.third_key_s is None
                continue
            key = max((at for at in keys if f.pts <= at <= third), default=f.pts)
            assert f.third_key_s == pytest.approx(info.t_s(key) - f.t_s, abs=1e-9)
        stretch = Spans((Segment(got[1].pts, got[-1].pts),))
        part = decoder("pyav").sample(path, info, stretch, grid)
        assert [f.coded for f in part] == expected[1:-1]


@pytest.mark.parametrize("name", ["h264_b3_gop250.mp4", "h264_vfr.mkv", "h264_raw.h264", "hevc.ts"])
def test_rendered_opencv(name, render_video):
    codec, options = ENCODINGS[name]
    check_contract("opencv", render_video(name, codec, **options))


@pytest.mark.parametrize("name", ENCODINGS)
def test_rendered_opencv_agrees(name, render_video):
    codec, options = ENCODINGS[name]
    path = render_video(name, codec, **options)
    if name in RENDERED_REFUSED:
        _, error = collect(decoder("opencv").decode_all(path, probe(path)))
        assert RENDERED_REFUSED[name] in error
    else:
        check_agreement(path, 2.0 if name in RENDERED_DIFFERS else 0.0)


@pytest.mark.parametrize("name", sorted(SKIPPING))
def test_skipping_is_used_and_never_in_doubt(name, render_video, monkeypatch):
    codec, options = ENCODINGS[name]
    path = render_video(name, codec, **options)
    info = probe(path)

    def forbidden(*_args):
        raise AssertionError("fell back to plain decoding")

    index = read_index(path, info)
    assert index.unproven == ""
    monkeypatch.setattr(pyav, "_plain", forbidden)
    got, error = collect(decoder("pyav").sample(path, info, WHOLE, FpsSampling(fps=2)))
    assert len(got) in (6, 7)  # variable rates end a little later
    assert not error


@pytest.mark.parametrize("threads", [0, 2])
def test_threads_change_nothing(threads, render_video):
    codec, options = ENCODINGS["h264_pyramid.mp4"]
    path = render_video("h264_pyramid.mp4", codec, **options)
    info = probe(path)
    one, _ = collect(PyAvDecoder().sample(path, info, WHOLE, FpsSampling(fps=3)))
    more, _ = collect(PyAvDecoder(threads=threads).sample(path, info, WHOLE, FpsSampling(fps=3)))
    assert one
    assert one == more


def scenes(k: int, width: int, height: int) -> np.ndarray:
    """A new brightness every 40 frames, and a little flicker."""
    return np.full((height, width, 3), 50 + 80 * (k // 40) + k % 3, np.uint8)


def test_on_change_restarts_with_each_segment(render_video):
    path = render_video("scenes.mp4", "libx264", gop=10, paint=scenes)
    info = probe(path)
    calm = OnChange(threshold=20.0, max_fps=25)
    whole, _ = collect(decoder("pyav").sample(path, info, WHOLE, calm))
    assert [f.index for f in whole] == [0, 40]
    cut = int(10 / (25 * info.time_base))
    second, _ = collect(decoder("pyav").sample(path, info, Segment(cut, None), calm))
    assert [f.index for f in second] == [10, 40]


def test_fetch_tells_what_is_missing_after_giving_the_rest(render_video):
    path = render_video("h264_gop30.mkv", "libx264", gop=30)
    info = probe(path)
    for name in ("pyav", "opencv"):
        got, error = collect(decoder(name).fetch(path, info, [0, 40, 41, 80]))
        assert [f.pts for f in got] == [0, 40, 80]
        assert "pts 41" in error


def test_unknown_decoder_names_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'opencv'"):
        decoder("opencvv")


SEEKABLE = [*sorted(SKIPPING), "h264_vfr.mkv"]


@pytest.mark.parametrize("name", SEEKABLE)
def test_seeking_lands_on_the_planned_packet(name, render_video, monkeypatch):
    codec, options = ENCODINGS[name]
    path = render_video(name, codec, **options)
    info = probe(path)
    full, _ = collect(decoder("pyav").decode_all(path, info))

    def forbidden(*_args):
        raise AssertionError("fell back to plain decoding")

    monkeypatch.setattr(pyav, "_plain", forbidden)
    monkeypatch.setattr(reader, "_SEEK_OVER_BYTES", 0)
    for picked in (full[-3:], full[40:42], [full[5], full[37], full[74]]):
        got, error = collect(decoder("pyav").fetch(path, info, [f.pts for f in picked]))
        assert got == picked
        assert not error


def test_a_seek_that_lands_elsewhere_reads_on_from_the_beginning(render_video, monkeypatch):
    path = render_video("h264_gop30.mkv", "libx264", gop=30)
    info = probe(path)
    full, _ = collect(decoder("pyav").decode_all(path, info))
    monkeypatch.setattr(reader, "_SEEK_OVER_BYTES", 0)

    monkeypatch.setattr(reader.PacketReader, "_seek", lambda _self, _start: False)
    picked = [full[1], full[35], full[-1]]
    got, error = collect(decoder("pyav").fetch(path, info, [f.pts for f in picked]))
    assert got == picked
    assert not error
