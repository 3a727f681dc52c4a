"""What a detector saw in frames, read back from a round's stored detections."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from framesel.catalog import Catalog
from framesel.evaluation.boxes import Found
from framesel.rounds.decision import Key
from framesel.stages.stored_boxes import Layout, unpack
from framesel.uncertainty.boxes import Boxes
from framesel.workspace import Workspace

_BULKY = ("features", "sides")
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Detected:
    """Boxes of k frames by one detector, as shares of the picture that it saw.

    Attributes:
        keys: The k frames, sorted.
        found: Their boxes, class numbers those of ``classes``.
        classes: Names.
    """

    keys: tuple[Key, ...]
    found: Found
    classes: tuple[str, ...]


def classes_of(workspace: Workspace, key: str) -> tuple[str, ...]:
    """Names of the classes of stored detections; empty where they are gone."""
    for shard in Catalog(workspace).shards:
        path = workspace.shard("detections", key, shard.number)
        if path.exists():
            return Layout.read(path).classes
    return ()


def shards(workspace: Workspace, key: str) -> Iterator[tuple[list[Key], Boxes]]:
    """Shard by shard: frames of live videos, companions left out, and their boxes in pixels."""
    for shard in Catalog(workspace).shards:
        path = workspace.shard("detections", key, shard.number)
        if not path.exists():
            continue
        columns = [name for name in pq.read_schema(path).names if name not in _BULKY]
        table = pq.ParquetFile(path).read(columns)
        alive = pa.array(sorted({part.video_no for part in shard.parts}), pa.int32())
        plain = pc.equal(table["view"].cast(pa.string()), "")
        wanted = pc.and_(plain, pc.invert(table["companion"]))
        table = table.filter(pc.and_(wanted, pc.is_in(table["video_no"], alive)))
        keys = zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True)
        yield list(keys), unpack(table, Layout.read(path), bulky=False)


def detected(workspace: Workspace, key: str, frames: Collection[Key]) -> Detected | None:
    """The boxes of some frames; None where the detector saw none of them.

    Args:
        workspace: Where.
        key: Folder of the detections.
        frames: Which; those that were not seen are left out.
    """
    wanted = set(frames)
    keys: list[Key] = []
    parts: list[Boxes] = []
    for known, boxes in shards(workspace, key):
        rows = np.array([at for at, frame in enumerate(known) if frame in wanted], np.int64)
        if len(rows):
            keys += [known[at] for at in rows.tolist()]
            parts.append(boxes.pick(rows))
    if not keys:
        return None
    order = sorted(range(len(keys)), key=keys.__getitem__)
    return Detected(tuple(keys[at] for at in order), _found(parts, order), parts[0].classes)


def _found(parts: list[Boxes], order: list[int]) -> Found:
    """The boxes of all parts, picture by picture in the given order."""
    sizes = np.concatenate([np.tile(np.maximum(part.size_wh, 1.0), 2) for part in parts])
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    starts = np.cumsum(counts) - counts
    rows = np.concatenate(
        [np.arange(starts[at], starts[at] + counts[at]) for at in order] or [np.empty(0)]
    ).astype(np.int64)
    picture = np.repeat(np.arange(len(counts)), counts)
    xyxy = np.concatenate([part.xyxy for part in parts]) / sizes[picture]
    return Found(
        np.cumsum([0, *counts[order]]).astype(np.int64),
        xyxy[rows].astype(np.float32),
        np.concatenate([part.top_class[:, 0] for part in parts])[rows].astype(np.int64),
        np.concatenate([part.confidence() for part in parts])[rows].astype(np.float32),
    )
