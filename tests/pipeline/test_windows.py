"""Windows: bytes tell of what no keyframe of the first look shows."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.pipeline.coarse_footage import FPS, GOP, SIZE_WH, scene, table
from tests.pipeline.conftest import Bench
from tests.video.conftest import render


def test_what_no_keyframe_shows_is_found_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "cameras/camera0.mp4"
    path.parent.mkdir()
    seen = range(212, 228)  # the first look has the frames 200 and 240
    render(
        path,
        frames=400,
        size_wh=SIZE_WH,
        gop=GOP,
        times=[k * 1000 // FPS for k in range(400)],
        paint=lambda k, w, h: scene(k - 10 if k in seen else k % 200, w, h, video=1),
        crf="28",
        **{"x264-params": "scenecut=0"},
    )
    asked = ["coarse={every_s: 4, share: 0.15}", "frames.sample.fps=2"]
    bench = Bench(tmp_path / "ws", path.parent)
    bench.run(*asked)
    windows = table(bench, "windows", *asked).to_pylist()
    starts = [row["start_pts"] or 0 for row in windows]
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    ends = [*starts[1:], max(p.pts for p in packets) + 1]
    rates = [
        sum(p.size for p in packets if low < p.pts < high and not p.is_keyframe) / row["seconds"]
        for row, low, high in zip(windows, starts, ends, strict=True)
    ]
    for row, rate in zip(windows, rates, strict=True):
        assert row["busy"] == pytest.approx(rate / np.median(rates), rel=1e-5)
        assert row["new"] < 0.05
    (dense,) = (number for number, row in enumerate(windows) if row["dense"])
    assert [r["t_s"] for r in table(bench, "frames@coarse", *asked).to_pylist()][dense] == 20
    assert windows[dense]["busy"] == max(row["busy"] for row in windows) > 1.5


def test_pictures_are_never_busy(tmp_path: Path) -> None:
    folder = tmp_path / "still"
    folder.mkdir()
    for k in range(24):
        cv2.imwrite(str(folder / f"{k:03d}.jpg"), scene(k, *SIZE_WH, video=0))
    asked = ["catalog.sequence=true", "coarse={every_s: 4, new_cos: -1}"]
    bench = Bench(tmp_path / "ws", folder)
    bench.run(*asked)
    windows = table(bench, "windows", *asked).to_pylist()
    assert {row["busy"] for row in windows} == {None}
    assert not any(row["dense"] for row in windows)
