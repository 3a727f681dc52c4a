"""A small material made by the test: videos in which a coloured square moves."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np

from framesel.simulation.detector.material import Clip, Material, Part, truth_of
from framesel.simulation.encode import write_video
from framesel.simulation.spec import Encoding

SIZE_WH = (96, 64)
FPS = 30
COLOURS = ((220, 40, 40), (40, 60, 220))
CLASSES = ("blue", "red")


def recorded(folder: Path, parts: list[Part], frames: int = 46) -> Material:
    """A material of clips with one square each, that moves to the right; classes take turns.

    Args:
        folder: Videos are written there.
        parts: Of each clip.
        frames: Of each clip.
    """
    clips = []
    for number, part in enumerate(parts):
        rng = np.random.default_rng(number)
        gray = (
            rng.integers(60, 190, (SIZE_WH[1] // 8, SIZE_WH[0] // 8, 1)).repeat(8, 0).repeat(8, 1)
        )
        pictures, boxes = [], []
        for frame in range(frames):
            left, top = 4 + frame, 8 + 4 * (number % 6)
            picture = gray.repeat(3, 2).astype(np.uint8)
            picture[top : top + 18, left : left + 24] = COLOURS[number % 2]
            pictures.append((picture, frame / FPS))
            boxes.append((left, top, left + 24, top + 18))
        path = folder / f"clip{number}.mp4"
        write_video(path, pictures, SIZE_WH, Fraction(FPS), Encoding(crf=12))
        truth = truth_of(
            frames,
            np.arange(frames),
            np.full(frames, 1 - number % 2),
            np.array(boxes, np.float32),
        )
        clips.append(Clip(path.stem, path, part, float(FPS), truth))
    return Material("squares", CLASSES, tuple(clips))
