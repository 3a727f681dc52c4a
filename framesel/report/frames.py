"""The sampled frames of a selection as arrays, in order of video and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files
from framesel.catalog import Catalog
from framesel.errors import WorkspaceError
from framesel.workspace import Workspace

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

COLUMNS = ("video_no", "pts", "index", "t_s", "sharpness", "brightness", "contrast", "change")


@dataclass(frozen=True)
class Frames:
    """Every live frame that was sampled as a candidate; row i of each array is frame i.

    Attributes:
        columns: (n,) arrays by name: video_no i32, pts i64, index i32, t_s f64, and the measures of
            quality, f32.
        shard: (n,) number of the shard that holds a frame.
        place: (n,) its row in that shard's table, companions counted.
        crop: (n, 4) x0 y0 x1 y1 of the part of the picture that a network saw, as shares.
    """

    columns: Mapping[str, Array]
    shard: npt.NDArray[np.int32]
    place: npt.NDArray[np.int64]
    crop: npt.NDArray[np.float32]

    @classmethod
    def read(cls, workspace: Workspace, catalog: Catalog, key: str) -> Frames:
        """Reads the frames table of one fingerprint; pixels are not touched.

        Raises:
            WorkspaceError: A shard's table is missing or of another make.
        """
        parts, shards, places = [], [], []
        for shard in catalog.shards:
            table = _read(workspace, key, shard.number)
            alive = pa.array(sorted({p.video_no for p in shard.parts}), pa.int32())
            wanted = pa.compute.and_(
                pa.compute.is_in(table["video_no"], alive),
                pa.compute.invert(table["companion"]),
            )
            kept = np.flatnonzero(wanted.to_numpy())
            parts.append(table.select([*COLUMNS, "region"]).take(kept))
            shards.append(np.full(len(kept), shard.number, np.int32))
            places.append(kept.astype(np.int64))
        if not parts:
            raise WorkspaceError(f"{workspace.root} holds no frames: `framesel run` first")
        whole = pa.concat_tables(parts)
        columns = {name: whole[name].to_numpy() for name in COLUMNS}
        order = np.lexsort((columns["pts"], columns["video_no"]))
        return cls(
            {name: values[order] for name, values in columns.items()},
            np.concatenate(shards)[order],
            np.concatenate(places)[order],
            _crops(whole["region"])[order],
        )

    def __len__(self) -> int:
        return len(self.shard)

    @property
    def video_no(self) -> npt.NDArray[np.int32]:
        """(n,) number of each frame's video."""
        return self.columns["video_no"]

    @property
    def pts(self) -> Ints:
        """(n,) in the time base of the frame's stream."""
        return self.columns["pts"]

    @property
    def t_s(self) -> npt.NDArray[np.float64]:
        """(n,) seconds."""
        return self.columns["t_s"]

    def row_of(self, video_no: int, pts: int) -> int:
        """The row of one frame; -1 if it is not there."""
        low, high = self.span(video_no)
        at = low + int(np.searchsorted(self.pts[low:high], pts))
        return at if at < high and int(self.pts[at]) == pts else -1

    def rows_of(self, video_no: npt.ArrayLike, pts: npt.ArrayLike) -> Ints:
        """(k,) rows of the given keys; -1 for those that are not there."""
        wanted = _keys(np.asarray(video_no, np.int64), np.asarray(pts, np.int64))
        if not len(self) or not len(wanted):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(self._sorted, wanted), len(self) - 1)
        found: Ints = np.where(self._sorted[at] == wanted, at, -1).astype(np.int64)
        return found

    def span(self, video_no: int) -> tuple[int, int]:
        """First row of a video's frames, and the row behind its last."""
        return self._spans.get(video_no, (0, 0))

    @cached_property
    def _spans(self) -> dict[int, tuple[int, int]]:
        numbers, first = np.unique(self.video_no, return_index=True)
        edges = [*first.tolist(), len(self)]
        return dict(zip(numbers.tolist(), pairwise(edges), strict=True))

    @cached_property
    def _sorted(self) -> Array:
        return _keys(self.video_no.astype(np.int64), self.pts)


def _keys(video_no: Ints, pts: Ints) -> Array:
    out = np.empty(len(video_no), dtype=[("video_no", np.int64), ("pts", np.int64)])
    out["video_no"], out["pts"] = video_no, pts
    return out


def _crops(regions: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    """(n, 4) the crop of each frame; the whole picture where there is none."""
    from framesel.video.regions import Region

    texts = regions.combine_chunks().dictionary_encode()
    crops = [Region.from_json(text).crop if text else None for text in texts.dictionary.to_pylist()]
    known = np.array([*(crop or (0, 0, 1, 1) for crop in crops), (0, 0, 1, 1)], np.float32)
    which = texts.indices.fill_null(len(crops)).to_numpy(zero_copy_only=False)
    return np.asarray(known[which], np.float32)


def _read(workspace: Workspace, key: str, shard: int) -> pa.Table:
    path = workspace.shard("frames", key, shard)
    try:
        return table_files.opened(path).read([*COLUMNS, "companion", "region"])
    except FileNotFoundError:
        raise WorkspaceError(
            f"{path} is not there: the frames of this selection are not complete. "
            "`framesel run` once more"
        ) from None
    except (pa.ArrowInvalid, KeyError) as error:
        raise WorkspaceError(
            f"{path} cannot be read ({error}): it is damaged or of another version of framesel"
        ) from None
