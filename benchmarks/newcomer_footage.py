"""Footage for newcomer.py: minutes of 1080p H.264 from many short clips, with two lengths of GOP.

Clips of any size and rate are scaled to 1920x1080 (upscaled, mostly) at 30 frames a second and
encoded by x264 `veryfast` at 5 Mb/s, keyframes at fixed places. Each picture is decoded and scaled
once for both lengths.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from itertools import chain, cycle, islice
from pathlib import Path

import av
import av.filter
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

FPS = 30
GOPS = {"long": 250, "short": FPS}
"""Frames from keyframe to keyframe."""
BIT_RATE = 5_000_000
VIDEOS = 6
SUFFIXES = frozenset({".mp4", ".mkv", ".avi", ".mov"})


def footage(data: Path, work: Path, minutes: float, skip: float = 0.0) -> dict[str, Path]:
    """Folders of VIDEOS videos, `minutes` long together, by the name of their GOP.

    Made once and kept in `work`; removing the folder makes it again.

    Args:
        data: Holds `drone/videos` and `clips/intel_sample_videos`.
        work: Where folders go.
        minutes: Of all videos of one folder together.
        skip: Minutes of clips before the first that is used.

    Raises:
        SystemExit: There are no clips.
    """
    frames = round(minutes * 60 * FPS / VIDEOS)
    home = work / (f"footage-{minutes:g}min" + (f"-from-{skip:g}" if skip else ""))
    folders = {name: home / name for name in GOPS}
    if home.exists():
        return folders
    partial = home.with_name(f"{home.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    pictures = islice(_pictures(_clips(data)), round(skip * 60 * FPS), None)
    for number in range(VIDEOS):
        paths = {name: partial / name / f"camera-{number}.mp4" for name in GOPS}
        _encode(islice(pictures, frames), paths)
        print(f"made {number + 1} of {VIDEOS} videos of {frames / FPS:g} s", flush=True)
    partial.rename(home)
    return folders


def _clips(data: Path) -> list[Path]:
    """All clips in an order that is mixed but always the same."""
    homes = (data / "drone" / "videos", data / "clips" / "intel_sample_videos")
    found = sorted(p for home in homes for p in home.glob("*") if p.suffix in SUFFIXES)
    if not found:
        raise SystemExit(f"no clips below {data}: name their folder by --data")
    random.Random(0).shuffle(found)
    return found


def _pictures(clips: Sequence[Path]) -> Iterator[VideoFrame]:
    """Frames of clip after clip, all of one size and rate; from the start again at the end."""
    for clip in cycle(clips):
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            graph = av.filter.Graph()
            graph.link_nodes(
                graph.add_buffer(template=stream),
                graph.add("fps", str(FPS)),
                graph.add("scale", "1920:1080:flags=bicubic"),
                graph.add("setsar", "1"),
                graph.add("format", "yuv420p"),
                graph.add("buffersink"),
            ).configure()
            for frame in chain(container.decode(stream), [None]):
                graph.vpush(frame)
                yield from _ready(graph)


def _ready(graph: av.filter.Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _encode(pictures: Iterator[VideoFrame], paths: dict[str, Path]) -> None:
    """Writes the same pictures once for each length of GOP."""
    with ExitStack() as open_files:
        outputs = []
        for name, path in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            container = open_files.enter_context(av.open(str(path), "w"))
            outputs.append((container, _stream(container, GOPS[name])))
        for number, picture in enumerate(pictures):
            picture.pts, picture.time_base = number, Fraction(1, FPS)
            picture.pict_type = 0
            for container, stream in outputs:
                container.mux(stream.encode(picture))
        for container, stream in outputs:
            container.mux(stream.encode(None))


def _stream(container: OutputContainer, gop: int) -> VideoStream:
    stream = container.add_stream("libx264", rate=FPS)
    stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
    stream.bit_rate, stream.gop_size = BIT_RATE, gop
    params = f"keyint={gop}:min-keyint={gop}:scenecut=0"
    stream.options = {"preset": "veryfast", "x264-params": params}
    return stream
