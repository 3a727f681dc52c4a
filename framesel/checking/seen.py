"""Labels beside the stored detections of their frames, in the classes that may be labelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from framesel import table_files
from framesel.annotation.classes import declared
from framesel.annotation.sheet import Class
from framesel.checking.labelled import Labelled
from framesel.recipe import Recipe
from framesel.stages.stored_boxes import Layout, unpack
from framesel.uncertainty.annotated import F64, I64, Annotated
from framesel.uncertainty.boxes import Boxes

_BULKY = ("features", "sides")
_BLOCK = 1 << 16  # boxes whose full distributions are in memory at a time


@dataclass(frozen=True, eq=False)
class Seen:
    """The labelled frames whose detections are known.

    Attributes:
        at: (k,) which of the labelled frames.
        boxes: Labels and detections of those k, in pixels of the full pictures.
        flat: (t,) place of each of their labels among all labels.
        classes: Names of the classes.
    """

    at: I64
    boxes: Annotated
    flat: I64
    classes: tuple[str, ...]


def seen(labelled: Labelled, recipe: Recipe) -> Seen | None:
    """Lines labels and detections up; None where there are no detections of labelled frames.

    Frames that were never sampled, and new ones that the detector has not seen yet, are left out.

    Raises:
        WorkspaceError: A table is damaged.
        UsageError: The recipe names a class of the detector that it does not have.
    """
    parts = list(_shards(labelled))
    if not parts:
        return None
    detector = parts[0][1].classes
    classes = declared(recipe.classes, detector)
    names = _names(classes, labelled)
    at = np.concatenate([rows for rows, _ in parts])
    order = np.argsort(at, kind="stable")
    xyxy = np.concatenate([_corners(labelled, rows, found) for rows, found in parts])
    share = np.concatenate([_shares(found, classes, names) for _, found in parts])
    counts = np.concatenate([np.diff(found.offsets) for _, found in parts])
    mine, offsets = _picked(counts, order)
    flat, label_offsets = _picked(np.diff(labelled.offsets), at[order])
    annotated = Annotated(
        label_offsets,
        labelled.xyxy[flat],
        labelled.class_no(names)[flat],
        offsets,
        xyxy[mine],
        share[mine],
        labelled.size_wh[at[order]],
    )
    return Seen(at[order], annotated, flat, names)


def _shards(labelled: Labelled) -> Iterator[tuple[I64, Boxes]]:
    """Of each shard, which labelled frames it holds, and what was detected in them."""
    if "detections" not in labelled.key:
        return
    place = np.full(len(labelled.frames), -1, np.int64)
    sampled = np.flatnonzero(labelled.rows >= 0)
    place[labelled.rows[sampled]] = sampled
    for shard in labelled.catalog.shards:
        path = labelled.workspace.shard("detections", labelled.key["detections"], shard.number)
        if not path.exists():
            continue
        columns = [name for name in table_files.schema(path).names if name not in _BULKY]
        table = table_files.opened(path).read(columns)
        table = table.filter(pc.equal(table["view"].cast(pa.string()), ""))
        known = labelled.frames.rows_of(table["video_no"].to_numpy(), table["pts"].to_numpy())
        at = np.where(known >= 0, place[known], -1)
        rows = np.flatnonzero(at >= 0)
        if len(rows):
            yield at[rows], unpack(table.take(rows), Layout.read(path), bulky=False)


def _names(classes: Sequence[Class], labelled: Labelled) -> tuple[str, ...]:
    """Declared names, then those that only labels have."""
    drawn = sorted({box.label for box in labelled.flat})
    return tuple(dict.fromkeys([*(one.name for one in classes), *drawn]))


def _corners(labelled: Labelled, at: I64, boxes: Boxes) -> F64:
    """(m, 4) corners in pixels of the full pictures: the detector saw smaller or cropped ones."""
    crop = labelled.frames.crop[labelled.rows[at]].astype(np.float64)
    whole = labelled.size_wh[at].astype(np.float64)
    wide = (crop[:, 2:] - crop[:, :2]) * whole / np.maximum(boxes.size_wh, 1.0)
    picture = boxes.picture_of()
    shift = np.tile(crop[:, :2] * whole, 2)[picture]
    return np.asarray(boxes.xyxy * np.tile(wide, 2)[picture] + shift, np.float64)


def _shares(
    boxes: Boxes, classes: Sequence[Class], names: Sequence[str]
) -> npt.NDArray[np.float32]:
    """(m, C + 1) of the classes that may be labelled; what feeds none of them is nothing."""
    from framesel.uncertainty.compact import dense

    feeds: dict[str, int] = {}
    for number, one in enumerate(classes):
        for fed in one.feeds:
            feeds.setdefault(fed, number)
    known = [at for at, name in enumerate(boxes.classes) if name in feeds]
    share = np.zeros((len(boxes), len(names) + 1), np.float32)
    for low in range(0, len(boxes), _BLOCK):
        some = np.zeros(len(boxes), np.bool_)
        some[low : low + _BLOCK] = True
        full = dense(boxes.where(some))
        for at in known:
            share[low : low + _BLOCK, feeds[boxes.classes[at]]] += full[:, at]
    share[:, -1] = np.maximum(1.0 - share[:, :-1].sum(axis=1), 0.0)
    return share


def _picked(counts: I64, wanted: I64) -> tuple[I64, I64]:
    """Rows of the boxes of some pictures, in the order of the pictures, and their offsets."""
    starts = np.cumsum(counts) - counts
    offsets = np.concatenate([[0], np.cumsum(counts[wanted])]).astype(np.int64)
    rows = np.arange(offsets[-1]) + np.repeat(starts[wanted] - offsets[:-1], counts[wanted])
    return rows.astype(np.int64), offsets
