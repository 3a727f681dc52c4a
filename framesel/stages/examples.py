"""Pictures that show what to look for, as vectors beside those of the frames."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from framesel.errors import DecodeError, SelectionError
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages.embeddings import backbone_of

LONG_SIDE_PX = 640
QUALITY = 90


def digests(paths: Sequence[str]) -> dict[str, str]:
    """What a fingerprint knows of the pictures: their order and content, not their paths.

    Raises:
        SelectionError: One of them cannot be read.
    """
    try:
        return {f"example {n}": _digest(Path(path)) for n, path in enumerate(paths, 1)}
    except OSError as error:
        raise SelectionError(
            f"selection.strategy.examples: {error.filename} cannot be read ({error.strerror}). "
            "Check the path."
        ) from None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def embed(paths: Sequence[str], inputs: GatherInputs, run: RunSettings) -> npt.NDArray[np.float32]:
    """(t, d) unit rows: each picture shrunk as frames are, and seen by the frames' backbone.

    Raises:
        SelectionError: One of them is no picture.
    """
    model = backbone_of(inputs.workspace, inputs.keys["embeddings"], run)
    return model([_picture(Path(path)) for path in paths])


def _picture(path: Path) -> npt.NDArray[np.uint8]:
    from framesel.video import jpeg
    from framesel.video.picture import load_picture

    try:
        image = load_picture(path)
    except DecodeError as error:
        raise SelectionError(
            f"selection.strategy.examples: {error} Give JPEG, PNG, BMP, TIFF or WebP files."
        ) from None
    return jpeg.decode(jpeg.encode(image, QUALITY, long_side=LONG_SIDE_PX))
