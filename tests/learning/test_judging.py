"""Detectors are shown pictures; what they find is told in pixels of the full ones."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.annotation.sheet import Box
from framesel.detectors.detector import DetectSettings
from framesel.errors import WorkspaceError
from framesel.evaluation.boxes import Found
from framesel.learning import found as found_table
from framesel.learning.judging import Exam, Judged, Machine, confidence
from framesel.learning.material import Shown
from framesel.learning.pictures import into_picture, out_of_picture
from framesel.video import jpeg

CPU = Machine.of("cpu", 1)


def shown(
    name: str, boxes: tuple[Box, ...] = (), region: str = "", video_no: int = 0, pts: int = 0
) -> Shown:
    return Shown((video_no, pts), name, "digest", (320, 240), region, (), boxes)


def exam(folder: Path, frames: tuple[Shown, ...], size_wh: tuple[int, int]) -> Exam:
    """With gray pictures of a size."""
    (folder / "images").mkdir()
    for one in frames:
        image = np.full((size_wh[1], size_wh[0], 3), 99, np.uint8)
        (folder / "images" / f"{one.name}.jpg").write_bytes(jpeg.encode(image, 90, None))
    return Exam(frames, folder, ("bird", "car"))


def weights(folder: Path, text: str) -> str:
    path = folder / "weights.pt"
    path.write_text(text, "utf-8")
    return str(path)


def test_boxes_come_back_in_pixels_of_the_full_picture(
    tmp_path: Path, fake_detectors: list[DetectSettings]
) -> None:
    drawn = Box("car", 20, 20, 100, 80)
    asked = exam(tmp_path, (shown("a", (drawn,)), shown("b")), (160, 120))
    seen = '[["auto", 10, 10, 50, 40], ["cat", 0, 0, 9, 9]]'
    text = f'{{"classes": ["auto", "cat", "bird"], "sees": {seen}}}'
    judged = Judged(weights(tmp_path, text), 160, {"auto": "car"})
    found = judged.opened(CPU, asked.classes)(asked)
    assert found.offsets.tolist() == [0, 2, 4]
    assert found.xyxy[0].tolist() == [20, 20, 100, 80]
    assert found.class_no.tolist() == [1, -1, 1, -1], "by name; a class of nobody's is -1"
    assert found.conf[0] == pytest.approx(1 / (1 + np.exp(-2.0)))
    assert asked.truth.xyxy.tolist() == [[20, 20, 100, 80]]
    assert asked.truth.class_no.tolist() == [1]
    (asked_for,) = fake_detectors
    assert (asked_for.size_px, asked_for.conf, asked_for.max_candidates) == (160, 0.001, 100)


def test_a_cropped_picture_shifts_what_is_found(
    tmp_path: Path, fake_detectors: list[DetectSettings]
) -> None:
    region = '{"match": "*", "crop": [0.5, 0.25, 1.0, 0.75], "mask": []}'
    asked = exam(tmp_path, (shown("a", region=region),), (80, 60))  # half of 160 x 120
    judged = Judged(weights(tmp_path, '{"classes": ["car"], "sees": [["car", 0, 0, 40, 30]]}'), 80)
    assert judged.opened(CPU, ("car",))(asked).xyxy.tolist() == [[160, 60, 240, 120]]


@given(
    st.lists(st.tuples(*[st.floats(-50, 400)] * 4), max_size=4),
    st.tuples(st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.6, 1), st.floats(0.6, 1)),
    st.tuples(st.integers(1, 500), st.integers(1, 500)),
)
def test_into_the_picture_and_out_of_it(
    boxes: list[tuple[float, ...]], crop: tuple[float, ...], size_wh: tuple[int, int]
) -> None:
    one = shown("a", region=f'{{"match": "*", "crop": {list(crop)}, "mask": []}}')
    xyxy = np.array(boxes, np.float64).reshape(-1, 4)
    back = out_of_picture(into_picture(xyxy, one, size_wh), one, size_wh)
    np.testing.assert_allclose(back, xyxy, atol=1e-6)
    corners = np.array([one.shown_xyxy])
    np.testing.assert_allclose(into_picture(corners, one, size_wh), [[0, 0, *size_wh]], atol=1e-9)


def test_confidence_is_that_of_each_family() -> None:
    logits = np.array([[0.3, -2.0, 1.1], [-4.0, -5.0, -6.0]], np.float32)
    plain = 1 / (1 + np.exp(-logits.max(axis=1)))
    np.testing.assert_allclose(confidence(logits, softmax=False), plain, rtol=1e-6)
    odds = np.exp(logits)
    share = odds.max(axis=1) / (odds.sum(axis=1) + 1)
    np.testing.assert_allclose(confidence(logits, softmax=True), share, rtol=1e-6)
    assert confidence(np.empty((0, 3), np.float32), softmax=True).shape == (0,)


@settings(max_examples=15)
@given(st.lists(st.integers(0, 3), max_size=5), st.integers(0, 99))
def test_what_was_found_is_kept(counts: list[int], seed: int) -> None:
    import tempfile

    rng = np.random.default_rng(seed)
    total, offsets = sum(counts), np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    found = Found(
        offsets,
        rng.random((total, 4)).astype(np.float32),
        rng.integers(-1, 9, total),
        rng.random(total).astype(np.float32),
    )
    frames = tuple(shown(f"f{at}", video_no=at % 2, pts=at) for at in range(len(counts)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "found.parquet"
        sets = {"val": Exam(frames, path, ("a",))}
        found_table.write(path, sets, {"val": found})
        told = found_table.read(path)
    if not counts:
        assert told == {}
        return
    keys, back = told["val"]
    assert keys == tuple((at % 2, at) for at in range(len(counts)))
    for name in ("offsets", "xyxy", "class_no", "conf"):
        np.testing.assert_array_equal(getattr(back, name), getattr(found, name))


def test_a_damaged_table_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "found.parquet").write_bytes(b"no table")
    with pytest.raises(WorkspaceError, match=r"remove metrics\.json beside it"):
        found_table.read(tmp_path / "found.parquet")
