"""Renders small videos whose frames differ from each other, in any codec that PyAV can write."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

FPS = 25
Render = Callable[..., Path]


def picture(k: int, width: int, height: int) -> np.ndarray:
    """Frame k: drifting texture, two moving squares, a new scene every 40 frames."""
    scene = np.random.default_rng(k // 40)
    texture = scene.integers(0, 256, (height // 8 + 40, width // 8 + 40, 3), dtype=np.uint8)
    image = np.repeat(np.repeat(texture, 8, axis=0), 8, axis=1)
    image = image[k % 40 * 2 :, k % 40 * 3 :][:height, :width].copy()
    rng = np.random.default_rng(1000 + k)
    for _ in range(2):
        y, x = rng.integers(0, height - 20), rng.integers(0, width - 20)
        image[y : y + 20, x : x + 20] = rng.integers(0, 256, 3)
    return image


def render(
    path: Path,
    codec: str = "libx264",
    *,
    frames: int = 75,
    size_wh: tuple[int, int] = (96, 64),
    pix_fmt: str = "yuv420p",
    gop: int = 30,
    rotation: int = 0,
    times: list[int] | None = None,
    container: dict[str, str] | None = None,
    metadata: dict[str, str] | None = None,
    paint: Callable[[int, int, int], np.ndarray] = picture,
    **options: str,
) -> Path:
    """Writes `frames` pictures; `times` are their pts in milliseconds (default: constant rate).

    The same call gives the same bytes: without "bitexact", Matroska files get random numbers.
    """
    with av.open(str(path), "w", options={"fflags": "bitexact", **(container or {})}) as out:
        out.metadata.update(metadata or {})
        given = {"threads": "1", **options}
        stream = out.add_stream(codec, rate=FPS, options=given)
        stream.width, stream.height = size_wh
        stream.pix_fmt = pix_fmt
        stream.gop_size = gop
        stream.bit_rate = 400_000
        if times is not None:
            stream.codec_context.time_base = Fraction(1, 1000)
        if rotation:
            stream.set_display_rotation(-rotation)
        for k in range(frames):
            frame = av.VideoFrame.from_ndarray(paint(k, *size_wh), format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts = k if times is None else times[k]
            frame.time_base = Fraction(1, FPS) if times is None else Fraction(1, 1000)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def render_video(tmp_path_factory: pytest.TempPathFactory) -> Render:
    """`render_video("name.mp4", ...)`: renders once per session and arguments."""
    made: dict[str, Path] = {}

    def make(name: str, *args: object, **kwargs: object) -> Path:
        key = repr((name, args, sorted(kwargs.items())))
        if key not in made:
            made[key] = render(tmp_path_factory.mktemp("video") / name, *args, **kwargs)
        return made[key]

    return make
