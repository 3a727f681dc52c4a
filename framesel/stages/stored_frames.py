"""The frames of a shard as pixels: from stored JPEGs, or decoded again, inside their regions."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeAlias, TypeVar

import numpy as np

from framesel.stage import Inputs
from framesel.stages.footage import Image, Video

Item = TypeVar("Item")
Key: TypeAlias = tuple[int, int]

COLUMNS = ["video_no", "pts", "companion", "region", "jpeg"]


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame, as a network is shown it."""

    video_no: int
    pts: int
    image: Image
    companion: bool


def stored_frames(
    inputs: Inputs, *, companions: bool, but: Collection[Key] = frozenset()
) -> Iterator[Shown]:
    """The frames of a shard that did not kill a worker.

    Args:
        inputs: Names the shard; what cannot be decoded again becomes an error row.
        companions: Whether frames that only stand beside candidates are shown too.
        but: (video_no, pts) of those that need not be shown.
    """
    from framesel.video import jpeg
    from framesel.video.regions import Region

    parts, poison = inputs.shard.parts, inputs.shard.poison
    missing: list[dict[str, Any]] = []
    for batch in inputs.batches("frames", COLUMNS):
        for row in batch.to_pylist():
            if (row["companion"] and not companions) or (row["video_no"], row["pts"]) in but:
                continue
            if poison and inputs.is_poison(parts[inputs.place_of(row["video_no"], row["pts"])]):
                continue
            if row["jpeg"] is None:
                missing.append(row)
                continue
            image = jpeg.decode(row["jpeg"])
            region = Region.from_json(row["region"]) if row["region"] else None
            shown = region.apply(image) if region else image
            yield Shown(row["video_no"], row["pts"], shown, row["companion"])
    yield from _decoded(inputs, missing)


def chunks(frames: Iterator[Shown], size: int) -> Iterator[list[Shown]]:
    """Lists of ``size`` frames; the last may be shorter."""
    chunk: list[Shown] = []
    for frame in frames:
        chunk.append(frame)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def ahead(items: Iterator[Item], *, wanted: bool) -> Iterator[Item]:
    """The same items, the next one made in a thread while this one is used.

    Args:
        items: Are made there and nowhere else.
        wanted: Off, everything happens here: where cores do the work, a thread has none to spare.
    """
    if not wanted:
        yield from items
        return
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = pool.submit(next, items, None)
            yield item


def _decoded(inputs: Inputs, rows: list[dict[str, Any]]) -> Iterator[Shown]:
    from framesel.video.regions import Region

    parts = {part.video_no: part for part in inputs.shard.parts}
    for video_no, group in groupby(rows, key=lambda r: r["video_no"]):
        wanted = {r["pts"]: r for r in group}
        with inputs.guard(parts[video_no]):
            for frame in Video.of(inputs.videos[video_no]).fetch(sorted(wanted)):
                row = wanted[frame.pts]
                region = Region.from_json(row["region"]) if row["region"] else None
                image = region.apply(frame.image) if region else frame.image
                shown = np.ascontiguousarray(image)
                yield Shown(video_no, frame.pts, shown, row["companion"])
