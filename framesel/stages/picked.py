"""The selection table: picks by rank, with their reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from framesel import tables
from framesel.selection.picks import FIXED
from framesel.stages.gathered import column
from framesel.stages.pool import Pool
from framesel.stages.reviewer import NO_DUPLICATE

if TYPE_CHECKING:
    from framesel.selection import Picks


def table(found: Pool, picks: Picks) -> pa.Table:
    """Picks as ``tables.SELECTION`` says, by rank."""
    rows = found.rows[picks.indices]
    first = picks.nearest == -1
    nearest = found.rows[np.maximum(picks.nearest, 0)]
    earlier = picks.nearest <= -2  # how a strategy names row j of `already`: -2 - j
    nearest[earlier] = found.before[-2 - picks.nearest[earlier]]
    frames = found.data.columns
    terms = [
        [(name, float(v[rank])) for name, v in picks.terms.items() if np.isfinite(v[rank])]
        for rank in range(len(rows))
    ]
    arrays = [
        column(np.arange(1, len(rows) + 1), pa.int32()),
        column(frames["video_no"][rows], pa.int32()),
        column(frames["pts"][rows], pa.int64()),
        column(frames["index"][rows], pa.int32()),
        column(frames["t_s"][rows], pa.float64()),
        pa.array(list(picks.source), pa.string()),
        column(picks.gain, pa.float64(), np.isnan(picks.gain)),
        pa.array(terms, pa.map_(pa.string(), pa.float64())),
        column(frames["video_no"][nearest], pa.int32(), first),
        column(frames["pts"][nearest], pa.int64(), first),
        column(np.sqrt(np.maximum(0, 2 - 2 * picks.nearest_cos)), pa.float64(), first),
        column(found.mass[rows], pa.float32()),
        column(found.start_s[rows], pa.float64()),
        column(found.end_s[rows], pa.float64()),
        column(found.revived[rows], pa.bool_()),
        pa.array(["; ".join(texts) for texts in picks.limit], pa.string()),
        pa.array(_reasons(found, picks), pa.string()),
    ]
    return pa.Table.from_arrays(arrays, schema=tables.SELECTION)


def _reasons(found: Pool, picks: Picks) -> list[str]:
    """Why each was picked, a reviewer's part included."""
    pinned, reasons = set(found.said.pinned.tolist()), []
    for at, row in enumerate(found.rows[picks.indices].tolist()):
        reason = picks.reason[at]
        if picks.source[at] == FIXED:
            reason = f"{'pinned' if row in pinned else 'kept'} by the reviewer"
        reasons.append(f"{reason}; {NO_DUPLICATE}" if found.objected[row] else reason)
    return reasons
