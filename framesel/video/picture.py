"""Still pictures: sizes, EXIF, pixels, and the pictures of a folder in natural order."""

import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from framesel.errors import DecodeError, ProbeError
from framesel.storage.place import Place
from framesel.video.container import check_size
from framesel.video.metadata import in_range, parse_time

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})
_FORMATS = ("JPEG", "PNG", "BMP", "TIFF", "WEBP")
_TURNED = {3: 180, 6: 90, 8: 270}
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError)


@dataclass(frozen=True, slots=True)
class PictureInfo:
    """Size after rotation, clockwise rotation in degrees, time and place of one picture."""

    codec: str
    width: int
    height: int
    rotation: int
    recorded_at: str | None
    latitude: float | None
    longitude: float | None


def list_pictures(folder: Place) -> list[Place]:
    """The pictures directly inside a folder, in natural order (img2 before img10).

    Hidden files are left out. Files are told by their suffix.
    """
    pictures = (
        p
        for p in folder.iterdir()
        if p.suffix.lower() in PICTURE_SUFFIXES and not p.name.startswith(".") and p.is_file()
    )
    return sorted(pictures, key=lambda p: natural_key(p.name))


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that compares runs of digits as numbers, ties broken by the plain name."""
    parts = re.split(r"([0-9]+)", name)
    key = [(0, int(p), "") if i % 2 else (1, 0, p.casefold()) for i, p in enumerate(parts)]
    return (*key, (1, 0, name))


def is_picture(path: Place) -> bool:
    """Whether a file is a still picture, by its first bytes (names may lie)."""
    if path.suffix.lower() in {".mjpg", ".mjpeg"}:  # a bare stream of JPEGs starts like one JPEG
        return False
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError:
        return False
    return (
        head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*"))
        or (head.startswith(b"RIFF") and head[8:12] == b"WEBP")
        or (head.startswith(b"BM") and head[6:10] == b"\0\0\0\0")
    )


def probe_picture(path: Place) -> PictureInfo:
    """Reads the header of a picture.

    Raises:
        ProbeError: If it is no picture, is damaged, or is absurdly large.
    """
    try:
        with _open(path) as image:
            check_size(image.width, image.height, path)
            exif = image.getexif()
            turned = _TURNED.get(exif.get(ExifTags.Base.Orientation, 1), 0)
            transposed = exif.get(ExifTags.Base.Orientation, 1) in (5, 6, 7, 8)
            size = (image.height, image.width) if transposed else (image.width, image.height)
            codec = (image.format or "unknown").lower()
            time, place = _time(exif), _place(exif)
    except Image.DecompressionBombError as error:
        raise ProbeError(f"{path}: claims absurd dimensions ({error}).") from error
    except UnidentifiedImageError as error:
        raise ProbeError(f"{path}: is no picture that can be recognised.") from error
    except _BROKEN as error:
        raise ProbeError(f"{path}: cannot be read as a picture ({error}).") from error
    return PictureInfo(codec, *size, turned, time, *place)


def load_picture(path: Place) -> NDArray[np.uint8]:
    """Decodes a picture, turned upright as its EXIF asks.

    Returns:
        (h, w, 3) uint8 RGB. Of 16-bit pictures the high byte; transparency is dropped.

    Raises:
        DecodeError: If it is damaged or absurdly large.
    """
    try:
        with _open(path) as image:
            check_size(image.width, image.height, path)
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I"):
                gray = np.clip(np.asarray(upright) / 256, 0, 255).astype(np.uint8)
                return np.repeat(gray[:, :, None], 3, axis=2)
            return np.array(upright.convert("RGB"))
    except ProbeError as error:
        raise DecodeError(str(error)) from error
    except Image.DecompressionBombError as error:
        raise DecodeError(f"{path}: claims absurd dimensions ({error}).") from error
    except UnidentifiedImageError as error:
        raise DecodeError(f"{path}: is no picture that can be recognised.") from error
    except _BROKEN as error:
        raise DecodeError(f"{path}: is a damaged picture ({error}).") from error


def _open(path: Place) -> Image.Image:
    with warnings.catch_warnings():
        # Size is checked against our own limit, with our own message.
        warnings.simplefilter("ignore")
        try:
            file = path if isinstance(path, Path) else io.BufferedReader(path.open())
            return Image.open(file, formats=_FORMATS)
        except ImportError as error:
            # Once it is imported, ultralytics has Pillow look for a plugin for what it cannot read.
            raise UnidentifiedImageError(str(path)) from error


def _time(exif: Image.Exif) -> str | None:
    inner = exif.get_ifd(ExifTags.IFD.Exif)
    for value in (inner.get(ExifTags.Base.DateTimeOriginal), exif.get(ExifTags.Base.DateTime)):
        if isinstance(value, str) and (time := parse_time(value)):
            return time
    return None


def _place(exif: Image.Exif) -> tuple[float | None, float | None]:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    try:
        latitude = _dms(gps[ExifTags.GPS.GPSLatitude], gps[ExifTags.GPS.GPSLatitudeRef], "S")
        longitude = _dms(gps[ExifTags.GPS.GPSLongitude], gps[ExifTags.GPS.GPSLongitudeRef], "W")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return None, None
    return (latitude, longitude) if in_range(latitude, longitude) else (None, None)


def _dms(value: tuple[float, float, float], reference: str, negative: str) -> float:
    degrees = float(value[0]) + float(value[1]) / 60 + float(value[2]) / 3600
    return -degrees if reference.upper().startswith(negative) else degrees
