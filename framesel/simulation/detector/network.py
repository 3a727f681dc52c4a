"""A frozen YOLO that points at what may be something, and says what it sees there.

What it was trained for does not matter: a detector of everyday things calls no drone by its name,
but its head answers to one all the same. Of 63 objects of the drone clips that it was tried on, 95
in 100 lie in the middle of one of its 100 strongest boxes, whatever class those have.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from framesel.detectors.checkpoint_file import read_checkpoint
from framesel.detectors.suppression import suppress
from framesel.detectors.yolo_network import YoloNetwork, rebuilt
from framesel.errors import WeightsError
from framesel.runtime import torch_threads
from framesel.selection.vectors.arrays import F32

PROPOSALS: Final = 100
CONSIDERED: Final = 1000
OVERLAP: Final = 0.5
PATCH_PX: Final = 48
PATCH_CELLS: Final = 12
BACKBONE: Final = (2, 4)
"""Layers before the neck that are looked at too: strides 4 and 8."""

PADDING: Final = 114
"""Gray level around a picture, as YOLO is trained with."""

Image = NDArray[np.uint8]


class Proposals(NamedTuple):
    """What is pointed at in one picture.

    Attributes:
        xyxy: (k, 4) float32, pixels of the picture, strongest first.
        features: (k, F) float32.
    """

    xyxy: F32
    features: F32


class FrozenNetwork:
    """Pictures to proposals; it never learns.

    Args:
        weights: A YOLOv8 or YOLO11 checkpoint; read without unpickling.
        canvas_px: Side of the square that pictures are scaled to fit into; a multiple of 32.

    Raises:
        WeightsError: There is no such detector in the file.
    """

    def __init__(self, weights: Path, canvas_px: int) -> None:
        model: Any = rebuilt(read_checkpoint(weights), str(weights)).eval()
        if int(model.model[-1].reg_max) == 1:
            raise WeightsError(f"{weights}: its sides are no distributions; give a YOLOv8 or v11")
        # Normalisation becomes part of the convolutions, which is faster on a CPU.
        model = model.fuse(verbose=False).to(memory_format=torch.channels_last)
        self._network = YoloNetwork(model, one2one=False, features=True).eval()
        self.canvas_px = canvas_px
        self.digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
        self._maps: list[Tensor] = []
        for number in (*BACKBONE, *self._network.inputs):
            self._listen(self._network.layers[number])
        for level in self._network.sides:
            self._listen(level[1])  # type: ignore[index]

    def _listen(self, part: nn.Module) -> None:
        def keep(_module: nn.Module, _given: Any, output: Tensor) -> None:
            self._maps.append(output)

        part.register_forward_hook(keep)

    def __call__(self, image: Image) -> Proposals:
        """The ``PROPOSALS`` strongest boxes of a picture, fewer in a very small one.

        Args:
            image: (h, w, 3) uint8 RGB.
        """
        canvas, scale = on_canvas(image, self.canvas_px)
        self._maps.clear()
        with torch.no_grad(), torch_threads(1):
            outputs = self._network(torch.from_numpy(canvas)[None])
            maps = [*self._maps, *outputs[2::3]]
            xyxy, logits, level = self._boxes(outputs)
            best = logits.max(axis=1)
            order = np.argsort(-best, kind="stable")[:CONSIDERED]
            alike = np.zeros(len(order), np.int64)
            order = order[suppress(xyxy[order], best[order], alike, OVERLAP, PROPOSALS)]
            centre = ((xyxy[order, :2] + xyxy[order, 2:]) / 2).astype(np.float32)
            seen = [_sampled(part, centre, canvas.shape) for part in maps]
        everywhere = [part.mean(dim=(0, 2, 3)).numpy() for part in maps[: len(BACKBONE) + 3]]
        whole = np.tile(np.concatenate(everywhere), (len(order), 1))
        size = xyxy[order, 2:] - xyxy[order, :2]
        geometry = np.concatenate(
            [np.log(np.maximum(size, 1.0)), centre / self.canvas_px, level[order, None]], axis=1
        )
        parts = [*seen, whole, logits[order], geometry, _patches(canvas, centre)]
        features = np.concatenate(parts, axis=1).astype(np.float32)
        height, width = image.shape[:2]
        limit = np.array([width, height, width, height], np.float32)
        return Proposals(np.clip(xyxy[order] / scale, 0.0, limit).astype(np.float32), features)

    def _boxes(self, outputs: tuple[Tensor, ...]) -> tuple[F32, F32, F32]:
        """Corners on the canvas, class logits and level of every cell of all levels."""
        bins = torch.tensor(self._network.positions)
        corners, logits, levels = [], [], []
        for number, stride in enumerate(self._network.strides):
            scores, sides = outputs[3 * number][0], outputs[3 * number + 1][0]
            rows, columns = scores.shape[1:]
            parted = sides.view(4, len(bins), rows, columns).softmax(dim=1)
            away = (parted * bins[None, :, None, None]).sum(dim=1)
            y, x = torch.meshgrid(
                torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij"
            )
            edges = (x - away[0], y - away[1], x + away[2], y + away[3])
            corners.append(torch.stack(edges, dim=-1).view(-1, 4) * stride)
            logits.append(scores.flatten(1).T)
            levels.append(torch.full((rows * columns,), float(number)))
        return tuple(torch.cat(part).numpy() for part in (corners, logits, levels))  # type: ignore[return-value]


def _sampled(part: Tensor, centre: F32, shape: tuple[int, ...]) -> F32:
    """(k, c): a map (1, c, h, w) at some places of the canvas, between its cells."""
    places = torch.from_numpy(centre / np.array([shape[1], shape[0]]) * 2.0 - 1.0).float()
    found = nn.functional.grid_sample(
        part, places[None, None], mode="bilinear", padding_mode="border", align_corners=False
    )
    taken: F32 = found[0, :, 0].T.numpy()
    return taken


def _patches(canvas: Image, centre: F32) -> F32:
    """(k, cells): what stands around each centre in gray, and how bright and varied that is."""
    import cv2

    gray = cv2.cvtColor(canvas, cv2.COLOR_RGB2GRAY).astype(np.float32)
    colour = canvas.reshape(-1, 3).mean(axis=0) / 255.0
    step = PATCH_PX // PATCH_CELLS
    away = (np.arange(PATCH_CELLS) - (PATCH_CELLS - 1) / 2) * step
    x, y = (part.ravel().astype(np.float32) for part in np.meshgrid(away, away))
    # A cell is the mean of its pixels; cv2 counts from the middle of the first pixel.
    places = centre[:, :1] + x - 0.5, centre[:, 1:] + y - 0.5
    smooth, rough = (
        cv2.remap(part, *places, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        for part in (cv2.blur(gray, (step, step)), gray)
    )
    mean, spread = smooth.mean(axis=1), smooth.std(axis=1)
    plain = (smooth - mean[:, None]) / (spread[:, None] + 4.0)
    told = [mean / 255.0, np.log(spread + 1.0), np.log(rough.std(axis=1) + 1.0)]
    found: F32 = np.column_stack([plain, *told, np.tile(colour, (len(centre), 1))])
    return found


def on_canvas(image: Image, side_px: int) -> tuple[Image, float]:
    """A picture scaled to fit, at the top left of a gray canvas as high as it must be.

    Returns:
        (height, width, 3) uint8, multiples of 32, and pixels of the canvas per pixel of the
        picture.
    """
    import cv2

    scale = side_px / max(image.shape[:2])
    width, height = (max(1, round(side * scale)) for side in image.shape[1::-1])
    canvas = np.full((-(-height // 32) * 32, -(-width // 32) * 32, 3), PADDING, np.uint8)
    kind = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    canvas[:height, :width] = cv2.resize(image, (width, height), interpolation=kind)
    return canvas, scale
