"""How large a picture is that lies beside labels from outside: its header tells."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Final

from framesel.errors import LabelsError

KINDS: Final = ("JPEG", "PNG", "BMP", "TIFF", "WEBP", "GIF", "MPO")
"""That labels may lie beside; the readers of all others need not be exposed."""


def image_size(path: Path) -> tuple[int, int]:
    """Width and height of a picture, of which nothing but the header is read.

    Raises:
        LabelsError: It is no picture that can be read, or has more than 178 million pixels.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # nothing is decoded: damage behind the header is fine
            with Image.open(path, formats=KINDS) as image:
                return image.size
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise LabelsError(f"{path} is no picture that can be read: {error}") from None
