"""Which videos are rendered: a preset is a list of video descriptions, and a few ship."""

from fractions import Fraction
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

CameraKind = Literal["static", "panning", "handheld"]
EvenPx = Annotated[int, Field(ge=32, multiple_of=2)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Encoding(_Frozen):
    """How pictures become a file.

    Attributes:
        codec: An encoder of PyAV: libx264, libx265, mpeg4, mjpeg, libvpx-vp9.
        gop: Frames from one keyframe to the next.
        crf: Constant quality of x264, x265 and VP9; larger is worse.
        b_frames: Frames in a row that may refer to later ones.
        extension: Container, by the end of the file's name.
    """

    codec: str = "libx264"
    gop: Annotated[int, Field(ge=1)] = 50
    crf: Annotated[int, Field(ge=0, le=51)] = 23
    b_frames: Annotated[int, Field(ge=0, le=8)] = 2
    extension: Literal["mp4", "mkv", "avi", "ts"] = "mp4"


class VideoSpec(_Frozen):
    """One video.

    Attributes:
        name: File name without its extension.
        duration_s: Seconds; the places share them unevenly.
        camera: How the camera moves.
        scenes: Number of places, one after the other.
        night: Dark, with noise that stands out.
        events: Number of rare events, bursts of 3 to 15 frames with an object never seen otherwise.
        black: Number of short black stretches.
        blurred: Number of short stretches out of focus.
        frozen: Number of stretches in which the last picture is repeated exactly.
        variable_rate: Frames are dropped at random, their times stay true.
        rotation: Clockwise degrees by which a reader must turn the stored pictures.
        copy_of: Name of another video of the preset; this one shows the same in its own encoding.
        encoding: How it is stored.
    """

    name: str
    duration_s: Annotated[float, Field(gt=0)]
    camera: CameraKind = "static"
    scenes: Annotated[int, Field(ge=1)] = 1
    night: bool = False
    events: Annotated[int, Field(ge=0)] = 0
    black: Annotated[int, Field(ge=0)] = 0
    blurred: Annotated[int, Field(ge=0)] = 0
    frozen: Annotated[int, Field(ge=0)] = 0
    variable_rate: bool = False
    rotation: Literal[0, 90, 180, 270] = 0
    copy_of: str | None = None
    encoding: Encoding = Encoding()

    @property
    def file_name(self) -> str:
        """Name of the file inside the folder."""
        return f"{self.name}.{self.encoding.extension}"


class Preset(_Frozen):
    """A set of videos.

    Attributes:
        name: Written into the truth.
        size_wh: Pixels of the upright picture; even numbers.
        fps: Frames a second.
        videos: What is rendered.
        damaged: Adds a file that ends too early and one that is no video at all.
    """

    name: str
    size_wh: tuple[EvenPx, EvenPx] = (640, 360)
    fps: Fraction = Fraction(10)
    videos: tuple[VideoSpec, ...]
    damaged: bool = False

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        originals = {spec.name for spec in self.videos if spec.copy_of is None}
        if len({spec.name for spec in self.videos}) != len(self.videos):
            raise ValueError("two videos have the same name")
        for spec in self.videos:
            if spec.copy_of is not None and spec.copy_of not in originals:
                raise ValueError(f"{spec.name} is a copy of {spec.copy_of}, which is no original")
        return self

    def content(self, spec: VideoSpec) -> VideoSpec:
        """The description that tells what `spec` shows: its original's, if it is a copy."""
        if spec.copy_of is None:
            return spec
        return next(other for other in self.videos if other.name == spec.copy_of)


TINY = Preset(
    name="tiny",
    size_wh=(160, 120),
    videos=(
        VideoSpec(name="gate", duration_s=8, events=1, black=1, frozen=1),
        VideoSpec(name="drive", duration_s=6, camera="panning", scenes=2, blurred=1),
        VideoSpec(
            name="phone", duration_s=5, camera="handheld", variable_rate=True, rotation=90, events=1
        ),
        VideoSpec(name="night", duration_s=6, night=True),
    ),
)

DEMO = Preset(
    name="demo",
    damaged=True,
    videos=(
        VideoSpec(name="gate_day", duration_s=60, events=2, black=1, frozen=1),
        VideoSpec(name="gate_night", duration_s=40, night=True, events=1),
        VideoSpec(name="yard", duration_s=40, scenes=4, events=1),
        VideoSpec(name="drive_a", duration_s=30, camera="panning", scenes=4, events=1, blurred=2),
        VideoSpec(name="drive_b", duration_s=20, camera="panning", scenes=3, events=1, black=1),
        VideoSpec(name="walk", duration_s=25, camera="handheld", scenes=3, events=1, blurred=2),
        VideoSpec(
            name="phone",
            duration_s=15,
            camera="handheld",
            scenes=2,
            variable_rate=True,
            rotation=90,
        ),
        VideoSpec(
            name="gate_day_again", duration_s=60, copy_of="gate_day", encoding=Encoding(crf=32)
        ),
    ),
)

PRESETS = {
    "tiny": TINY,
    "tiny_damaged": TINY.model_copy(update={"name": "tiny_damaged", "damaged": True}),
    "demo": DEMO,
}
