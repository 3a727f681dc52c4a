"""Sampled frames of the real footage, decoded with PyAV, for the benchmarks of the backbones.

The folder is ``FRAMESEL_DATA`` (default ``../shared/data`` beside the repository).
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

REPOSITORY = Path(__file__).resolve().parent.parent
SPLITS = Path(__file__).resolve().parent / "splits.csv"


def data_folder() -> Path:
    """The folder of real footage.

    Raises:
        SystemExit: It is not there.
    """
    folder = Path(os.environ.get("FRAMESEL_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        raise SystemExit(f"no footage at {folder}: set FRAMESEL_DATA to the folder that holds it")
    return folder


def drone_video(clip: str) -> Path:
    """Path of one drone clip by its name, such as ``V_DRONE_001``."""
    return data_folder() / "drone" / "videos" / f"{clip}.mp4"


def read_splits() -> list[dict[str, str]]:
    """The rows of ``splits.csv``: clip, split, scene, class, spectrum, frames."""
    with SPLITS.open(newline="") as lines:
        return list(csv.DictReader(lines))


def clips_of(split: str) -> list[dict[str, str]]:
    """The rows of one split: ``train``, ``dev`` or ``test``."""
    return [row for row in read_splits() if row["split"] == split]


def sampled_frames(path: Path, fps: float, offset_s: float = 0.0) -> list[tuple[float, Image]]:
    """Frames of a video, the first at or after each step of ``1 / fps`` seconds.

    Args:
        path: A video that PyAV opens.
        fps: Frames wanted per second.
        offset_s: Time of the first wanted frame.

    Returns:
        (seconds from the first frame, (h, w, 3) uint8 RGB). A video that breaks part-way gives
        the frames before the break.
    """
    frames: list[tuple[float, Image]] = []
    wanted_s = offset_s
    first_s: float | None = None
    with av.open(str(path)) as container:
        container.streams.video[0].thread_count = 1
        try:
            for frame in container.decode(video=0):
                now_s = float(frame.time or 0.0)
                first_s = now_s if first_s is None else first_s
                if now_s - first_s + 1e-6 >= wanted_s:
                    frames.append((now_s - first_s, frame.to_ndarray(format="rgb24")))
                    wanted_s += 1.0 / fps
        except av.error.InvalidDataError as error:
            print(f"{path.name}: {error}; {len(frames)} frames before it are used")
    return frames


def frame_count(path: Path) -> int:
    """Number of video packets: one for each frame of these clips."""
    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def squash(image: Image, size_px: int) -> Image:
    """The image resized to a square with area interpolation, its aspect given up."""
    resized: Image = np.ascontiguousarray(
        cv2.resize(image, (size_px, size_px), interpolation=cv2.INTER_AREA)
    )
    return resized
