"""Footage as the vectors that a self-supervised backbone would give, made from its truth alone.

A vector is a weighted sum of unit directions, made unit: the kind of place and the place itself,
where the camera looks, the light, every object (its class, its own shade, where about it is) by the
square root of its share of the picture, and the sensor's noise. Two pictures of one moment have a
cosine of about .997; those of a copy, an edit, a newcomer: see `COSINES` and the tests.
"""

import zlib
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from framesel.simulation.objects import COLOURS
from framesel.simulation.place import PALETTES
from framesel.simulation.truth import DuplicateKind, FrameTruth, Truth, VideoTruth
from framesel.simulation.vocabulary import F64, Vocabulary, directions, unit

# Lengths of the parts, before the sum is made unit.
KIND, PLACE, VIEW = 0.35, 0.65, 0.55
NIGHT, SEASON = 0.5, 0.35
# Of an object that fills the picture; its direction is made of these parts.
OBJECT = 2.0
CLASS, SHADE, SPOT = 0.85, 0.25, 0.45
# In the dark objects stand out less, and noise more.
DIM = 0.7
NOISE, NIGHT_NOISE = 0.05, 0.08
# A picture out of focus keeps these shares of its place and its objects.
BLURRED_PLACE, BLURRED_OBJECT, BLUR = 0.6, 0.3, 0.7
# What garbage lets through of its place.
CORRUPTED_PLACE = 0.3

COSINES: dict[DuplicateKind, float] = {
    "encoded": 0.997,
    "copied": 0.997,
    "shifted": 0.99,
    "gain": 0.99,
    "zoomed": 0.985,
}
"""Cosine to the same picture without the change, by kind of duplicate."""

# (left, top, right, bottom) as shares of the picture's sides.
Window = tuple[float, float, float, float]
WHOLE: Window = (0.0, 0.0, 1.0, 1.0)
TILES: tuple[Window, ...] = tuple(
    (column / 3, row / 3, (column + 1) / 3, (row + 1) / 3)
    for row in range(3)
    for column in range(3)
)


@dataclass(frozen=True, eq=False)
class Simulated:
    """n frames in order of video and time; row i of every array is frame i.

    Attributes:
        vectors: (n, dim) float32 unit rows.
        video_no: (n,) int32, position in `Truth.videos`.
        pts_s: (n,) float64 seconds from the video's first frame.
        index: (n,) int64, position in `VideoTruth.frames`.
        held_out: (n,) bool, whether the video is kept from the candidates.
        labels: (n,) str, see `label`.
        frames: (n,) objects, the `FrameTruth` of each.
        tiles: (n, 9, dim) float32 unit rows of the parts of a 3 x 3 grid, row by row; or None.
    """

    vectors: NDArray[np.float32]
    video_no: NDArray[np.int32]
    pts_s: F64
    index: NDArray[np.int64]
    held_out: NDArray[np.bool_]
    labels: NDArray[np.str_]
    frames: NDArray[np.object_]
    tiles: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.vectors)

    def subset(self, rows: NDArray[Any]) -> Self:
        """Some of the frames: by their numbers in the given order, or by a mask."""
        columns = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{n: v[rows] for n, v in columns.items() if v is not None})


def label(frame: FrameTruth) -> str:
    """What a classifier has to tell: the kind of place and the class of the largest object.

    A healthy frame without objects is "KIND empty"; one that is black or garbage has none ("").
    """
    if frame.fault in ("black", "corrupted"):
        return ""
    areas = {
        (item.xyxy[2] - item.xyxy[0]) * (item.xyxy[3] - item.xyxy[1]): item.label
        for item in frame.objects
    }
    return f"{frame.place_kind} {areas[max(areas)] if areas else 'empty'}".strip()


def embed(truth: Truth, *, dim: int = 128, seed: int = 0, tiles: bool = False) -> Simulated:
    """The vectors of all frames.

    Args:
        truth: From `script` or `render`.
        dim: Of the vectors.
        seed: Of the backbone: which direction stands for what. Two worlds (seeds of `script`) in
            one backbone share classes and kinds of places, and no place.
        tiles: Whether the parts of a 3 x 3 grid get vectors too; nine times the memory.
    """
    words = Vocabulary(dim, seed)
    parts = []
    for number, video in enumerate(truth.videos):
        count = len(video.frames)
        vectors = _embedded(truth, video, words, (WHOLE,))[:, 0]
        parts.append(
            Simulated(
                vectors=vectors,
                video_no=np.full(count, number, np.int32),
                pts_s=np.array([frame.t_s for frame in video.frames]),
                index=np.arange(count),
                held_out=np.full(count, video.held_out),
                labels=np.array([label(frame) for frame in video.frames], np.str_),
                frames=np.array(video.frames, object),
                tiles=_embedded(truth, video, words, TILES) if tiles else None,
            )
        )
    names = [field.name for field in fields(Simulated) if tiles or field.name != "tiles"]
    return Simulated(**{n: np.concatenate([getattr(part, n) for part in parts]) for n in names})


def _embedded(
    truth: Truth, video: VideoTruth, words: Vocabulary, windows: tuple[Window, ...]
) -> NDArray[np.float32]:
    """(n, windows, d) unit vectors of one video's frames, each seen through every window."""
    sees = _Eye(truth, video, words)
    # A copy has the noise of its original, before it is changed.
    noise_rng, change_rng = (
        np.random.default_rng([truth.seed, zlib.crc32(name.encode()), len(windows), what])
        for what, name in enumerate((video.copy_of or video.name, video.name))
    )
    made = np.stack([sees.through(window, noise_rng) for window in windows], axis=1)
    kinds = [video.duplicate_kind(frame) for frame in video.frames]
    cosines = np.array([COSINES.get(kind, 1.0) for kind in kinds])
    change = unit(change_rng.standard_normal(made.shape))
    made = unit(made + np.sqrt(1 / cosines**2 - 1)[:, None, None] * change)
    for frame in video.frames:
        if frame.fault == "frozen":
            made[frame.index] = made[frame.duplicate_of]
    return made.astype(np.float32)


class _Eye:
    """One video's frames as numbers, to be seen through windows."""

    def __init__(self, truth: Truth, video: VideoTruth, words: Vocabulary) -> None:
        frames, self._words = video.frames, words
        scenes = [frame.scene for frame in frames]
        places = {scene: words.place(truth.seed, scene) for scene in set(scenes)}
        kinds = [*PALETTES, ""]
        kind_of = np.array([kinds.index(frame.place_kind) for frame in frames])
        own = np.array([places[scene][0] for scene in scenes])
        self._place = KIND * words.kinds[kind_of] + PLACE * own
        self._phases = np.array([places[scene][1] for scene in scenes])
        self._views = np.array([frame.view for frame in frames])
        self._height = video.size_wh[1] / video.size_wh[0]
        night = {video.name: video.night for video in truth.videos}
        self._night = np.array([night[frame.borrowed_from or video.name] for frame in frames])
        phase = np.array([frame.phase for frame in frames])
        self._light = (
            NIGHT * self._night[:, None] * words.night + SEASON * phase[:, None] * words.season
        )
        self._fault = np.array([frame.fault for frame in frames])
        self._objects = _Objects(video, words)

    def through(self, window: Window, rng: np.random.Generator) -> F64:
        """(n, d) what is seen through a window, with new noise."""
        shape = self._place.shape
        scenery = self._place + VIEW * self._words.views(self._looking(window), self._phases)
        dim = np.where(self._night, DIM, 1.0)[:, None]
        objects = dim * self._objects.through(window)
        light, noise = self._light, unit(rng.standard_normal(shape))
        made = scenery + light + objects
        blurred, black, corrupted = (
            (self._fault == fault)[:, None] for fault in ("blurred", "black", "corrupted")
        )
        hazy = BLURRED_PLACE * self._place + BLURRED_OBJECT * objects + light
        made = np.where(blurred, hazy + BLUR * self._words.blur, made)
        made = np.where(black, self._words.black, made)
        made = np.where(corrupted, CORRUPTED_PLACE * self._place + directions(rng, *shape), made)
        return unit(made + np.where(self._night, NIGHT_NOISE, NOISE)[:, None] * noise)

    def _looking(self, window: Window) -> F64:
        """(n, 4) right, down, log zoom and turn of the middle of a window."""
        left, top, right, bottom = window
        x, y, zoom, turn = self._views.T
        across, down = ((left + right) / 2 - 0.5) / zoom, ((top + bottom) / 2 - 0.5) / zoom
        down = down * self._height
        cos, sin = np.cos(turn), np.sin(turn)
        x, y = x + cos * across + sin * down, y - sin * across + cos * down
        return np.column_stack([x, y, np.log(zoom / (right - left)), turn])


class _Objects:
    """All objects of all frames of a video."""

    def __init__(self, video: VideoTruth, words: Vocabulary) -> None:
        pairs = [(row, item) for row, frame in enumerate(video.frames) for item in frame.objects]
        classes = list(COLOURS)
        self._words, self._frames = words, len(video.frames)
        self._row = np.array([row for row, _ in pairs], np.int64)
        label = np.array([classes.index(item.label) for _, item in pairs], np.int64)
        base = np.array(list(COLOURS.values()))[label]
        shade = (np.array([item.colour for _, item in pairs]).reshape(-1, 3) - base) / 18
        self._look = CLASS * words.classes[label] + SHADE * (shade @ words.shade)
        width, height = video.size_wh
        boxes = np.array([item.xyxy for _, item in pairs]).reshape(-1, 4)
        self._boxes = boxes / np.array([width, height, width, height])

    def through(self, window: Window) -> F64:
        """(n, d) the sum over a frame's objects of what a window shows of them."""
        size = np.array([window[2] - window[0], window[3] - window[1]])
        low = (np.maximum(self._boxes[:, :2], window[:2]) - window[:2]) / size
        high = (np.minimum(self._boxes[:, 2:], window[2:]) - window[:2]) / size
        share = np.maximum(high - low, 0.0).prod(axis=1)
        shown = np.flatnonzero(share)
        spots = self._words.spots((low[shown] + high[shown]) / 2)
        looks = OBJECT * np.sqrt(share[shown])[:, None] * (self._look[shown] + SPOT * spots)
        gather = sparse.csr_array(
            (np.ones(len(shown)), (self._row[shown], np.arange(len(shown)))),
            shape=(self._frames, len(shown)),
        )
        return np.asarray(gather @ looks)
