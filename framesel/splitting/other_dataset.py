"""Datasets of other people: which picture is in which split, and what can be known of its time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from framesel.annotation.opening import open_labels
from framesel.annotation.split_words import split_word
from framesel.errors import DecodeError, UsageError
from framesel.handover.picture_paths import PicturePaths
from framesel.recipe import Recipe
from framesel.splitting.leakage import AGAINST
from framesel.splitting.near import F32, Footage

Image = npt.NDArray[np.uint8]

OURS = re.compile(
    r"^(?:\d{5,}-)?(?P<video>.+_v\d{6})_(?P<h>\d{2,})h(?P<m>\d\d)m(?P<s>\d\d)s(?P<ms>\d{3})_pts-?\d+"
)
"""How framesel names a picture."""

NUMBERED = re.compile(r"^(?P<video>.*?)[_\-. ]*(?:frame|img|f)?[_\-. ]*(?P<number>\d+)$", re.I)
ADDED = re.compile(r"(_(?:jpe?g|png|bmp|webp))?(\.rf\.[0-9a-zA-Z]+)?$", re.I)
"""What Roboflow puts behind a name."""


@dataclass(frozen=True)
class OtherDataset:
    """Pictures of a dataset, n of them.

    Attributes:
        paths: n files.
        split: n of train, val, test; empty where that is not said.
    """

    paths: tuple[Path, ...]
    split: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path, format_name: str) -> OtherDataset:
        """Finds the pictures and their splits: by folders, and where these say nothing by labels.

        Raises:
            UsageError: There are no pictures, or nothing says which of them are held out.
            LabelsError: Labels must be read, and something is wrong with them.
        """
        known = PicturePaths(folder)
        split = [_by_folder(path.relative_to(folder)) for path in known.paths]
        if _enough(split):
            return cls(known.paths, tuple(split))
        told: dict[Path, str] = {}
        for picture in open_labels(folder, format_name).pictures:
            path = known.find(picture.name, str(folder))
            if path is not None and picture.split:
                told[path] = picture.split
        if not _enough(told.values()):
            raise UsageError(
                f"{folder}: nothing says which pictures are for training and which are held out: "
                "folders called train and val, or labels with a split"
            )
        return cls(known.paths, tuple(told.get(path, "") for path in known.paths))

    def footage(self, vectors: F32, fps: float | None) -> Footage:
        """The pictures as they are compared.

        Args:
            vectors: (n, d) unit rows.
            fps: Of the videos that pictures with numbered names come from; None: their time is not
                known.
        """
        placed = [placed_by_name(path, fps) for path in self.paths]
        number = {video: no for no, video in enumerate(dict.fromkeys(v for v, _ in placed if v))}
        video = [number.get(name, -1) for name, _ in placed]
        t_s = [time for _, time in placed]
        return Footage(np.array(video, np.int64), np.array(t_s, np.float64), vectors)


def placed_by_name(path: Path, fps: float | None) -> tuple[str, float]:
    """Name of the video and second in it, as far as a picture's name says; "" and nan else."""
    stem = ADDED.sub("", path.stem)
    if found := OURS.match(stem):
        clock = [int(found[part]) for part in ("h", "m", "s", "ms")]
        return found["video"], clock[0] * 3600 + clock[1] * 60 + clock[2] + clock[3] / 1000
    numbered = NUMBERED.match(stem)
    if numbered is None or fps is None:
        return "", float("nan")
    return numbered["video"], int(numbered["number"]) / fps


def embed(paths: Sequence[Path], recipe: Recipe, say: Callable[[int], None]) -> F32:
    """(n, d) unit rows: each picture seen as frames are. Bounded memory.

    Args:
        paths: n pictures.
        recipe: Names the backbone, and how large frames are stored.
        say: Told after each batch how many are done.

    Raises:
        UsageError: One of them is no picture.
    """
    from framesel import backbones

    stage, run = recipe.embeddings, recipe.run
    runtime = stage.runtime(run)
    model = backbones.load(
        stage.backbone,
        device=run.device if runtime.startswith("cuda") else "cpu",
        runtime=backbones.Runtime(runtime),
        batch=stage.batch,
    )
    found = []
    for low in range(0, len(paths), model.batch):
        found.append(model([_shrunk(path, recipe) for path in paths[low : low + model.batch]]))
        say(min(low + model.batch, len(paths)))
    return np.concatenate(found)


def _shrunk(path: Path, recipe: Recipe) -> Image:
    """A picture as it would come from the frames table."""
    from framesel.video import jpeg
    from framesel.video.picture import load_picture

    try:
        image = load_picture(path)
    except DecodeError as error:
        raise UsageError(f"{error} Mend it or take it away.") from None
    store_px = recipe.frames.store_px or None
    return jpeg.decode(jpeg.encode(image, recipe.frames.jpeg_quality, long_side=store_px))


def _by_folder(relative: Path) -> str:
    """What the innermost folder that says something says."""
    words = (split_word(part) for part in reversed(relative.parent.parts))
    return next((word for word in words if word), "")


def _enough(split: Iterable[str]) -> bool:
    found = set(split)
    return any(name in found and found & set(others) for name, others in AGAINST.items())
