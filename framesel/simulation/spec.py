"""What a rendered video shall hold, and what a set of videos is."""

from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

CameraKind = Literal["static", "panning", "handheld"]
EditKind = Literal["shifted", "gain", "zoomed"]
PlaceKind = Literal["street", "field", "shore", "hall"]
EvenPx = Annotated[int, Field(ge=32, multiple_of=2)]
Seconds = Annotated[float, Field(ge=0)]
Size = Annotated[float, Field(gt=0, le=1)]
Times = Annotated[int, Field(ge=0)]


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


class Dwell(_Frozen):
    """How long stretches of one kind last: Pareto's law.

    Attributes:
        shortest_s: The least duration; half of them last less than 2^(1/alpha) times that.
        alpha: Exponent of the tail. Near 1 a few stretches hold most of the time; from 3 on all
            are of about the same length.
    """

    shortest_s: Annotated[float, Field(gt=0)] = 1.0
    alpha: Annotated[float, Field(gt=0)] = 1.2


class Borrow(_Frozen):
    """A segment of another video, shown instead of a video's own frames.

    Attributes:
        video: Name of the other video, an original that borrows nothing itself.
        start_s: Where the segment begins there.
        duration_s: How long it is.
        at_s: Where it begins here.
    """

    video: str
    start_s: Seconds
    duration_s: Annotated[float, Field(gt=0)]
    at_s: Seconds


class VideoSpec(_Frozen):
    """One video.

    Attributes:
        name: File name without its extension.
        duration_s: Seconds; the places share them unevenly.
        camera: How the camera moves.
        scenes: Number of places, one after the other.
        scene_alpha: Exponent of the tail of the places' durations; the larger, the more alike.
        kinds: Kinds of its places, in turn. A place takes most of its colours from its kind; with
            no kinds every place is its own.
        night: Dark, with noise that stands out.
        still: How long the stretches last in which nothing but the camera moves.
        busy: How long those between them last.
        sizes: Heights of the objects, from the least to the largest, in picture heights.
        classes: How many classes of objects are seen, rare events apart.
        zipf: The k-th class is k^-zipf times as frequent as the first.
        drift_at_s: From here on it is another season: darker and redder, and other classes are the
            frequent ones.
        events: Number of rare events, bursts of 3 to 15 frames with an object never seen otherwise.
        newcomers: How many times one new object of 1 to 2 % of the picture's area stands for 4 to
            16 frames in an otherwise still stretch; for static cameras.
        black: Number of short black stretches.
        blurred: Number of short stretches out of focus.
        frozen: Number of stretches in which the last picture is repeated exactly.
        corrupted: Number of short stretches of garbage in blocks.
        variable_rate: Frames are dropped at random, their times stay true.
        rotation: Clockwise degrees by which a reader must turn the stored pictures.
        copy_of: Name of another video of the preset; this one shows the same in its own encoding.
        borrow: Segments copied from other videos.
        edits: Small changes. A frame that repeats an earlier one, or one of another video, is
            shifted by 1 or 2 px, made brighter or darker by 1 to 3 %, or enlarged by 1 to 2 %:
            one of those listed here, drawn for each frame. A copy has its own edits and none of
            its original's.
        held_out: Not among the candidates: it tells what a choice among the others is worth.
        encoding: How it is stored.
    """

    name: str
    duration_s: Annotated[float, Field(gt=0)]
    camera: CameraKind = "static"
    scenes: Annotated[int, Field(ge=1)] = 1
    scene_alpha: Annotated[float, Field(gt=0)] = 1.0
    kinds: tuple[PlaceKind, ...] = ()
    night: bool = False
    still: Dwell = Dwell()
    busy: Dwell = Dwell()
    sizes: tuple[Size, Size] = (0.09, 0.2)
    classes: Annotated[int, Field(ge=1, le=12)] = 4
    zipf: Annotated[float, Field(ge=0)] = 1.0
    drift_at_s: Seconds | None = None
    events: Times = 0
    newcomers: Times = 0
    black: Times = 0
    blurred: Times = 0
    frozen: Times = 0
    corrupted: Times = 0
    variable_rate: bool = False
    rotation: Literal[0, 90, 180, 270] = 0
    copy_of: str | None = None
    borrow: tuple[Borrow, ...] = ()
    edits: tuple[EditKind, ...] = ()
    held_out: bool = False
    encoding: Encoding = Encoding()

    @property
    def file_name(self) -> str:
        """Name of the file inside the folder."""
        return f"{self.name}.{self.encoding.extension}"

    @model_validator(mode="after")
    def _can_be(self) -> Self:
        if self.newcomers and self.camera != "static":
            raise ValueError(f"{self.name} has newcomers, which only a static camera can have")
        if self.sizes[0] > self.sizes[1]:
            raise ValueError(f"{self.name} has sizes from {self.sizes[0]} down to {self.sizes[1]}")
        if self.copy_of is not None and self.borrow:
            raise ValueError(f"{self.name} is a copy and borrows: it can do one of the two")
        ends = sorted((part.at_s, part.at_s + part.duration_s) for part in self.borrow)
        ends.append((self.duration_s, self.duration_s))
        for (_, end_s), (start_s, _) in pairwise(ends):
            if end_s > start_s:
                raise ValueError(f"{self.name} borrows segments that overlap or reach past its end")
        return self


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
        originals = {spec.name: spec for spec in self.videos if spec.copy_of is None}
        if len({spec.name for spec in self.videos}) != len(self.videos):
            raise ValueError("two videos have the same name")
        for spec in self.videos:
            if spec.copy_of is not None and spec.copy_of not in originals:
                raise ValueError(f"{spec.name} is a copy of {spec.copy_of}, which is no original")
            for part in spec.borrow:
                source = originals.get(part.video)
                if source is None or source.borrow or source is spec:
                    raise ValueError(
                        f"{spec.name} borrows from {part.video}, which is no other original or "
                        "borrows itself"
                    )
                if part.start_s + part.duration_s > source.duration_s:
                    raise ValueError(f"{spec.name} borrows past the end of {part.video}")
            sources = [*(part.video for part in spec.borrow), *filter(None, [spec.copy_of])]
            if any(originals[name].held_out != spec.held_out for name in sources):
                raise ValueError(f"{spec.name} repeats across the border of what is held out")
        return self

    def content(self, spec: VideoSpec) -> VideoSpec:
        """The description that tells what `spec` shows: its original's, if it is a copy."""
        return spec if spec.copy_of is None else self.video(spec.copy_of)

    def video(self, name: str) -> VideoSpec:
        """The description with this name.

        Raises:
            KeyError: There is none.
        """
        for spec in self.videos:
            if spec.name == name:
                return spec
        raise KeyError(f"{name} is not among the videos of the preset {self.name}")
