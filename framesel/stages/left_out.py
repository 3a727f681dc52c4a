"""Why each frame that is not among the picks was left out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import tables
from framesel.stage import Rows
from framesel.stages.gathered import column
from framesel.stages.pool import Pool
from framesel.stages.texts import Texts

if TYPE_CHECKING:
    from framesel.selection import Picks

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Vectors = npt.NDArray[np.float32]
Cosines = npt.NDArray[np.float32]

_WHY = ("outvoted", "limit", "duplicate", "rejected", "declined", "earlier", "holdout")
_LIMIT, _DUPLICATE, _REJECTED, _DECLINED, _EARLIER, _HOLDOUT = range(1, len(_WHY))
_TOO_NEAR = "too near in time to a pick of an earlier round"

_ROWS_AT_ONCE = 65_536


def rows(pool: Pool, picks: Picks) -> Rows:
    """A row for each frame that is not picked now, some at a time.

    What comes first holds: it is held out, an earlier round has it, a reviewer declined it, it is
    too bad, something stands for it, a limit refused it, or others gained more.
    """
    return Rows(tables.LEFT_OUT, _batches(pool, picks))


def _batches(pool: Pool, picks: Picks) -> Iterator[pa.RecordBatch]:
    picked = pool.rows[picks.indices]
    why, detail = _reasons(pool, picks)
    left = np.ones(len(pool.data), np.bool_)
    left[picked] = False
    others = np.flatnonzero(left)
    chosen = np.concatenate([pool.before, picked])
    seeds = pool.data.vectors[chosen]
    video_no, pts = pool.data.columns["video_no"], pool.data.columns["pts"]
    for low in range(0, len(others), _ROWS_AT_ONCE):
        part = others[low : low + _ROWS_AT_ONCE]
        other, cos = _likest(pool, part, chosen, seeds, why.code[part] == _DUPLICATE)
        none = other < 0
        arrays = [
            column(video_no[part], pa.int32()),
            column(pts[part], pa.int64()),
            _coded(why, part),
            _coded(detail, part),
            column(video_no[other], pa.int32(), none),
            column(pts[other], pa.int64(), none),
            column(cos, pa.float32(), none),
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=tables.LEFT_OUT)


def _reasons(pool: Pool, picks: Picks) -> tuple[Texts, Texts]:
    """Why each frame was left out, and which fault or limit it was."""
    remarks = list(pool.said.remarks.values())
    first = 1 + len(pool.rejected.names)  # of the limits, after nothing and the faults
    near = first + len(picks.limits)
    details = ["", *pool.rejected.names.tolist(), *picks.limits, _TOO_NEAR, *remarks]
    why, detail = np.zeros(len(pool.data), np.uint8), np.zeros(len(pool.data), np.int32)
    refused = np.flatnonzero(picks.refused >= 0)
    why[pool.rows[refused]] = _LIMIT
    detail[pool.rows[refused]] = first + picks.refused[refused]
    why[pool.crowded] = _LIMIT
    detail[pool.crowded] = near
    kept = pool.keeper == np.arange(len(pool.data))
    why[~kept & (pool.keeper >= 0)] = _DUPLICATE
    bad = np.flatnonzero(~pool.rejected.is_(""))
    why[bad] = _REJECTED
    detail[bad] = 1 + pool.rejected.code[bad].astype(np.int32)
    why[pool.said.declined] = _DECLINED
    detail[pool.said.declined] = 0
    detail[np.array(list(pool.said.remarks), np.int64)] = near + 1 + np.arange(len(remarks))
    why[pool.before] = _EARLIER
    why[pool.held] = _HOLDOUT
    detail[pool.held] = 0
    return Texts(np.array(_WHY), why), Texts(np.array(details), detail)


def _coded(texts: Texts, rows: Ints) -> pa.DictionaryArray:
    """Those of some rows, with the names that they use."""
    names, code = np.unique(texts.code[rows], return_inverse=True)
    return pa.DictionaryArray.from_arrays(
        pa.array(code.astype(np.int32)), pa.array(texts.names[names].tolist(), pa.string())
    )


def _likest(
    pool: Pool, rows: Ints, chosen: Ints, seeds: Vectors, stands: Mask
) -> tuple[Ints, Cosines]:
    """What to compare each frame with: its keeper, or the chosen frame that it is most like."""
    from framesel.selection.vectors.nearest_chosen import nearest_chosen

    vectors = pool.data.vectors
    mine, likest = vectors[rows], np.where(stands, pool.keeper[rows], -1)
    near = np.empty(len(rows), np.float32)
    at, near[~stands] = nearest_chosen(mine[~stands], seeds)
    likest[~stands] = np.append(chosen, -1)[at]
    near[stands] = np.einsum("ij,ij->i", mine[stands], vectors[likest[stands]])
    return likest, near
