"""Who stands for whom, and for what stretch of its video."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from framesel import table_files
from framesel.stage import GatherInputs
from framesel.stages.gathered import Dataset
from framesel.stages.sightings import Seen
from framesel.stages.stored_vectors import Vectors
from framesel.stages.texts import Texts

if TYPE_CHECKING:
    from framesel.selection.duplicates.tiles import Tiles

_COLUMNS = ["video_no", "pts", "rejected", "keeper_video_no", "keeper_pts", "keeper_cos", "shot"]

Ints = npt.NDArray[np.int64]
Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Keepers:
    """What the duplicates stage says of n frames.

    Attributes:
        rejected: (n,) why a frame is too bad: "", black, flat, blurred, frozen; "" comes first.
        keeper: (n,) row of who stands for a frame, itself for a kept one; -1 for a rejected one.
        cosine: (n,) to the keeper.
        shot_no: (n,) in which shot a frame is.
    """

    rejected: Texts
    keeper: Ints
    cosine: npt.NDArray[np.float32]
    shot_no: Ints

    def enough(self, data: Dataset, wanted: int) -> Ints:
        """(n,) keepers with which so many frames stand for themselves, if there are so many."""
        if not wanted:
            return self.keeper
        from framesel.selection.duplicates.letting_in import let_in

        return let_in(_Frames(data.vectors), self.keeper, self.cosine, wanted)


@dataclass(frozen=True, eq=False)
class _Frames:
    """See :class:`framesel.selection.duplicates.frames.Frames`: frames without tiles."""

    found: Vectors

    def vectors(self, rows: Ints) -> npt.NDArray[np.float32]:
        return self.found[rows]

    def tiles(self, rows: Ints) -> Tiles:
        from framesel.selection.duplicates.tiles import NO_TILES

        del rows
        return NO_TILES


def read(inputs: GatherInputs, data: Dataset) -> Keepers:
    """Reads the duplicates table, some rows at a time, in the order of the frames."""
    n, names = len(data), [""]
    keeper, cosine = np.full(n, -1, np.int64), np.zeros(n, np.float32)
    rejected, shot_no = np.zeros(n, np.uint8), np.zeros(n, np.int64)
    path = inputs.workspace.stage("duplicates", inputs.keys["duplicates"]) / "all.parquet"
    with table_files.opened(path) as file:
        for group in range(file.num_row_groups):
            found = file.read_row_group(group, _COLUMNS)
            rows = data.rows(found["video_no"], found["pts"])
            there = rows >= 0
            stands = found["keeper_pts"].is_valid().to_numpy() & there
            keeper[rows[stands]] = data.rows(
                found["keeper_video_no"].fill_null(0).to_numpy()[stands],
                found["keeper_pts"].fill_null(0).to_numpy()[stands],
            )
            cosine[rows[stands]] = found["keeper_cos"].to_numpy()[stands]
            faults = found["rejected"].combine_chunks().dictionary_encode()
            names += [name for name in faults.dictionary.to_pylist() if name not in names]
            code = np.array([names.index(name) for name in faults.dictionary.to_pylist()], np.uint8)
            rejected[rows[there]] = code[faults.indices.to_numpy()][there]
            shot_no[rows[there]] = found["shot"].to_numpy()[there]
    return Keepers(Texts(np.array(names), rejected), keeper, cosine, shot_no)


def revived(keeper: Ints, seen: Seen | None, how: tuple[float, float] | None) -> Ints:
    """(n,) keepers as they are once the detector was heard.

    Args:
        keeper: (n,) as they were.
        seen: What it sees; None: there is no detector.
        how: From which confidence on boxes are objects, and how far they may move; None: it is
            not heard.
    """
    if seen is None or how is None:
        return keeper
    from framesel.selection.duplicates.revive import revive

    confident, reach = how
    return revive(keeper, seen.sightings(), confident=confident, reach=reach)


def count(keeper: Ints) -> int:
    """How many frames stand for themselves."""
    return int((keeper == np.arange(len(keeper))).sum())


def spans(video_no: npt.NDArray[Any], t_s: Seconds, keeper: Ints) -> tuple[Seconds, Seconds]:
    """First and last second, in the keeper's own video, of what each keeper stands for.

    Args:
        video_no: (n,) the video of each frame.
        t_s: (n,) its time.
        keeper: (n,) row of who stands for it; -1 where nobody does.

    Returns:
        (n,) and (n,) seconds; inf and -inf for frames that stand for nothing.
    """
    own = np.flatnonzero((keeper >= 0) & (video_no == video_no[keeper]))
    start = np.full(len(t_s), np.inf)
    end = np.full(len(t_s), -np.inf)
    np.minimum.at(start, keeper[own], t_s[own])
    np.maximum.at(end, keeper[own], t_s[own])
    return start, end
