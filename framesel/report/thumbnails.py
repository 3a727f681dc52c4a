"""Small pictures for a page: which frames get one, how large, and how many fit."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from framesel.errors import MediaError, WorkspaceError
from framesel.report.columns import evenly
from framesel.report.view import View

Ints = npt.NDArray[np.int64]


class Look(NamedTuple):
    """How a small picture is made."""

    side_px: int
    """Of its longer side."""
    quality: int
    """Of the JPEG."""


PICK, NEIGHBOUR, POINT = Look(320, 75), Look(160, 65), Look(96, 65)
SMALLER_PICKS = (PICK, Look(256, 65), Look(192, 60))
"""For picks that would fill the page alone, the first of these that leaves some room."""
MOST_POINTS = 5000
"""Points of the map with a picture."""
PICKS_SHARE = 0.6
"""Of the room, for picks; the rest is for what is shown beside them."""
ONLY_PICKS = "Only picks have pictures: the recipe keeps none of other frames (frames.store_px)."
_PROBES = 48
"""Pictures that are made to learn how large such pictures are."""
_AT_ONCE = 512
"""Pictures that are made before the next ones are begun."""
_BLOCK_CHARS = 400_000
"""Pictures are read by the page in blocks of about so much text."""


@dataclass
class Thumbnails:
    """Makes small pictures of frames until there is no more room.

    Attributes:
        view: Whose frames.
        room: Bytes of JPEG that may still be made; None for any number.
        made: JPEG by row.
        missing: Rows of which no picture could be had.
    """

    view: View
    room: int | None = None
    made: dict[int, bytes] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)

    def add_picks(self, rows: Ints) -> None:
        """Pictures of picks: of all of them, smaller ones if need be."""
        for look in SMALLER_PICKS:
            if self.room is None or self._mean(rows, look) * len(rows) <= PICKS_SHARE * self.room:
                break
        self._keep(pictures(self.view, self._new(rows).tolist(), look))

    def add(self, rows: Ints, look: Look, share: float = 1.0) -> None:
        """Pictures of as many of these frames as a share of the room holds, evenly spaced."""
        new = self._new(rows)
        if self.room is not None and len(new):
            fit = int(max(0, self.room) * share / max(1.0, self._mean(new, look)))
            new = evenly(new, fit)
        self._keep(pictures(self.view, new.tolist(), look))

    def _new(self, rows: Ints) -> Ints:
        _, first = np.unique(rows, return_index=True)
        known = self.made.keys() | self.missing
        fresh = [row for row in rows[np.sort(first)].tolist() if row not in known]
        return np.array(fresh, np.int64)

    def _mean(self, rows: Ints, look: Look) -> float:
        """About how many bytes one of them takes."""
        some = evenly(rows, _PROBES).tolist()
        sizes = [len(data) for _, data in pictures(self.view, some, look) if data]
        return sum(sizes) / len(sizes) if sizes else 0.0

    def _keep(self, found: Iterable[tuple[int, bytes | None]]) -> None:
        for row, data in found:
            if data is None:
                self.missing.add(row)
            else:
                self.made[row] = data
                self.room = None if self.room is None else self.room - len(data)


def small(view: View, row: int, look: Look) -> bytes | None:
    """One frame as a small JPEG, blurred where a reviewer said so; None if there is no picture."""
    from framesel.video import jpeg
    from framesel.video.blur import blurred

    key = int(view.frames.video_no[row]), int(view.frames.pts[row])
    try:
        stored = view.jpeg(row)
        if stored is None:
            return None
        image = blurred(_reduced(stored, look.side_px), view.verdicts.blurs.get(key, ()))
        return jpeg.encode(image, look.quality, None)
    except (MediaError, OSError, SyntaxError, ValueError):
        return None


def _reduced(stored: bytes, side_px: int) -> npt.NDArray[np.uint8]:
    """Decodes a JPEG no larger than it is needed: much faster than to shrink the whole.

    Raises:
        OSError: It is damaged.
        SyntaxError: It is none.
    """
    # not Image.open: a library that we depend on puts its own in its place
    from PIL.Image import Resampling
    from PIL.JpegImagePlugin import JpegImageFile

    from framesel.video.container import MAX_PIXELS

    with JpegImageFile(io.BytesIO(stored)) as image:
        if image.width * image.height > MAX_PIXELS:
            raise OSError(f"a stored JPEG claims {image.width}x{image.height} pixels")
        image.thumbnail((side_px, side_px), Resampling.BOX)
        return np.asarray(image.convert("RGB"), np.uint8)


def keeps_pixels(view: View) -> bool:
    """Whether pictures of all frames are stored: to decode a few thousand again takes minutes."""
    path = view.workspace.stage("frames", view.keys["frames"]) / "stage.json"
    try:
        return bool(json.loads(path.read_text("utf-8"))["fields"]["store_px"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}): `framesel run` once more") from None


def blocks(made: Mapping[int, bytes], rows: Iterable[int]) -> tuple[list[str], dict[str, int]]:
    """Pictures as JSON texts for the page, and the number of the text that each row is in.

    Args:
        made: JPEG by row.
        rows: In the order in which they will be wanted; the others follow.
    """
    order = dict.fromkeys([*(row for row in rows if row in made), *made])
    texts: list[str] = []
    place: dict[str, int] = {}
    current: dict[str, str] = {}
    size = 0
    for row in order:
        current[str(row)] = base64.b64encode(made[row]).decode("ascii")
        place[str(row)] = len(texts)
        size += len(current[str(row)])
        if size >= _BLOCK_CHARS:
            texts.append(json.dumps(current))
            current, size = {}, 0
    if current:
        texts.append(json.dumps(current))
    return texts, place


def write_files(view: View, folder: Path, wanted: Sequence[tuple[Ints, Look]]) -> set[int]:
    """Writes ``ROW.jpg`` for groups of frames; a frame of several groups as the first wants it.

    Pictures are written as they are made, so that memory does not grow with their number.

    Returns:
        Rows of which no picture could be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    seen: set[int] = set()
    missing: set[int] = set()
    for rows, look in wanted:
        for row, data in pictures(view, [r for r in rows.tolist() if r not in seen], look):
            seen.add(row)
            if data is None:
                missing.add(row)
            else:
                (folder / f"{row}.jpg").write_bytes(data)
    return missing


def pictures(view: View, rows: Iterable[int], look: Look) -> Iterator[tuple[int, bytes | None]]:
    """Each row's small picture, in ascending order, so that what is stored is read once."""
    ordered = sorted(rows)
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        for start in range(0, len(ordered), _AT_ONCE):
            some = ordered[start : start + _AT_ONCE]
            yield from zip(some, pool.map(partial(small, view, look=look), some), strict=True)
