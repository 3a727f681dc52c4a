"""What rendered footage shows: the answer sheet that a selection is judged by."""

import bisect
import json
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

Fault = Literal["", "black", "blurred", "frozen"]

TRUTH_FILE = "truth.json"


@dataclass(frozen=True, slots=True)
class ObjectTruth:
    """One object in one frame.

    Attributes:
        label: Its class.
        track: Equal for the same object in other frames of the same video.
        xyxy: Its box in pixels of the upright picture, clipped to it.
        colour: Its RGB fill under daylight; the pixel in the middle of a whole box has it.
        visible: Fraction of its full box that lies inside the picture.
    """

    label: str
    track: int
    xyxy: tuple[float, float, float, float]
    colour: tuple[int, int, int]
    visible: float


@dataclass(frozen=True, slots=True)
class FrameTruth:
    """One frame.

    Attributes:
        index: 0-based, in presentation order.
        t_s: Seconds from the first frame.
        scene: Number of the place that is seen, over all videos.
        state: Number of the still stretch within the video, None while anything moves.
        objects: From back to front.
        event: Number of the rare event that is seen, over all videos.
        fault: What is wrong with the picture.
        duplicate_of: Index of the earlier frame that this one repeats, exactly if it is frozen,
            up to the sensor's noise otherwise.
    """

    index: int
    t_s: float
    scene: int
    state: int | None
    objects: tuple[ObjectTruth, ...]
    event: int | None
    fault: Fault
    duplicate_of: int | None


@dataclass(frozen=True, slots=True)
class VideoTruth:
    """One video file.

    Attributes:
        name: File name inside the folder.
        fps: Nominal rate; of a file with variable rate, that of its clock.
        size_wh: Pixels of the upright picture.
        camera: How the camera moves.
        night: Whether it is dark.
        copy_of: Name of the video with the same content in another encoding.
        damaged: Whether the file ends too early; `frames` then tells what it showed before.
        frames: In presentation order.
    """

    name: str
    fps: Fraction
    size_wh: tuple[int, int]
    camera: str
    night: bool
    copy_of: str | None
    damaged: bool
    frames: tuple[FrameTruth, ...]

    def at(self, t_s: float) -> FrameTruth:
        """The frame whose time is nearest to `t_s`."""
        times = [frame.t_s for frame in self.frames]
        right = min(bisect.bisect_left(times, t_s), len(times) - 1)
        left = max(right - 1, 0)
        return self.frames[left if t_s - times[left] <= times[right] - t_s else right]


@dataclass(frozen=True, slots=True)
class Truth:
    """All that one call of `render` made.

    Attributes:
        folder: Where the videos lie.
        preset: Name of the preset.
        seed: What it was rendered with.
        videos: One for each file that can be opened.
        unreadable: Names of the files that cannot.
    """

    folder: Path
    preset: str
    seed: int
    videos: tuple[VideoTruth, ...]
    unreadable: tuple[str, ...]

    def video(self, name: str) -> VideoTruth:
        """The video with this file name."""
        for video in self.videos:
            if video.name == name:
                return video
        raise KeyError(f"{name} is not among the videos of {self.folder}")

    def scenes(self) -> frozenset[int]:
        """Numbers of all scenes that can be seen."""
        return frozenset(frame.scene for video in self.videos for frame in video.frames)

    def events(self) -> frozenset[int]:
        """Numbers of all rare events that can be seen."""
        return frozenset(
            frame.event
            for video in self.videos
            for frame in video.frames
            if frame.event is not None
        )

    def write(self) -> Path:
        """Writes `truth.json` beside the videos and returns its path."""
        content = {
            "preset": self.preset,
            "seed": self.seed,
            "unreadable": self.unreadable,
            "videos": [asdict(video) | {"fps": str(video.fps)} for video in self.videos],
        }
        path = self.folder / TRUTH_FILE
        path.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
        return path


def read_truth(folder: Path) -> Truth:
    """Reads what `Truth.write` left in a folder.

    Raises:
        FileNotFoundError: The folder holds no `truth.json`.
    """
    content = json.loads((folder / TRUTH_FILE).read_text(encoding="utf-8"))
    return Truth(
        folder=folder,
        preset=content["preset"],
        seed=content["seed"],
        videos=tuple(_video(row) for row in content["videos"]),
        unreadable=tuple(content["unreadable"]),
    )


def _video(row: dict[str, Any]) -> VideoTruth:
    width, height = row["size_wh"]
    fields = row | {
        "fps": Fraction(row["fps"]),
        "size_wh": (width, height),
        "frames": tuple(_frame(frame) for frame in row["frames"]),
    }
    return VideoTruth(**fields)


def _frame(row: dict[str, Any]) -> FrameTruth:
    objects = tuple(
        replace(ObjectTruth(**item), xyxy=tuple(item["xyxy"]), colour=tuple(item["colour"]))
        for item in row["objects"]
    )
    return FrameTruth(**row | {"objects": objects})
