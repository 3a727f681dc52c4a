"""JPEG bytes to pixels and back."""

import cv2
import numpy as np
from numpy.typing import NDArray

from framesel.errors import DecodeError
from framesel.video.container import MAX_PIXELS

_MAX_SIDE = 65_500  # what the JPEG format holds


def shrink(image: NDArray[np.uint8], long_side: int | None) -> NDArray[np.uint8]:
    """Scales an image down so that its long side is `long_side` pixels; never up.

    Args:
        image: (h, w, 3) or (h, w) uint8.
        long_side: Pixels; None leaves the image as it is.
    """
    height, width = image.shape[:2]
    if long_side is None or max(height, width) <= long_side:
        return image
    scale = long_side / max(height, width)
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return np.asarray(cv2.resize(image, size_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def encode(image: NDArray[np.uint8], quality: int, long_side: int | None) -> bytes:
    """Encodes an image as JPEG.

    Args:
        image: (h, w, 3) uint8 RGB.
        quality: 1 to 100.
        long_side: Longest side in pixels; larger images are scaled down, smaller ones are kept.

    Raises:
        DecodeError: If the image is larger than JPEG can hold.
    """
    small = shrink(image, long_side)
    if max(small.shape[:2]) > _MAX_SIDE or small.size == 0:
        raise DecodeError(f"an image of {small.shape[1]}x{small.shape[0]} does not fit into JPEG.")
    bgr = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise DecodeError(f"an image of {small.shape[1]}x{small.shape[0]} could not be encoded.")
    return bytes(data.tobytes())


def decode(data: bytes) -> NDArray[np.uint8]:
    """Decodes a JPEG that `encode` wrote.

    Returns:
        (h, w, 3) uint8 RGB.

    Raises:
        DecodeError: If the bytes are not an image, are damaged, or claim absurd dimensions.
    """
    if not data.startswith(b"\xff\xd8"):
        raise DecodeError(f"{len(data)} bytes that should be a JPEG are none.")
    try:
        bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise DecodeError(f"a stored JPEG cannot be decoded ({error.err}).") from error
    if bgr is None or bgr.shape[0] * bgr.shape[1] > MAX_PIXELS:
        raise DecodeError(f"a stored JPEG of {len(data)} bytes is damaged.")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)
