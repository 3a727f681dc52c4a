"""What rendered footage shows: the answer sheet that a selection is judged by."""

import bisect
import json
from dataclasses import asdict, dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from framesel.errors import UsageError
from framesel.simulation.edits import Edit

Fault = Literal["", "black", "blurred", "frozen", "corrupted"]
DuplicateKind = Literal["", "exact", "still", "encoded", "copied", "shifted", "gain", "zoomed"]

TRUTH_FILE = "truth.json"
BLACK = -1


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
            up to the sensor's noise and an edit otherwise.
        moment: Equal for all frames of all videos that show the same up to noise, encoding and
            edits, and for no others. Black frames all have `BLACK`; a blurred or corrupted one
            never shows the same as a healthy one.
        place_kind: Of the place, if it has one.
        view: What the camera looks at: the place's point in the middle of the picture, in
            picture widths from the place's top left, the zoom, and the turn in radians.
        phase: The season, which a drift changes from 0 to 1.
        newcomer: Track of the one object that was not there before in an otherwise still stretch.
        edit: The small change by which this frame differs from the one that it repeats.
        borrowed_from: Name of the video that the frame was copied from.
    """

    index: int
    t_s: float
    scene: int
    state: int | None
    objects: tuple[ObjectTruth, ...]
    event: int | None
    fault: Fault
    duplicate_of: int | None
    moment: int = 0
    place_kind: str = ""
    view: tuple[float, float, float, float] = (0.0, 0.0, 1.0, 0.0)
    phase: int = 0
    newcomer: int | None = None
    edit: Edit | None = None
    borrowed_from: str | None = None


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
        held_out: Whether it is kept from the candidates, to judge by.
    """

    name: str
    fps: Fraction
    size_wh: tuple[int, int]
    camera: str
    night: bool
    copy_of: str | None
    damaged: bool
    frames: tuple[FrameTruth, ...]
    held_out: bool = False

    def at(self, t_s: float) -> FrameTruth:
        """The frame whose time is nearest to `t_s`."""
        times = [frame.t_s for frame in self.frames]
        right = min(bisect.bisect_left(times, t_s), len(times) - 1)
        left = max(right - 1, 0)
        return self.frames[left if t_s - times[left] <= times[right] - t_s else right]

    def duplicate_kind(self, frame: FrameTruth) -> DuplicateKind:
        """How a frame of this video repeats another one, of whatever video; "" if it does not.

        The first of a moment in a copy or a borrowed segment repeats a frame of the other video.
        """
        if frame.fault:
            return "exact" if frame.fault == "frozen" else ""
        if frame.edit is not None:
            return frame.edit.kind
        if self.copy_of is not None:
            return "encoded"
        if frame.borrowed_from is not None:
            return "copied"
        return "still" if frame.duplicate_of is not None else ""


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
        UsageError: It is not what this version writes.
    """
    path = folder / TRUTH_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Truth(
            folder=folder,
            preset=content["preset"],
            seed=content["seed"],
            videos=tuple(_video(row) for row in content["videos"]),
            unreadable=tuple(content["unreadable"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"{path} is not what this version of framesel writes ({error!r}); "
            "delete the folder and render the footage again"
        ) from error


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
    edit = None if row["edit"] is None else Edit(**row["edit"])
    return FrameTruth(**row | {"objects": objects, "view": tuple(row["view"]), "edit": edit})
