"""`verify` believes nobody: a picture that is one frame off is found."""

import contextlib

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel.catalog import Catalog
from framesel.errors import DecodeError, WorkspaceError
from framesel.stages.footage import Video
from framesel.verify import fits_better, verify
from framesel.video import Frame
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench


def whole(video: Video) -> list[Frame]:
    """All frames that a video can give."""
    frames: list[Frame] = []
    with contextlib.suppress(DecodeError):
        for frame in video.decode_all():
            frames.append(frame)
    return frames


def test_a_fresh_export_is_clean(finished: Bench) -> None:
    verdicts = [check.verdict for check in verify(finished.workspace)]
    assert len(verdicts) == 8
    assert set(verdicts) <= {"ok", "indistinguishable"}
    assert verdicts.count("ok") >= 4


def test_an_export_shifted_by_one_frame_fails(bench: Bench) -> None:
    folder = bench.root / "rounds/0001/export"
    videos = Catalog(bench.workspace).videos
    honest = {check.image: check.verdict for check in verify(bench.workspace)}
    for row in pq.read_table(folder / "picks.parquet", partitioning=None).to_pylist():
        frames = whole(Video.of(videos[row["video_no"]]))
        at = next(i for i, f in enumerate(frames) if f.pts == row["pts"])
        other = frames[at + 1 if at + 1 < len(frames) else at - 1].image
        bgr = cv2.cvtColor(other, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / "images" / row["image"]), bgr, [cv2.IMWRITE_JPEG_QUALITY, 95])
    for check in verify(bench.workspace):
        if honest[check.image] == "ok":
            assert check.verdict == "wrong", check


def test_missing_damaged_and_resized_pictures_are_named(bench: Bench) -> None:
    images = sorted((bench.root / "rounds/0001/export/images").iterdir())
    images[0].unlink()
    images[1].write_bytes(b"no picture")
    small = cv2.imread(str(images[2]))[:-2, :-2]
    cv2.imwrite(str(images[2]), small)
    found = {check.image: check for check in verify(bench.workspace)}
    assert found[images[0].name].verdict == "missing"
    assert found[images[1].name].verdict == "missing"
    assert found[images[2].name].verdict == "wrong"
    assert "size" in found[images[2].name].detail


def test_a_video_that_is_gone_is_said(bench: Bench) -> None:
    for video in bench.videos.iterdir():
        video.unlink()
    assert {check.verdict for check in verify(bench.workspace)} == {"missing"}


def test_nothing_exported_is_an_error(tmp_path: pytest.TempPathFactory) -> None:
    with pytest.raises(WorkspaceError, match="no exported pictures"):
        list(verify(Workspace.create(tmp_path / "ws")))


def test_twins_cannot_be_told_apart_and_a_small_bird_can() -> None:
    rng = np.random.default_rng(0)
    sky = rng.integers(100, 110, (120, 160, 3), np.uint8)
    bird = sky.copy()
    bird[50:54, 60:64] = 0
    noisy = np.clip(bird.astype(int) + rng.integers(-4, 5, bird.shape), 0, 255).astype(np.uint8)
    assert fits_better(noisy, bird, sky) is True
    assert fits_better(noisy, sky, bird) is False
    assert fits_better(noisy, bird, bird.copy()) is None
