"""What a fine-tuned detector sees in the dev clips, and what is there, kept as one file.

Used by ``label_check.py``. Frames are taken every ``every``-th; boxes are kept from confidence
0.05 on, as the recipe's default has it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from drone_clips import clips_of, drone_video
from drone_labels import read_labels
from numpy.typing import NDArray

from framesel.detectors import Detector, DetectSettings, load
from framesel.runtime import choose_runtime
from framesel.video.decoders import decoder
from framesel.video.info import WHOLE
from framesel.video.probing import probe
from framesel.video.sampling import EveryN

BATCH = 16

I64 = NDArray[np.int64]
F32 = NDArray[np.float32]


@dataclass(frozen=True)
class DevBoxes:
    """n frames of the clips with what is labelled and what is seen.

    Attributes:
        clip: (n,) position of the frame's clip in the list of clips.
        index: (n,) number of the frame in its clip.
        size_wh: (n, 2) pixels.
        truth_offsets: (n + 1,) the labels of frame i are rows offsets[i] to offsets[i + 1].
        truth_xyxy: (t, 4) corners, clipped to the picture.
        truth_class: (t,) position in ``drone_labels.CLASSES``.
        offsets: (n + 1,) the same for what is seen.
        xyxy: (m, 4) corners.
        logits: (m, C) relative to background, in the order of ``drone_labels.CLASSES``.
    """

    clip: I64
    index: I64
    size_wh: I64
    truth_offsets: I64
    truth_xyxy: F32
    truth_class: I64
    offsets: I64
    xyxy: F32
    logits: F32

    def save(self, path: Path) -> None:
        """Into one file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, **{each.name: getattr(self, each.name) for each in fields(self)})

    @classmethod
    def load(cls, path: Path) -> DevBoxes:
        """From one file."""
        with np.load(path) as held:
            return cls(**{each.name: held[each.name] for each in fields(cls)})


def dev_boxes(weights: Path, cache: Path, *, size_px: int, every: int) -> DevBoxes:
    """The frames of split ``dev``, computed once for each set of weights, size and step.

    Args:
        weights: Of a detector of the four classes.
        cache: Folder that keeps them.
        size_px: Long side of what the network sees.
        every: Step between frames.
    """
    path = cache / f"dev-{weights.stem}-{size_px}-{every}.npz"
    if not path.exists():
        _computed(weights, size_px, every).save(path)
    return DevBoxes.load(path)


def _computed(weights: Path, size_px: int, every: int) -> DevBoxes:
    settings = DetectSettings(size_px=size_px)
    model = load(str(weights), settings, runtime=choose_runtime(), device="auto", threads=1)
    rows: dict[str, list[NDArray[np.generic]]] = {each.name: [] for each in fields(DevBoxes)}
    for number, row in enumerate(clips_of("dev")):
        _add(rows, number, row["clip"], model, every)
        print(f"{row['clip']}: {len(rows['xyxy'])} frames so far", flush=True)
    columns = {
        name: np.cumsum([0, *parts]).astype(np.int64)
        if name.endswith("offsets")
        else (np.concatenate if name in PER_BOX else np.array)(parts)
        for name, parts in rows.items()
    }
    return DevBoxes(**columns)  # type: ignore[arg-type]


PER_BOX = {"truth_xyxy", "truth_class", "xyxy", "logits"}


def _add(
    rows: dict[str, list[NDArray[np.generic]]], number: int, clip: str, model: Detector, every: int
) -> None:
    labels = read_labels(clip)
    path = drone_video(clip)
    frames = list(decoder().sample(path, probe(path), WHOLE, EveryN(n=every)))
    for start in range(0, len(frames), BATCH):
        some = frames[start : start + BATCH]
        for frame, found in zip(some, model([one.image for one in some]), strict=True):
            height, width = frame.image.shape[:2]
            xyxy, class_no = labels.of(frame.index)
            clipped = np.clip(xyxy.reshape(-1, 2, 2), 0.0, (width, height)).reshape(-1, 4)
            whole = (clipped[:, 2:] > clipped[:, :2]).all(axis=1)
            told = {
                "clip": np.int64(number),
                "index": np.int64(frame.index),
                "size_wh": np.array([width, height], np.int64),
                "truth_offsets": np.int64(whole.sum()),
                "truth_xyxy": clipped[whole].astype(np.float32),
                "truth_class": class_no[whole],
                "offsets": np.int64(len(found)),
                "xyxy": found.xyxy,
                "logits": found.logits,
            }
            for name, value in told.items():
                rows[name].append(value)  # type: ignore[arg-type]
