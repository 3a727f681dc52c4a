"""Videos that are cut into segments, each a shard by itself, and a copy of one of them."""

import shutil
from functools import partial
from pathlib import Path

import numpy as np

from tests.video.conftest import render

SETTINGS = [
    "frames.sample.fps=2",
    "catalog.segment_s=10",
    "catalog.shard_videos=1",
    "embeddings.tiles=2",
    "duplicates.tau_cos=0.97",
]
SIZE_WH = (96, 64)


def paint(k: int, width: int, height: int, *, seed: int) -> np.ndarray:
    """Two scenes that come and go; a dot wanders in them, and there is noise."""
    scene = (k // 60 + seed) % 2
    texture = np.random.default_rng(scene).integers(60, 200, (height // 8, width // 8, 3))
    image = np.kron(texture, np.ones((8, 8, 1)))
    x = 7 * k % (width - 16)
    image[20:36, x : x + 16] = (250, 20, 20)
    noisy = image + np.random.default_rng(1000 * seed + k).normal(0, 6, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


def make(videos: Path) -> None:
    """Renders three videos of different lengths."""
    videos.mkdir()
    for seed in range(3):
        frames = 160 + 80 * seed
        times = [200 * k for k in range(frames)]
        painted = partial(paint, seed=seed)
        render(videos / f"v{seed}.mp4", frames=frames, size_wh=SIZE_WH, times=times, paint=painted)
    shutil.copy(videos / "v1.mp4", videos / "zcopy.mp4")
    with (videos / "zcopy.mp4").open("ab") as file:
        file.write(b"\0" * 16)  # another file, the same pictures
