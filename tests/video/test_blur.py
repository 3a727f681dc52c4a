"""What is blurred is gone for good."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from framesel.video.blur import CELLS, blurred, covered, pixels

shares = st.tuples(*[st.floats(0, 1) for _ in range(4)]).filter(
    lambda box: box[0] < box[2] and box[1] < box[3]
)
sizes = st.integers(1, 90)


def noise(width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)


@given(shares, sizes, sizes)
def test_few_colours_are_left_inside_and_nothing_changes_outside(
    box: tuple[float, float, float, float], width: int, height: int
) -> None:
    image = noise(width, height)
    found, mask = blurred(image, [box]), covered([box], width, height)
    assert (found[~mask] == image[~mask]).all()
    x1, y1, x2, y2 = pixels(box, width, height)
    part = found[y1:y2, x1:x2]
    assert len(np.unique(part.reshape(-1, 3), axis=0)) <= CELLS**2
    # cells of 4 pixels or more: what is left of a small thing is less still
    assert len(np.unique(part.reshape(-1, 3), axis=0)) <= max(1, (x2 - x1) // 4) * max(
        1, (y2 - y1) // 4
    )


@given(shares, sizes, sizes)
def test_a_box_covers_every_pixel_that_it_touches(
    box: tuple[float, float, float, float], width: int, height: int
) -> None:
    x1, y1, x2, y2 = pixels(box, width, height)
    assert 0 <= x1 < x2 <= width
    assert 0 <= y1 < y2 <= height
    assert x1 <= box[0] * width
    assert x2 >= min(box[2] * width, width)
    assert y1 <= box[1] * height
    assert y2 >= min(box[3] * height, height)


def test_two_different_pictures_with_equal_means_become_one() -> None:
    one = np.zeros((64, 64, 3), np.uint8)
    other = one.copy()
    one[::2], other[1::2] = 200, 200
    whole = [(0.0, 0.0, 1.0, 1.0)]
    assert (blurred(one, whole) == blurred(other, whole)).all()
    assert blurred(one, whole).mean() == pytest.approx(100)


def test_the_picture_given_stays_as_it_is_and_no_box_changes_nothing() -> None:
    image = noise(40, 30)
    before = image.copy()
    blurred(image, [(0.0, 0.0, 1.0, 1.0)])
    assert (image == before).all()
    assert (blurred(image, []) == image).all()
    assert not covered([], 40, 30).any()
