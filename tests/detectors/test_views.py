"""Views: what an edit shows, and that boxes come back to where they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.detectors.detector import Detections
from framesel.detectors.views import VIEWS, edit, restore, visible, window
from framesel.errors import UsageError

SIZES = st.tuples(st.integers(1, 70), st.integers(1, 50))
ALL = ("", *VIEWS)


def found(xyxy: np.ndarray, sides: np.ndarray | None = None) -> Detections:
    m = len(xyxy)
    return Detections(
        xyxy=xyxy.astype(np.float32),
        logits=np.arange(m * 2, dtype=np.float32).reshape(m, 2),
        level=np.zeros(m, np.int8),
        head=np.zeros(m, np.uint8),
        features=None,
        sides=sides,
        peak=1.5,
        faint=0.25,
    )


def in_view(xyxy: np.ndarray, view: str, size_wh: tuple[int, int]) -> np.ndarray:
    """Where a box of the original picture lies in the view, said in another way than the code."""
    if view == "hflip":
        corners = xyxy.reshape(-1, 2, 2) * [-1, 1] + [size_wh[0], 0]
        return np.concatenate([corners.min(axis=1), corners.max(axis=1)], axis=1)
    return xyxy - (window(view, size_wh)[:2] * 2)


@pytest.mark.parametrize("view", ALL)
@given(size_wh=SIZES, seed=st.integers(0, 99))
def test_restoring_undoes_the_edit(view: str, size_wh: tuple[int, int], seed: int) -> None:
    """A marked block of pixels is found in the view by its colour; its box comes back."""
    rng = np.random.default_rng(seed)
    left, top, right, bottom = window(view, size_wh)
    x = np.sort(rng.choice(np.arange(left, right + 1), 2, replace=False))
    y = np.sort(rng.choice(np.arange(top, bottom + 1), 2, replace=False))
    image = np.zeros((size_wh[1], size_wh[0], 3), np.uint8)
    image[y[0] : y[1], x[0] : x[1]] = 200
    before = image.copy()
    ys, xs, _ = np.nonzero(edit(image, view))
    seen = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]])
    assert restore(found(seen), view, size_wh).xyxy.tolist() == [[x[0], y[0], x[1], y[1]]]
    assert np.array_equal(image, before)


@pytest.mark.parametrize("view", ALL)
@given(size_wh=SIZES, seed=st.integers(0, 99))
def test_boxes_come_back(view: str, size_wh: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    xyxy = np.sort(rng.uniform(0, 50, (5, 2, 2)), axis=1).reshape(5, 4)
    sides = rng.random((5, 4, 3)).astype(np.float32)
    given_back = restore(found(in_view(xyxy, view, size_wh), sides), view, size_wh)
    assert np.allclose(given_back.xyxy, xyxy, atol=1e-4)
    assert given_back.xyxy.dtype == np.float32
    assert (given_back.peak, given_back.faint, len(given_back.logits)) == (1.5, 0.25, 5)
    assert given_back.sides is not None
    order = [2, 1, 0, 3] if view == "hflip" else [0, 1, 2, 3]
    assert np.array_equal(given_back.sides, sides[:, order])


def test_boxes_without_sides_and_no_boxes_come_back_too() -> None:
    for view in ALL:
        assert restore(found(np.zeros((0, 4))), view, (9, 9)).xyxy.shape == (0, 4)
        assert restore(found(np.ones((1, 4))), view, (9, 9)).sides is None


def test_what_the_views_show() -> None:
    image = np.arange(20 * 10 * 3, dtype=np.uint8).reshape(10, 20, 3)
    assert np.array_equal(edit(image, ""), image)
    assert np.array_equal(edit(image, "hflip")[:, 0], image[:, 19])
    assert np.array_equal(edit(image, "crop"), image[1:9, 2:18])
    assert edit(np.full((1, 1, 3), 7, np.uint8), "crop").shape == (1, 1, 3)


def test_bright_is_brighter_monotonous_and_keeps_black() -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[:, None, None], 3, axis=2)
    bright = edit(ramp, "bright")[:, 0, 0].astype(int)
    assert bright.dtype == int
    assert bright[0] == 0
    assert bright[64] == round(255 * 1.1 * (64 / 255) ** 0.75)
    assert bright[255] == 255
    assert (np.diff(bright) >= 0).all()
    assert (bright[1:255] > np.arange(1, 255)).all()


def test_visible_asks_for_nine_tenths_of_the_area() -> None:
    # The crop of 100 x 100 shows 10 to 90.
    xyxy = np.array(
        [
            [20, 20, 40, 40],
            [9, 20, 19, 30],  # exactly 90 %
            [8.9, 20, 18.9, 30],
            [0, 0, 100, 100],
            [95, 95, 99, 99],
            [50, 50, 50, 60],  # no area, centre inside
            [5, 50, 5, 60],
        ],
        np.float32,
    )
    assert visible(xyxy, "crop", (100, 100)).tolist() == [
        True, True, False, False, False, True, False,
    ]  # fmt: skip
    for view in ("", "hflip", "bright"):
        assert visible(xyxy, view, (100, 100)).all()
    assert visible(xyxy[:0], "crop", (100, 100)).shape == (0,)


@given(size_wh=SIZES, seed=st.integers(0, 99))
def test_visible_is_the_share_of_pixels(size_wh: tuple[int, int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.integers(0, np.array(size_wh) + 1, (4, 2, 2)), axis=1).reshape(4, 4)
    mask = np.zeros((size_wh[1], size_wh[0]), bool)
    left, top, right, bottom = window("crop", size_wh)
    mask[top:bottom, left:right] = True
    for box, shown in zip(
        corners, visible(corners.astype(np.float32), "crop", size_wh), strict=True
    ):
        pixels = mask[box[1] : box[3], box[0] : box[2]]
        if pixels.size:
            assert shown == (10 * pixels.sum() >= 9 * pixels.size)


def test_an_unknown_view_is_refused() -> None:
    for call in (
        lambda: edit(np.zeros((2, 2, 3), np.uint8), "vflip"),
        lambda: restore(found(np.zeros((0, 4))), "vflip", (2, 2)),
        lambda: visible(np.zeros((0, 4), np.float32), "vflip", (2, 2)),
    ):
        with pytest.raises(UsageError, match="no view 'vflip': known are hflip, bright, crop"):
            call()
