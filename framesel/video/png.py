"""Pixels to PNG: exported pictures without loss."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framesel.errors import DecodeError


def encode(image: NDArray[np.uint8]) -> bytes:
    """Encodes an (h, w, 3) uint8 RGB image.

    Raises:
        DecodeError: If OpenCV cannot encode it.
    """
    done, data = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    if not done:
        raise DecodeError(f"an image of {image.shape[1]}x{image.shape[0]} could not be encoded.")
    return bytes(data.tobytes())
