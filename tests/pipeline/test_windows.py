"""Windows: bytes tell of what no keyframe of the first look shows."""

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.pipeline.coarse_footage import FPS, GOP, SIZE_WH, scene, table
from tests.pipeline.conftest import Bench
from tests.video.conftest import render


def camera(folder: Path, shown: Callable[[int], int], **options: str) -> Path:
    """One video of 40 s with a keyframe each second; ``shown``: the picture of each frame."""
    path = folder / "cameras/camera0.mp4"
    path.parent.mkdir()
    return render(
        path,
        frames=400,
        size_wh=SIZE_WH,
        gop=GOP,
        times=[k * 1000 // FPS for k in range(400)],
        paint=lambda k, w, h: scene(shown(k), w, h, video=1),
        **{"x264-params": "scenecut=0", **options},
    )


def test_what_no_keyframe_shows_is_found_by_its_bytes(tmp_path: Path) -> None:
    seen = range(212, 228)  # the first look has the frames 200 and 240
    path = camera(tmp_path, lambda k: k - 10 if k in seen else k % 200, crf="28")
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


@pytest.mark.parametrize(
    ("sample", "window_s", "length_s", "frames"),
    [
        ("fps=2", 1, 1, 2),
        ("fps=2", 2.5, 2.5, 5),
        ("fps=0.5", 1, 2, 1),
        ("={mode: every_n, n: 20}", 1, 2, 1),
    ],
)
def test_a_window_lies_where_a_third_of_the_bytes_is_spent(
    tmp_path: Path, sample: str, window_s: float, length_s: float, frames: int
) -> None:
    path = camera(tmp_path, lambda k: k)
    asked = [
        f"coarse={{every_s: 4, new_cos: 0.99, share: 0.3, window_s: {window_s}}}",
        f"frames.sample{sample if sample[0] == '=' else '.' + sample}",
    ]
    bench = Bench(tmp_path / "ws", path.parent)
    bench.run(*asked)
    first = table(bench, "frames@coarse", *asked)["t_s"].to_pylist()
    windows = table(bench, "windows", *asked).to_pylist()
    dense = [t_s for t_s, row in zip(first, windows, strict=True) if row["dense"]]
    assert 16 in dense
    assert 20 in dense  # on both sides of the keyframe that shows the event
    times = table(bench, "frames", *asked)["t_s"].to_pylist()
    assert set(first) <= set(times)
    third = table(bench, "frames@coarse", *asked)["third_s"].to_pylist()
    assert all(0 < third_s < 4 for third_s in third)
    for t_s, third_s in zip(first, third, strict=True):
        inside = [t for t in times if t_s < t < t_s + 4]
        assert len(inside) == (frames if t_s in dense else 0)
        start_s = min(max(t_s + third_s - length_s / 2, t_s), t_s + 4 - length_s)
        assert all(start_s - 0.1 <= t < start_s + length_s + 0.1 for t in inside)


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
