"""How good a frame is. `gate.py` judges which frames of a video are too bad to label."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Thumb = NDArray[np.float32]

_GRAY_LONG_SIDE = 320
_THUMB_PX = 32


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of one frame.

    Attributes:
        sharpness: Variance of the Laplacian on a gray picture of 320 px (long side).
        brightness: Mean gray level, 0 to 255.
        contrast: Standard deviation of the gray level.
        change: Mean absolute change of the 32x32 gray thumbnail against the frame sampled before
            it, in gray levels; nan for the first frame of a segment.
    """

    sharpness: float
    brightness: float
    contrast: float
    change: float


def thumbnail(image: NDArray[np.uint8]) -> Thumb:
    """(32, 32) float32 gray thumbnail of an (h, w, 3) uint8 RGB image."""
    return _thumb(_small_gray(image))


def measure(image: NDArray[np.uint8], previous: Thumb | None) -> tuple[Quality, Thumb]:
    """Measures a frame.

    Args:
        image: (h, w, 3) uint8 RGB.
        previous: Thumbnail of the frame sampled before; None at the start of a segment.

    Returns:
        The figures, and this frame's thumbnail for the next call.
    """
    gray = _small_gray(image)
    thumb = _thumb(gray)
    change = float("nan") if previous is None else float(np.abs(thumb - previous).mean())
    mean, spread = cv2.meanStdDev(gray)
    laplacian = cv2.Laplacian(gray, cv2.CV_32F)
    quality = Quality(
        sharpness=float(cv2.meanStdDev(laplacian)[1][0, 0] ** 2),
        brightness=float(mean[0, 0]),
        contrast=float(spread[0, 0]),
        change=change,
    )
    return quality, thumb


def _small_gray(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Gray at a fixed long side, so that figures do not depend on the resolution."""
    height, width = image.shape[:2]
    scale = _GRAY_LONG_SIDE / max(height, width)
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    # Resize first: three small channels are cheaper to convert than one large picture.
    small = cv2.resize(
        image, size_wh, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)


def _thumb(gray: NDArray[np.uint8]) -> Thumb:
    small = cv2.resize(gray, (_THUMB_PX, _THUMB_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.float32)
