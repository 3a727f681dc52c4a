"""How long each stage took, from the log: the tables hold no timings."""

from __future__ import annotations

import re
from pathlib import Path

TAIL_BYTES = 8 << 20
"""A log may be long; its end tells of the last runs."""

_END = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO (?P<stage>[a-z]+(?:@[a-z]+|\.\d+)?): "
    r"(?:[\d,]+ rows, (?:[\d,]+/s, )?)?\d+ errors, (?P<seconds>\d+\.\d) s"
)


def log_times(path: Path) -> dict[str, float]:
    """Seconds by stage, of the last run in which the stage had something to do.

    Args:
        path: ``framesel.log``; nothing is known where it is missing. Lines that say something else
            are passed over.
    """
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return {}
    found: dict[str, float] = {}
    for line in text.splitlines():
        end = _END.fullmatch(line)
        if end:
            found[end["stage"]] = float(end["seconds"])
    return found
