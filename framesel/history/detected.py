"""What a detector saw in frames, read back from a round's stored detections."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from framesel import table_files
from framesel.catalog import Catalog
from framesel.evaluation.boxes import Found
from framesel.rounds.decision import Key
from framesel.stages.stored_boxes import Layout, unpack
from framesel.uncertainty.boxes import Boxes
from framesel.workspace import Workspace

_BULKY = ("features", "sides")
I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Detected:
    """Boxes of k frames by one detector, in a unit that is the same for all detectors compared.

    Attributes:
        keys: The k frames, sorted.
        found: Their boxes, class numbers those of ``classes``.
        classes: Names.
    """

    keys: tuple[Key, ...]
    found: Found
    classes: tuple[str, ...]

    def only(self, keys: Sequence[Key]) -> Detected:
        """Of some of its frames, in the given order."""
        place = {key: at for at, key in enumerate(self.keys)}
        pictures = np.array([place[key] for key in keys], np.int64)
        counts = np.diff(self.found.offsets)[pictures]
        rows = rows_of_pictures(self.found.offsets[:-1][pictures], counts)
        found = self.found
        return Detected(
            tuple(keys),
            Found(
                np.cumsum([0, *counts]).astype(np.int64),
                found.xyxy[rows],
                found.class_no[rows],
                found.conf[rows],
            ),
            self.classes,
        )


def rows_of_pictures(starts: I64, counts: I64) -> I64:
    """Rows of the boxes of some pictures, from where each picture's start and how many it has."""
    before = np.cumsum(counts) - counts
    rows: I64 = (np.arange(counts.sum()) + np.repeat(starts - before, counts)).astype(np.int64)
    return rows


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
        columns = [name for name in table_files.schema(path).names if name not in _BULKY]
        table = table_files.opened(path).read(columns)
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
    rows = rows_of_pictures((np.cumsum(counts) - counts)[order], counts[order])
    picture = np.repeat(np.arange(len(counts)), counts)
    xyxy = np.concatenate([part.xyxy for part in parts]) / sizes[picture]
    return Found(
        np.cumsum([0, *counts[order]]).astype(np.int64),
        xyxy[rows].astype(np.float32),
        np.concatenate([part.top_class[:, 0] for part in parts])[rows].astype(np.int64),
        np.concatenate([part.confidence() for part in parts])[rows].astype(np.float32),
    )
