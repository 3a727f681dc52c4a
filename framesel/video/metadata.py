"""When and where a video was recorded, from the tags of its container."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

_TIME_KEYS = (
    "com.apple.quicktime.creationdate",
    "creation_time",
    "date_recorded",
    "date_utc",
    "date",
)
_PLACE_KEYS = ("com.apple.quicktime.location.iso6709", "location", "location-eng", "gps")
_ISO6709 = re.compile(
    r"^\s*([+-]\d+(?:\.\d+)?)([+-]\d+(?:\.\d+)?)(?:[+-]\d+(?:\.\d+)?)?(?:CRS|/|\s*$)"
)


def recorded_at(tags: Mapping[str, str]) -> str | None:
    """Time of recording in ISO 8601, or None.

    Args:
        tags: Container tags, later mappings of streams merged in by the caller.
    """
    lower = {k.lower(): v for k, v in tags.items()}
    for key in _TIME_KEYS:
        if key in lower and (time := parse_time(lower[key])):
            return time
    return None


def parse_time(text: str) -> str | None:
    """Reads a time in ISO 8601 or EXIF notation; placeholders such as 1904 and 1970 are None."""
    text = text.strip().rstrip("\0")
    exif = re.match(r"^(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)$", text)
    if exif:
        text = f"{exif[1]}-{exif[2]}-{exif[3]}T{exif[4]}"
    if not re.match(r"^\d{4}-\d\d-\d\d", text):
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.year < 1971:  # the zero of the MP4 and Unix clocks: the recorder had no time
        return None
    if time.tzinfo is not None and time.utcoffset() == UTC.utcoffset(None):
        return time.replace(tzinfo=None).isoformat() + "Z"
    return time.isoformat()


def location(tags: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Latitude and longitude in degrees from an ISO 6709 tag, or (None, None)."""
    lower = {k.lower(): v for k, v in tags.items()}
    for key in _PLACE_KEYS:
        match = _ISO6709.match(lower.get(key, ""))
        if match:
            latitude, longitude = _degrees(match[1], 2), _degrees(match[2], 3)
            if in_range(latitude, longitude):
                return latitude, longitude
    return None, None


def in_range(latitude: float, longitude: float) -> bool:
    """Whether this is a place on Earth; (0, 0) is what receivers write without a fix."""
    known = (latitude, longitude) != (0.0, 0.0)
    return known and abs(latitude) <= 90 and abs(longitude) <= 180


def _degrees(text: str, degree_digits: int) -> float:
    """±DD.D, ±DDMM.M or ±DDMMSS.S (longitudes have three degree digits)."""
    sign = -1.0 if text[0] == "-" else 1.0
    whole, _, fraction = text[1:].partition(".")
    tail = f".{fraction}" if fraction else ""
    if len(whole) == degree_digits + 4:
        parts = (whole[:degree_digits], whole[degree_digits:-2], whole[-2:] + tail)
    elif len(whole) == degree_digits + 2:
        parts = (whole[:degree_digits], whole[degree_digits:] + tail, "0")
    else:
        parts = (whole + tail, "0", "0")
    return sign * sum(float(part) / scale for part, scale in zip(parts, (1, 60, 3600), strict=True))
