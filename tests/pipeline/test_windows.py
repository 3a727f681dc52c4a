"""Windows: bytes tell of what no keyframe of the first look shows."""

from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel import planning
from framesel.stages.looks import looks
from framesel.stages.windows import CoarseToFine, Windows
from tests.pipeline.coarse_footage import FPS, GOP, SIZE_WH, scene, table
from tests.pipeline.conftest import Bench
from tests.video.conftest import render


def camera(folder: Path, shown: Callable[[int], int], gop: int = GOP, **options: str) -> Path:
    """One video of 40 s with a keyframe each second; ``shown``: the picture of each frame."""
    path = folder / "cameras/camera0.mp4"
    path.parent.mkdir()
    return render(
        path,
        frames=400,
        size_wh=SIZE_WH,
        gop=gop,
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
        f"coarse={{every_s: 4, new_cos: 0.99, share: 0.6, window_s: {window_s}}}",
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
    keys = table(bench, "frames@coarse", *asked)["third_key_s"].to_pylist()
    assert all(
        0 <= key_s <= third_s < key_s + 1 <= 4 for key_s, third_s in zip(keys, third, strict=True)
    )
    for t_s, third_s, key_s in zip(first, third, keys, strict=True):
        inside = [t for t in times if t_s < t < t_s + 4]
        assert len(inside) == (frames if t_s in dense else 0)
        start_s = min(t_s + max(third_s - length_s / 2, key_s), t_s + 4 - length_s)
        assert all(start_s - 0.1 <= t < start_s + length_s + 0.1 for t in inside)


@pytest.mark.parametrize(("gop", "windows"), [(10, 5), (80, 3)])
def test_windows_are_given_what_the_first_look_leaves(
    tmp_path: Path, gop: int, windows: int
) -> None:
    path = camera(tmp_path, lambda k: k, gop)
    for share, wanted in ((0.2, windows), (0.03, 0)):
        asked = [f"coarse={{every_s: 8, new_cos: 1, share: {share}}}", "frames.sample.fps=2"]
        bench = Bench(tmp_path / f"ws{share}", path.parent)
        bench.run(*asked)
        found = table(bench, "windows", *asked).to_pylist()
        dense = [row for row in found if row["dense"]]
        # five keyframes are as many looks as an exact pass has in 2.5 of 40 seconds
        left_s = share * 40 - 2.5 / 2
        work_s = [(row["decoded_s"] + 1) / 2 for row in dense]
        assert (len(found), len(dense)) == (5, wanted)
        assert sum(work_s) <= left_s or not dense
        others = [(row["decoded_s"] + 1) / 2 for row in found if not row["dense"] and row["new"]]
        assert all(sum(work_s) + more > left_s for more in others)
        (step,) = (
            s
            for s in planning.plan(bench.workspace, bench.recipe(*asked))
            if isinstance(s.stage, Windows)
        )
        (remark,) = step.stage.remarks(bench.workspace, step.key)
        minutes = sum(row["seconds"] for row in dense) / 60
        told = f"{minutes:.1f} of 0.7 minutes have windows of 1 s" if dense else "no windows in 0.7"
        assert remark.startswith(told)


def test_what_windows_may_take_is_promised() -> None:
    coarse = CoarseToFine(every_s=4, window_s=1, share=0.14)
    assert coarse.promised(1, 0.25, 1) == pytest.approx((0.015, 0.015))  # decoded for a second each
    # seconds 2.83 to 3.83 after keyframes, decoded from these on
    assert coarse.promised(10, 0.12, 1) == pytest.approx(
        (0.16 / 4.8333 * 3.8333, 0.16 / 4.8333), 1e-4
    )
    assert coarse.promised(1, 0.3, 1) == (0, 0)
    everywhere = coarse.model_copy(update={"share": 1.0})
    assert everywhere.promised(10, 0.12, 1) == pytest.approx((0.38333, 0.1), 1e-4)
    assert everywhere.model_copy(update={"window_s": None}).promised(10, 0, 1) == (1, 1)
    # a frame in two seconds: windows are as long, so that each holds one
    assert everywhere.promised(10, 0.12, 2) == pytest.approx((0.43333, 0.2), 1e-4)


@given(
    lengths=st.lists(st.integers(1, 40_000), min_size=2, max_size=6),
    thirds=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    keys=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    window_s=st.floats(0.01, 12),
    apart_s=st.floats(0, 2),
)
def test_a_window_lies_in_its_stretch_and_around_the_third(
    lengths: list[int], thirds: list[float], keys: list[float], window_s: float, apart_s: float
) -> None:
    pts = np.concatenate([[0], np.cumsum(lengths)])
    seconds = np.array(lengths) / 1000
    third_s = np.array(thirds[: len(lengths)]) * seconds
    key_s = np.array(keys[: len(lengths)]) * third_s
    columns = {"pts": pts[:-1], "video_no": np.zeros(len(lengths), np.int64)}
    columns |= {"third_s": third_s, "third_key_s": key_s}
    per_s, apart = np.full(len(lengths), 1000.0), np.full(len(lengths), apart_s)
    start, end, whole, decoded_s, work_s = looks(columns, seconds, per_s, window_s, apart)
    length_s = max(window_s, apart_s)
    np.testing.assert_array_equal(whole, seconds <= length_s)
    assert (start > pts[:-1]).all()  # the keyframe is there already
    assert (end[:-1] <= pts[1:-1]).all()
    short = (end - start)[~whole] / 1000
    assert (short >= length_s - 0.0021).all()
    assert (short[:-1] <= length_s + 0.0021).all()
    begins = ((start - pts[:-1]) / 1000)[~whole]
    wanted = np.maximum(third_s - length_s / 2, key_s)[~whole]
    room = seconds[~whole] - length_s
    np.testing.assert_allclose(begins, np.clip(wanted, 0, room), atol=0.0021)
    assert (begins[wanted < room] >= key_s[~whole][wanted < room] - 0.0021).all()
    ends = ((end - pts[:-1]) / 1000)[~whole]
    np.testing.assert_allclose(
        decoded_s[~whole], ends - np.minimum(key_s[~whole], begins), atol=0.0042
    )
    np.testing.assert_array_equal(decoded_s[whole], seconds[whole])
    looked_s = np.where(whole, np.maximum(seconds - apart_s, 0), length_s)
    np.testing.assert_allclose(work_s, (decoded_s + looked_s) / 2)


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
