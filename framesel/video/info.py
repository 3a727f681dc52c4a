"""What is known of a video before it is decoded."""

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple


class Segment(NamedTuple):
    """A half-open stretch [start_pts, end_pts) of a video; None leaves that side open."""

    start_pts: int | None
    end_pts: int | None

    def holds(self, pts: int) -> bool:
        """Whether a frame at `pts` belongs to this segment."""
        return (self.start_pts is None or pts >= self.start_pts) and (
            self.end_pts is None or pts < self.end_pts
        )


WHOLE = Segment(None, None)


@dataclass(frozen=True)
class Spans:
    """Several stretches of a video in order of time, none of which touches the next."""

    stretches: tuple[Segment, ...]

    def place_of(self, pts: int) -> int:
        """Which of them a frame at `pts` belongs to; -1: none."""
        place = bisect_right(self.stretches, pts, key=_start) - 1
        return place if place >= 0 and self.stretches[place].holds(pts) else -1

    def holds(self, pts: int) -> bool:
        """Whether a frame at `pts` belongs to any of them."""
        return self.place_of(pts) >= 0

    @property
    def end_pts(self) -> int | None:
        """Where the last one ends; None: it is open, or there is none."""
        return self.stretches[-1].end_pts if self.stretches else None


def _start(stretch: Segment) -> int:
    return -(1 << 63) if stretch.start_pts is None else stretch.start_pts


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """One row of the catalog.

    Attributes:
        kind: "video", "sequence" (a folder of images in natural order) or "image".
        codec: Name of the codec, e.g. "h264"; of the picture format for images, e.g. "jpeg".
        width: Pixels, after rotation. Pixels are never resampled to square ones.
        height: Pixels, after rotation.
        fps: Average frame rate; None if unknown.
        duration_s: Seconds; None if unknown.
        frames: Number of frames that the container promises; None if unknown.
        rotation: Clockwise degrees that are applied when decoding: 0, 90, 180 or 270.
        time_base: Seconds of one pts step. A stream without usable timestamps (a bare .h264 file)
            counts frames, so one step is one frame there. In a sequence one image lasts a second.
        stream_index: Which stream of the container.
        start_pts: pts of the first frame.
        recorded_at: ISO 8601 time of recording as the container or EXIF tells it, else None.
        latitude: Degrees north, if the file tells.
        longitude: Degrees east, if the file tells.
    """

    kind: Literal["video", "sequence", "image"]
    codec: str
    width: int
    height: int
    fps: Fraction | None
    duration_s: float | None
    frames: int | None
    rotation: int
    time_base: Fraction
    stream_index: int
    start_pts: int
    recorded_at: str | None
    latitude: float | None
    longitude: float | None

    def t_s(self, pts: int) -> float:
        """Seconds from the first frame to the frame at `pts`."""
        return float((pts - self.start_pts) * self.time_base)
