"""The truth about a preset's footage, without painting any of it."""

from dataclasses import replace
from pathlib import Path

from framesel.simulation.spec import Preset, VideoSpec
from framesel.simulation.story import Story
from framesel.simulation.truth import Truth, VideoTruth

TRUNCATED = "cut_short.mp4"
TRUNCATED_S = 4.0
NO_VIDEO = "no_video.mp4"


def script(preset: Preset, seed: int, folder: Path = Path()) -> Truth:
    """What `render` with these arguments would show; it draws the same and paints nothing.

    Args:
        preset: Which videos.
        seed: Draws everything: places, objects, events.
        folder: Where the videos lie or shall lie.

    Raises:
        ValueError: A video is too short for all that shall happen in it.
    """
    videos = [describe(preset, spec, seed) for spec in preset.videos]
    if preset.damaged:
        whole = describe(preset, truncated(preset), seed)
        frames = tuple(frame for frame in whole.frames if frame.t_s < TRUNCATED_S)
        videos.append(replace(whole, damaged=True, frames=frames))
    unreadable = (NO_VIDEO,) if preset.damaged else ()
    return Truth(folder, preset.name, seed, tuple(videos), unreadable)


def truncated(preset: Preset) -> VideoSpec:
    """The beginning of the first video, of which the file will end too early."""
    name = Path(TRUNCATED).stem
    return VideoSpec(name=name, duration_s=TRUNCATED_S, copy_of=preset.videos[0].name)


def describe(preset: Preset, spec: VideoSpec, seed: int) -> VideoTruth:
    """The truth about one video, from its first frame to its last."""
    content = preset.content(spec)
    return VideoTruth(
        name=spec.file_name,
        fps=preset.fps,
        size_wh=preset.size_wh,
        camera=content.camera,
        night=content.night,
        copy_of=None if content is spec else content.file_name,
        damaged=False,
        frames=Story(preset, spec, seed).truths,
        held_out=spec.held_out,
    )
