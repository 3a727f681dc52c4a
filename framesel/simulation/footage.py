"""Renders videos whose content is known, so that a selection of their frames can be judged."""

from collections.abc import Iterator
from pathlib import Path

from framesel.simulation.camera import Image
from framesel.simulation.encode import write_video
from framesel.simulation.painter import paint
from framesel.simulation.processes import processes
from framesel.simulation.script import NO_VIDEO, TRUNCATED, script, truncated
from framesel.simulation.spec import Preset, VideoSpec
from framesel.simulation.story import Story
from framesel.simulation.truth import Truth


def render(folder: Path, preset: Preset, seed: int, *, workers: int = 1) -> Truth:
    """Writes a preset's videos and their `truth.json` into a folder.

    Equal arguments give files that decode to equal pictures, whatever the number of workers.

    Args:
        folder: Made if it is missing; files of the same names are written over.
        preset: Which videos.
        seed: Draws everything: places, objects, events, noise.
        workers: Processes; each renders whole videos.

    Raises:
        ValueError: A video is too short for all that shall happen in it.
    """
    truth = script(preset, seed, folder)
    folder.mkdir(parents=True, exist_ok=True)
    tasks = [(folder, preset, spec, seed) for spec in preset.videos]
    if workers > 1:
        with processes(workers) as pool:
            list(pool.map(render_video, *zip(*tasks, strict=True)))
    else:
        for task in tasks:
            render_video(*task)
    if preset.damaged:
        _cut_short(folder, preset, seed)
        (folder / NO_VIDEO).write_text("This is not a video, whatever its name says.\n")
    truth.write()
    return truth


def render_video(folder: Path, preset: Preset, spec: VideoSpec, seed: int) -> None:
    """Writes one video of a preset."""
    pictures = _pictures(Story(preset, spec, seed), float("inf"))
    path = folder / spec.file_name
    write_video(path, pictures, preset.size_wh, preset.fps, spec.encoding, spec.rotation)


def _pictures(story: Story, end_s: float) -> Iterator[tuple[Image, float]]:
    for picture, truth in paint(story):
        if truth.t_s >= end_s:
            return
        yield picture, truth.t_s


def _cut_short(folder: Path, preset: Preset, seed: int) -> None:
    """A file that ends at three fifths of its bytes, as when a disk was full."""
    spec, path = truncated(preset), folder / TRUNCATED
    pictures = _pictures(Story(preset, spec, seed), spec.duration_s)
    write_video(path, pictures, preset.size_wh, preset.fps, spec.encoding)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 5])
