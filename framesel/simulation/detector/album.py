"""The pictures of a timetable on disk, with what is known of them; written once, read by many."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import filelock
import numpy as np

from framesel.errors import DecodeError
from framesel.evaluation.boxes import Truth
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.simulation.detector.held import Image, shown_again
from framesel.simulation.detector.material import Material, inside, joined, pick
from framesel.simulation.detector.timetable import Timetable
from framesel.video import jpeg
from framesel.workspace import write_atomic

VERSION: Final = 1
"""Raise by hand whenever the same timetable gives other pictures."""

PICTURES: Final = "pictures.bin"
KNOWN: Final = "known.npz"
JPEG_QUALITY: Final = 95
QUALITY: Final = ("sharpness", "brightness", "contrast", "change")


@dataclass(frozen=True, eq=False)
class Album:
    """n pictures; row i of every array is picture i.

    Attributes:
        folder: Where they lie; what is computed of the pictures may be kept there too.
        offsets: (n + 1,) int64, where each JPEG begins.
        size_wh: (n, 2) int64 pixels.
        truth: Labelled boxes in pixels.
        quality: (n, 4) float64, columns as ``QUALITY``; the change is that against the picture
            before in the same video.
        vectors: (n, d) float32 unit rows of the default backbone.
    """

    folder: Path
    offsets: I64
    size_wh: I64
    truth: Truth
    quality: F64
    vectors: F32

    def __len__(self) -> int:
        return len(self.size_wh)

    def jpeg(self, i: int) -> bytes:
        """Picture i as a JPEG file."""
        return self._bytes[self.offsets[i] : self.offsets[i + 1]]

    def image(self, i: int) -> Image:
        """Picture i, (h, w, 3) uint8 RGB."""
        return jpeg.decode(self.jpeg(i))

    @cached_property
    def _bytes(self) -> mmap.mmap:
        with (self.folder / PICTURES).open("rb") as file:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __getstate__(self) -> dict[str, object]:
        """A map of a file does not travel to other processes."""
        return {name: value for name, value in vars(self).items() if name != "_bytes"}


def opened(material: Material, table: Timetable, cache: Path) -> Album:
    """The album of a timetable, made if it is not there yet.

    Args:
        material: Has the clips.
        table: Which pictures.
        cache: Folder of all albums.

    Raises:
        MediaError: A clip cannot be read.
    """
    folder = cache / f"{material.name}-{digest(material, table)}"
    if not (folder / KNOWN).exists():
        cache.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder.with_suffix(".lock")):
            if not (folder / KNOWN).exists():
                _make(material, table, folder)
    with np.load(folder / KNOWN) as known:
        truth = Truth(known["box_offsets"], known["xyxy"], known["class_no"])
        columns = [known[name] for name in ("quality", "vectors")]
        return Album(folder, known["offsets"], known["size_wh"], truth, *columns)


def digest(material: Material, table: Timetable) -> str:
    """What decides the pictures and labels of an album: footage, labels, timetable."""
    found = hashlib.sha256(f"{VERSION} {material.name} {material.classes}".encode())
    for number in np.unique(table.clip_no):
        clip = material.clips[number]
        found.update(f"{clip.name} {clip.path.stat().st_size}".encode())
        for column in (clip.truth.offsets, clip.truth.xyxy, clip.truth.class_no):
            found.update(np.ascontiguousarray(column).tobytes())
    for name, column in sorted(vars(table).items()):
        found.update(name.encode() + np.ascontiguousarray(column).tobytes())
    return found.hexdigest()[:16]


def _make(material: Material, table: Timetable, folder: Path) -> None:
    """Pictures first, then vectors; the file of what is known is written last."""
    folder.mkdir(parents=True, exist_ok=True)
    lengths: list[int] = []
    sizes: list[tuple[int, int]] = []
    truths: list[Truth] = []

    def fill(path: Path) -> None:
        with path.open("wb") as file:
            for image, truth in _shown(material, table):
                lengths.append(file.write(jpeg.encode(image, JPEG_QUALITY, None)))
                sizes.append((image.shape[1], image.shape[0]))
                truths.append(truth)

    write_atomic(folder / PICTURES, fill)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    size_wh = np.array(sizes, np.int64)
    truth = joined(truths)
    unknown = np.zeros((len(sizes), 0))
    draft = Album(folder, offsets, size_wh, truth, unknown, unknown.astype(np.float32))
    known = {
        "offsets": offsets,
        "size_wh": size_wh,
        "box_offsets": truth.offsets,
        "xyxy": truth.xyxy,
        "class_no": truth.class_no,
        "quality": _quality(draft, table.video_no),
        "vectors": _vectors(draft),
    }
    write_atomic(folder / KNOWN, partial(_save, known))


def _save(known: dict[str, Any], path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, **known)


def _shown(material: Material, table: Timetable) -> Iterator[tuple[Image, Truth]]:
    """Picture and boxes of every row: a clip stands in one piece, its frames in order."""
    starts = np.flatnonzero(np.diff(table.clip_no, prepend=-1))
    for low, high in pairwise([*starts.tolist(), len(table)]):
        number = int(table.clip_no[low])
        clip, row = material.clips[number], low
        every = int(np.gcd.reduce(table.index[low:high])) or len(clip.truth)
        for frame in clip.frames(every):
            truth = pick(clip.truth, np.array([frame.index]))
            size = np.array([frame.image.shape[1::-1]], np.int64)
            while row < high and table.index[row] == frame.index:
                nth = int(table.showing[row])
                key = (number, frame.index, nth)
                plain = (frame.image, inside(truth, size))
                yield shown_again(frame.image, truth, key) if nth else plain
                row += 1
        if row < high:
            raise DecodeError(f"{clip.path}: frame {table.index[row]} of it could not be read")


def _quality(album: Album, video_no: I64) -> F64:
    """What the frames stage measures of each picture."""
    from framesel.video.quality import measure

    found = np.zeros((len(album), len(QUALITY)))
    before = None
    for i in range(len(album)):
        if i and video_no[i] != video_no[i - 1]:
            before = None
        figures, before = measure(album.image(i), before)
        found[i] = [getattr(figures, name) for name in QUALITY]
    return found


def _vectors(album: Album) -> F32:
    """What the embeddings stage computes by default, on the CPU, in full precision."""
    from framesel import backbones
    from framesel.stages.embeddings import Embeddings

    stage = Embeddings()
    model = backbones.load(
        stage.backbone, runtime=backbones.Runtime.TORCH_FP32, device="cpu", batch=stage.batch
    )
    blocks = []
    for low in range(0, len(album), model.batch):
        images = [album.image(i) for i in range(low, min(low + model.batch, len(album)))]
        blocks.append(np.asarray(model(images), np.float32))
    return np.concatenate(blocks)
