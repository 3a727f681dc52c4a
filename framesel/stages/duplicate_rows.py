"""The duplicates table: what shots say of their frames, and what became of joined ones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import tables
from framesel.stages.decided_shots import Columns, Home, keepers_of
from framesel.stages.footage_on_disk import FootageOnDisk
from framesel.stages.gathered import column
from framesel.stages.keepers import spans

if TYPE_CHECKING:
    from framesel.selection.duplicates.joining import Joined

Ints = npt.NDArray[np.int64]
_ROWS_AT_ONCE = 65_536


def duplicate_rows(footage: FootageOnDisk, joined: Joined) -> Iterator[pa.RecordBatch]:
    """The rows of ``tables.DUPLICATES``, shard by shard."""
    keepers = _Keepers(footage, joined)
    for home in footage.homes:
        table = _of_home(footage, joined, keepers, home)
        for low in range(0, table.num_rows, _ROWS_AT_ONCE):
            yield table.slice(low, _ROWS_AT_ONCE)


class _Keepers:
    """Who stands for others in joined shots: their keys, and how many frames they stand for."""

    def __init__(self, footage: FootageOnDisk, joined: Joined) -> None:
        self.rows, self.mass = np.unique(joined.members.keeper, return_counts=True)
        self.video_no, self.pts = np.empty_like(self.rows), np.empty_like(self.rows)
        for home in footage.homes:
            mine = home.among(self.rows)
            if len(mine):
                at = np.searchsorted(self.rows, home.first + mine)
                keys = footage.decided.shots(home.number)
                self.video_no[at], self.pts[at] = keys["video_no"][mine], keys["pts"][mine]


def _of_home(
    footage: FootageOnDisk, joined: Joined, keepers: _Keepers, home: Home
) -> pa.RecordBatch:
    columns = footage.decided.shots(home.number, "rejected", "keeper_pts", "keeper_cos", "shot")
    t_s = footage.decided.whole(home, "t_s").columns["t_s"]
    keeper = keepers_of(columns)
    lost = keeper < 0
    mass = np.bincount(keeper[~lost], minlength=len(keeper))
    video_no, pts = columns["video_no"][keeper].astype(np.int64), columns["pts"][keeper]
    cosine = columns["keeper_cos"].copy()
    shot = home.first_shot + columns["shot"].astype(np.int64)
    if len(joined.shots):
        place = np.minimum(np.searchsorted(joined.shots, shot), len(joined.shots) - 1)
        shot = np.where(joined.shots[place] == shot, joined.into[place], shot)
        members = joined.members
        mine = home.among(members.row)
        at = np.searchsorted(members.row, home.first + mine)
        theirs = np.searchsorted(keepers.rows, members.keeper[at])
        video_no[mine], pts[mine] = keepers.video_no[theirs], keepers.pts[theirs]
        cosine[mine] = members.cosine[at]
        mass[mine] = np.where(members.kept[at], keepers.mass[theirs], 0)
        beyond = (members.keeper[at] < home.first) | (members.keeper[at] >= home.end)
        keeper[mine] = np.where(beyond, -1, members.keeper[at] - home.first)
    start, end = spans(columns["video_no"], t_s, keeper)
    return _batch(columns, (video_no, pts, cosine, mass, start, end, shot), lost)


def _batch(columns: Columns, told: tuple[npt.NDArray[Any], ...], lost: npt.NDArray[Any]) -> Any:
    video_no, pts, cosine, mass, start, end, shot = told
    not_kept = mass == 0
    arrays: list[Any] = [
        column(columns["video_no"], pa.int32()),
        column(columns["pts"], pa.int64()),
        pa.array(columns["rejected"].tolist(), pa.string()),
        column(video_no, pa.int32(), lost),
        column(pts, pa.int64(), lost),
        column(cosine, pa.float32(), lost),
        column(mass, pa.float32()),
        column(start, pa.float64(), not_kept),
        column(end, pa.float64(), not_kept),
        column(shot, pa.int32()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=tables.DUPLICATES)
