"""Frames for pretraining, small and in memory, with the neighbours in time that are positives."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.backbones.preprocessing import squash

Image = NDArray[np.uint8]
ImageSource = Sequence[tuple[str, Sequence[bytes | Image]]]
"""(video key, its frames in time order as JPEG bytes or (h, w, 3) uint8 RGB)."""


@dataclass(frozen=True)
class FrameCache:
    """All frames of a source, squashed.

    Attributes:
        pixels: (n, 3, size, size) uint8; the frames of a video follow one another.
        starts: (n,) int64, row of the first frame of the frame's video.
        stops: (n,) int64, row after the last one.
        digest: sha256 (hex) over pixels and video keys.
    """

    pixels: Image
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    digest: str

    def __len__(self) -> int:
        return len(self.pixels)

    def neighbours(
        self, rows: NDArray[np.int64], reach: int, rng: np.random.Generator
    ) -> NDArray[np.int64]:
        """For each row one of the same video, at most ``reach`` frames away (perhaps itself)."""
        low = np.maximum(rows - reach, self.starts[rows])
        high = np.minimum(rows + reach, self.stops[rows] - 1)
        return rng.integers(low, high, endpoint=True)


def decode_picture(picture: bytes | Image) -> Image | None:
    """(h, w, 3) uint8 RGB, or None where the bytes are no picture."""
    if not isinstance(picture, bytes):
        return picture
    import cv2

    encoded = np.frombuffer(picture, np.uint8)
    decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR_RGB) if encoded.size else None
    return None if decoded is None else np.asarray(decoded, np.uint8)


def cache_frames(source: ImageSource, size_px: int) -> FrameCache:
    """Decode and squash every frame of a source; frames that are no picture are left out."""
    pixels: list[Image] = []
    lengths: list[int] = []
    hashed = hashlib.sha256(str(size_px).encode())
    for key, pictures in source:
        decoded = (decode_picture(picture) for picture in pictures)
        small = [squash(image, size_px) for image in decoded if image is not None]
        hashed.update(f"{key}\0{len(small)}\0".encode())
        for image in small:
            hashed.update(image.tobytes())
            pixels.append(np.ascontiguousarray(image.transpose(2, 0, 1)))
        lengths.append(len(small))
    ends = np.cumsum(lengths, dtype=np.int64)
    return FrameCache(
        pixels=np.stack(pixels) if pixels else np.zeros((0, 3, size_px, size_px), np.uint8),
        starts=np.repeat(ends - lengths, lengths),
        stops=np.repeat(ends, lengths),
        digest=hashed.hexdigest(),
    )


def split_videos(source: ImageSource, share: float) -> tuple[ImageSource, ImageSource]:
    """(to train on, to watch): about ``share`` of the videos are watched, evenly by name.

    With too few videos for that, nothing is watched.
    """
    count = int(len(source) * share)
    if count == 0:
        return source, []
    ranked = sorted(
        range(len(source)), key=lambda i: hashlib.sha256(source[i][0].encode()).digest()
    )
    watched = set(ranked[:count])
    train = [source[i] for i in range(len(source)) if i not in watched]
    return train, [source[i] for i in sorted(watched)]
