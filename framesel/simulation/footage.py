"""Renders videos whose content is known, so that a selection of their frames can be judged."""

import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from framesel.simulation.camera import Image
from framesel.simulation.encode import write_video
from framesel.simulation.painter import Numbering, Painter
from framesel.simulation.presets import Preset, VideoSpec
from framesel.simulation.truth import FrameTruth, Truth, VideoTruth

TRUNCATED = "cut_short.mp4"
NO_VIDEO = "no_video.mp4"


def render(folder: Path, preset: Preset, seed: int, *, workers: int = 1) -> Truth:
    """Writes a preset's videos and their `truth.json` into a folder.

    Equal arguments give files that decode to equal pictures, whatever the number of workers.

    Args:
        folder: Made if it is missing; files of the same names are written over.
        preset: Which videos.
        seed: Draws everything: places, objects, events, noise.
        workers: Processes; each renders whole videos.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [(folder, preset, spec, seed) for spec in preset.videos]
    if workers > 1:
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            videos = list(pool.map(render_video, *zip(*tasks, strict=True)))
    else:
        videos = [render_video(*task) for task in tasks]
    unreadable: tuple[str, ...] = ()
    if preset.damaged:
        videos.append(_cut_short(folder, preset, seed))
        (folder / NO_VIDEO).write_text("This is not a video, whatever its name says.\n")
        unreadable = (NO_VIDEO,)
    truth = Truth(folder, preset.name, seed, tuple(videos), unreadable)
    truth.write()
    return truth


def render_video(folder: Path, preset: Preset, spec: VideoSpec, seed: int) -> VideoTruth:
    """Writes one video of a preset."""
    shown: list[FrameTruth] = []

    def pictures() -> Iterator[tuple[Image, float]]:
        for picture, truth in _painter(preset, spec, seed).frames():
            shown.append(truth)
            yield picture, truth.t_s

    write_video(
        folder / spec.file_name,
        pictures(),
        preset.size_wh,
        preset.fps,
        spec.encoding,
        spec.rotation,
    )
    content = preset.content(spec)
    return VideoTruth(
        name=spec.file_name,
        fps=preset.fps,
        size_wh=preset.size_wh,
        camera=content.camera,
        night=content.night,
        copy_of=None if content is spec else content.file_name,
        damaged=False,
        frames=tuple(shown),
    )


def _painter(preset: Preset, spec: VideoSpec, seed: int) -> Painter:
    content = preset.content(spec)
    numbering = Numbering(scene=0, event=0)
    for other in preset.videos:
        if other.name == content.name:
            break
        if other.copy_of is None:
            numbering = Numbering(numbering.scene + other.scenes, numbering.event + other.events)
    # By name, so that a video looks the same whatever else a preset holds.
    rng = np.random.default_rng([seed, zlib.crc32(content.name.encode())])
    return Painter(content, preset.size_wh, preset.fps, numbering, rng)


def _cut_short(folder: Path, preset: Preset, seed: int) -> VideoTruth:
    """A file that ends at three fifths of its bytes, as when a disk was full."""
    spec = VideoSpec(name=Path(TRUNCATED).stem, duration_s=4, copy_of=preset.videos[0].name)
    shown: list[FrameTruth] = []

    def pictures() -> Iterator[tuple[Image, float]]:
        for picture, truth in _painter(preset, spec, seed).frames():
            if truth.t_s >= spec.duration_s:
                return
            shown.append(truth)
            yield picture, truth.t_s

    path = folder / TRUNCATED
    write_video(path, pictures(), preset.size_wh, preset.fps, spec.encoding)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 5])
    content = preset.content(spec)
    return VideoTruth(
        name=TRUNCATED,
        fps=preset.fps,
        size_wh=preset.size_wh,
        camera=content.camera,
        night=content.night,
        copy_of=content.file_name,
        damaged=True,
        frames=tuple(shown),
    )
