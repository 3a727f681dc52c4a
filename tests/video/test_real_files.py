"""The decoders' contract on real files, odd and ordinary ones."""

from pathlib import Path

import pytest

from framesel.errors import ProbeError
from framesel.video import decoder, probe
from tests.video.test_decoder_contract import check_agreement, check_contract, collect

SUFFIXES = {".mp4", ".mkv", ".mov", ".avi", ".ts", ".webm", ".h264"}

# Real files on which OpenCV and PyAV differ: name -> (largest mean difference of a frame, cause).
ROUNDING = "colour conversion rounds differently"
OPENCV_DIFFERS: dict[str, tuple[float, str]] = {
    "h264_10bit.mp4": (2.0, ROUNDING),
    "h264_10bits.mp4": (2.0, ROUNDING),
    "h265_10bits.mp4": (2.0, ROUNDING),
    "odd_dims_321x241.mkv": (0.2, ROUNDING),
}
# Real files that OpenCV refuses or breaks off: name -> part of the reason it gives.
OPENCV_REFUSES = {
    "av1.mkv": "gave 0 of 60 frames",  # its FFmpeg has no software decoder for AV1
    "av1_video.mkv": "gave 0 of 125 frames",
    "mkv_named.mp4": "gave 0 of 60 frames",
    "corrupted.mp4": "gave 28 of 50 frames",  # it ends at the first packet that fails
    "h264_bitflips.mp4": "do not advance",  # it repeats a frame after the damage
    "nasa_13013.mp4": "several video streams",
}
LONG_BYTES = 2_000_000
"""Longer clips are ordinary H.264, of which there are shorter ones."""


def real_files(folder: Path) -> list[Path]:
    files = [*folder.glob("odd/*"), *folder.glob("clips/*/*")]
    videos = sorted(p for p in files if p.suffix in SUFFIXES and p.stat().st_size < LONG_BYTES)
    return videos + drone_clips(folder)[:1]


def drone_clips(folder: Path) -> list[Path]:
    found = sorted(folder.glob("drone/videos/*.mp4"))
    return found[:: max(1, len(found) // 3)]


@pytest.mark.real_data
def test_real_files_pyav(real_data):
    unreadable = []
    for path in real_files(real_data):
        try:
            check_contract("pyav", path)
        except ProbeError as error:
            unreadable.append((path.name, str(error)))
    assert len(unreadable) == 5, unreadable


@pytest.mark.slow
@pytest.mark.real_data
def test_more_drone_clips(real_data):
    for path in drone_clips(real_data)[1:]:
        check_contract("pyav", path)
        check_agreement(path, OPENCV_DIFFERS.get(path.name, (0.0, ""))[0])


@pytest.mark.real_data
def test_real_files_opencv_agrees(real_data):
    for path in real_files(real_data):
        try:
            info = probe(path)
        except ProbeError:
            continue
        if path.name in OPENCV_REFUSES:
            _, error = collect(decoder("opencv").decode_all(path, info))
            assert OPENCV_REFUSES[path.name] in error, path.name
        else:
            check_agreement(path, OPENCV_DIFFERS.get(path.name, (0.0, ""))[0])
