"""Why each frame that is not among the picks was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import tables
from framesel.stages.gathered import column
from framesel.stages.pool import Pool

if TYPE_CHECKING:
    from framesel.selection import Picks

Ints = npt.NDArray[np.int64]
Texts = npt.NDArray[np.str_]
Cosines = npt.NDArray[np.float32]

_ROWS_AT_ONCE = 65_536


def table(pool: Pool, picks: Picks) -> pa.Table:
    """A row for each frame that is not picked now.

    What comes first holds: it is held out, an earlier round has it, a reviewer declined it, it is
    too bad, something stands for it, a limit refused it, or others gained more.
    """
    n = len(pool.data)
    picked = pool.rows[picks.indices]
    why = np.full(n, "outvoted", "U12")
    detail = np.full(n, "", object)
    refused = np.flatnonzero(picks.refused >= 0)
    why[pool.rows[refused]] = "limit"
    detail[pool.rows[refused]] = [picks.limits[number] for number in picks.refused[refused]]
    why[pool.crowded] = "limit"
    detail[pool.crowded] = "too near in time to a pick of an earlier round"
    kept = pool.keeper == np.arange(n)
    why[~kept & (pool.keeper >= 0)] = "duplicate"
    bad = np.flatnonzero(pool.rejected != "")
    why[bad] = "rejected"
    detail[bad] = pool.rejected[bad]
    why[pool.said.declined] = "declined"
    detail[pool.said.declined] = ""
    for row, text in pool.said.remarks.items():
        detail[row] = text
    why[pool.before] = "earlier"
    why[pool.held] = "holdout"
    detail[pool.held] = ""
    rows = np.setdiff1d(np.arange(n), picked)
    other, cos = _likest(pool, rows, np.concatenate([pool.before, picked]), why[rows])
    none = other < 0
    video_no, pts = pool.data.columns["video_no"], pool.data.columns["pts"]
    arrays = [
        column(video_no[rows], pa.int32()),
        column(pts[rows], pa.int64()),
        pa.array(why[rows].tolist(), pa.string()).dictionary_encode(),
        pa.array(detail[rows].tolist(), pa.string()).dictionary_encode(),
        column(video_no[other], pa.int32(), none),
        column(pts[other], pa.int64(), none),
        column(cos, pa.float32(), none),
    ]
    return pa.Table.from_arrays(arrays, schema=tables.LEFT_OUT)


def _likest(pool: Pool, rows: Ints, chosen: Ints, why: Texts) -> tuple[Ints, Cosines]:
    """What to compare each frame with: its keeper, or the chosen frame that it is most like."""
    from framesel.selection.vectors.nearest_chosen import nearest_chosen

    vectors = pool.data.vectors
    seeds = vectors[chosen]
    other, cos = np.empty(len(rows), np.int64), np.empty(len(rows), np.float32)
    for low in range(0, len(rows), _ROWS_AT_ONCE):
        part = rows[low : low + _ROWS_AT_ONCE]
        stands = why[low : low + _ROWS_AT_ONCE] == "duplicate"
        mine, likest = vectors[part], np.where(stands, pool.keeper[part], -1)
        near = np.empty(len(part), np.float32)
        at, near[~stands] = nearest_chosen(mine[~stands], seeds)
        likest[~stands] = np.append(chosen, -1)[at]
        near[stands] = np.einsum("ij,ij->i", mine[stands], vectors[likest[stands]])
        other[low : low + len(part)], cos[low : low + len(part)] = likest, near
    return other, cos
