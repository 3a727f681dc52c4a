"""Chosen frames on one picture, framed by what they turned out to be."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from framesel.simulation.camera import Image
from framesel.simulation.score import Verdict

TILE_WH = (240, 135)
RIM_PX = 5
RIM_RGB: dict[Verdict, tuple[int, int, int]] = {
    "": (225, 225, 225),
    "event": (225, 45, 215),
    "repeat": (245, 190, 40),
    "fault": (220, 40, 40),
}


def contact_sheet(pictures: Sequence[Image], verdicts: Sequence[Verdict], columns: int) -> Image:
    """One (H, W, 3) RGB picture of all, row by row.

    Args:
        pictures: (h, w, 3) RGB, of any sizes; each keeps its shape inside its tile.
        verdicts: One for each; it chooses the colour of the rim.
        columns: Tiles in a row.
    """
    tiles = [tile(*pair) for pair in zip(pictures, verdicts, strict=True)]
    blank = np.full((TILE_WH[1], TILE_WH[0], 3), 255, np.uint8)
    tiles += [blank] * (-len(tiles) % columns)
    rows = [np.hstack(tiles[start : start + columns]) for start in range(0, len(tiles), columns)]
    return np.asarray(np.vstack(rows), np.uint8)


def tile(picture: Image, verdict: Verdict) -> Image:
    """The picture made to fit, on white, inside its rim."""
    width, height = TILE_WH[0] - 2 * RIM_PX, TILE_WH[1] - 2 * RIM_PX
    scale = min(width / picture.shape[1], height / picture.shape[0])
    size_wh = (max(int(picture.shape[1] * scale), 1), max(int(picture.shape[0] * scale), 1))
    small = cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA)
    made = np.full((TILE_WH[1], TILE_WH[0], 3), RIM_RGB[verdict], np.uint8)
    made[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX] = 255
    left, top = (TILE_WH[0] - size_wh[0]) // 2, (TILE_WH[1] - size_wh[1]) // 2
    made[top : top + size_wh[1], left : left + size_wh[0]] = small
    return made


def save(path: Path, picture: Image) -> None:
    """Writes an RGB picture as JPEG.

    Raises:
        OSError: It cannot be written there.
    """
    if not cv2.imwrite(str(path), picture[..., ::-1]):
        raise OSError(f"{path} cannot be written; is there room, and may you write there?")


def load(path: Path) -> Image:
    """Reads a picture as (h, w, 3) RGB.

    Raises:
        OSError: There is none, or it is damaged.
    """
    picture = cv2.imread(str(path))
    if picture is None:
        raise OSError(f"{path} is no picture that can be read")
    return np.asarray(picture[..., ::-1], np.uint8)
