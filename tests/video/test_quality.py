import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from framesel.video.gate import Gate, judge
from framesel.video.quality import measure, thumbnail


def noise(seed: int = 0, low: int = 0, high: int = 256) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(low, high, (240, 320, 3), dtype=np.uint8)


def test_figures_mean_what_they_say():
    image = noise()
    quality, thumb = measure(image, None)
    gray = image @ np.array([0.299, 0.587, 0.114])
    assert quality.brightness == pytest.approx(gray.mean(), abs=0.6)
    assert quality.contrast == pytest.approx(gray.std(), rel=0.05)
    padded = np.pad(np.round(gray), 1, mode="reflect")
    laplacian = (
        padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    ) - 4 * padded[1:-1, 1:-1]
    assert quality.sharpness == pytest.approx(laplacian.var(), rel=0.02)
    assert np.isnan(quality.change)
    brighter, _ = measure(np.clip(image.astype(int) // 2 + 100, 0, 255).astype(np.uint8), thumb)
    expected = np.abs(thumbnail(image // 2 + 100) - thumb).mean()
    assert brighter.change == pytest.approx(expected, abs=0.5)
    assert thumb.shape == (32, 32)


def test_blur_lowers_sharpness_and_stillness_is_no_change():
    image = noise()
    sharp, thumb = measure(image, None)
    blurred, _ = measure(cv2.GaussianBlur(image, (9, 9), 3), None)
    assert blurred.sharpness < sharp.sharpness / 10
    assert measure(image, thumb)[0].change == 0


def test_resolution_changes_little():
    small = cv2.resize(noise(), (640, 480), interpolation=cv2.INTER_CUBIC)
    large = cv2.resize(small, (1920, 1440), interpolation=cv2.INTER_CUBIC)
    a, b = measure(small, None)[0], measure(large, None)[0]
    assert a.sharpness == pytest.approx(b.sharpness, rel=0.2)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 500, 3), (3, 2, 3)])
def test_odd_shapes_can_be_measured(shape):
    quality, thumb = measure(np.zeros(shape, np.uint8), None)
    assert quality.brightness == 0
    assert measure(np.zeros(shape, np.uint8), thumb)[0].change == 0


def scene(seed: int) -> np.ndarray:
    """Large patches with fine grain: blur takes the grain and leaves the patches."""
    patches = np.random.default_rng(100 + seed).integers(30, 220, (6, 8, 3), dtype=np.uint8)
    return np.repeat(np.repeat(patches, 40, axis=0), 40, axis=1) + noise(seed, 0, 30)


def columns(images: list[np.ndarray]) -> list[np.ndarray]:
    rows, previous = [], None
    for image in images:
        quality, previous = measure(image, previous)
        rows.append((quality.sharpness, quality.brightness, quality.contrast, quality.change))
    return [np.array(c) for c in zip(*rows, strict=True)]


def test_faults_are_found_in_a_day_video():
    images = [scene(k) for k in range(20)]
    images[4] = np.zeros_like(images[0])
    images[7] = cv2.GaussianBlur(images[7], (21, 21), 8)
    images[9] = np.full_like(images[0], 200)
    images[13:17] = [images[12]] * 4
    verdict = judge(*columns(images), Gate()).tolist()
    expected = [""] * 20
    expected[4], expected[7], expected[9] = "black", "blurred", "flat"
    expected[13:17] = ["frozen"] * 4
    assert verdict == expected


def test_a_night_camera_survives():
    # Dark, soft and steady: all frames alike, so nothing is judged bad.
    dark = [cv2.GaussianBlur(noise(k, 0, 30), (5, 5), 1) // 2 for k in range(30)]
    lamp = [d.copy() for d in dark]
    for k, image in enumerate(lamp):
        image[40:80, 20 + 3 * k : 60 + 3 * k] = 90
    assert set(judge(*columns(lamp), Gate())) == {""}


def test_short_videos_and_switched_off_gates_pass():
    images = [scene(0), cv2.GaussianBlur(scene(1), (21, 21), 8)]
    assert set(judge(*columns(images), Gate())) == {""}
    black = [np.zeros((9, 9, 3), np.uint8)] * 3
    assert set(judge(*columns(black), Gate(enabled=False))) == {""}
    nothing = np.zeros(0)
    assert judge(nothing, nothing, nothing, nothing, Gate()).shape == (0,)


def test_gate_refuses_nonsense():
    with pytest.raises(ValidationError):
        Gate(blur_ratio=2)
    with pytest.raises(ValidationError):
        Gate(typo=1)
