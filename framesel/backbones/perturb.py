"""What makes a picture a near-duplicate of itself: five small changes, seeded.

They stand for what happens to footage: another encoding, another exposure, a camera that moves a
little, a noisier sensor, a softer focus.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from framesel.backbones.preprocessing import Image

Change = Callable[[Image, np.random.Generator], Image]


def _bytes(values: np.ndarray) -> Image:
    image: Image = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return image


def reencode(image: Image, rng: np.random.Generator) -> Image:
    """JPEG at a quality of 15 to 50."""
    import cv2

    quality = int(rng.integers(15, 51))
    _, encoded = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])


def expose(image: Image, rng: np.random.Generator) -> Image:
    """Gamma of 0.7 to 1.4 and a gain of 0.8 to 1.2."""
    gamma = np.exp(rng.uniform(np.log(0.7), np.log(1.4)))
    return _bytes(255.0 * (image / 255.0) ** gamma * rng.uniform(0.8, 1.2))


def move(image: Image, rng: np.random.Generator) -> Image:
    """A shift of up to 4 % of each side and a zoom of up to 5 %; borders are reflected."""
    import cv2

    height, width = image.shape[:2]
    zoom = rng.uniform(0.95, 1.05)
    shift = rng.uniform(-0.04, 0.04, 2) * (width, height)
    centre = np.array([width, height]) / 2
    offset = centre - zoom * centre + shift
    matrix = np.array([[zoom, 0.0, offset[0]], [0.0, zoom, offset[1]]])
    moved: Image = cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)
    return moved


def add_noise(image: Image, rng: np.random.Generator) -> Image:
    """Gaussian noise with a deviation of 4 to 12 gray levels."""
    noise = rng.standard_normal(image.shape, dtype=np.float32) * rng.uniform(4, 12)
    return _bytes(image + noise)


def soften(image: Image, rng: np.random.Generator) -> Image:
    """Gaussian blur with a sigma of 0.2 to 0.6 % of the width."""
    import cv2

    sigma = float(rng.uniform(0.002, 0.006) * image.shape[1])
    blurred: Image = cv2.GaussianBlur(image, (0, 0), sigma)
    return blurred


CHANGES: dict[str, Change] = {
    "re-encoding": reencode,
    "exposure": expose,
    "shift and zoom": move,
    "noise": add_noise,
    "blur": soften,
}
