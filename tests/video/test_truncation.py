"""Files that end before their video does give what they hold, and say so."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from framesel.errors import DecodeError
from framesel.video import Frame, Segment, decoder, probe
from framesel.video.sampling import EveryN, FpsSampling

WHOLE = Segment(None, None)


def written(path: Path, frames: int = 60, **options: str) -> Path:
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        rng = np.random.default_rng(0)
        for _ in range(frames):
            pixels = rng.integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def exhaust(frames: Iterator[Frame], given: list[int]) -> None:
    for frame in frames:
        given.append(frame.pts)


@pytest.mark.parametrize(("name", "options"), [("a.mp4", {"movflags": "faststart"}), ("a.ts", {})])
def test_a_file_cut_in_half_gives_its_half_and_one_error(
    tmp_path: Path, name: str, options: dict[str, str]
) -> None:
    path = written(tmp_path / name, **options)
    whole = [f.pts for f in decoder().sample(path, probe(path), WHOLE, EveryN(n=1))]
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 // 188 * 188 + 77])
    given: list[int] = []
    frames = decoder().sample(path, probe(path), WHOLE, EveryN(n=1))
    with pytest.raises(DecodeError, match=r"cut short|damaged"):
        exhaust(frames, given)
    assert 10 < len(given) < 60
    assert given == whole[: len(given)]


def test_only_the_last_segment_complains(tmp_path: Path) -> None:
    path = written(tmp_path / "a.ts")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2 // 188 * 188 + 77])
    info = probe(path)
    pts = info.start_pts + round(0.5 / info.time_base)
    first = list(decoder().sample(path, info, Segment(None, pts), FpsSampling(fps=10)))
    assert len(first) == 5
    with pytest.raises(DecodeError, match=r"cut short|damaged"):
        list(decoder().sample(path, info, Segment(pts, None), FpsSampling(fps=10)))
