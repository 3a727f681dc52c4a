"""Selection: the budget is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from framesel import tables
from framesel.errors import SelectionError
from framesel.selection.facility_location import FacilityLocation
from framesel.selection.registry import StrategySettings
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs, default_tag
from framesel.stages import gathered
from framesel.stages.gathered import Dataset, column

if TYPE_CHECKING:
    from framesel.selection import Candidates, Picks


class Selection(Gather):
    """Hands the kept frames to a strategy and writes down its picks with their reasons."""

    name: ClassVar[str] = "selection"
    version: ClassVar[int] = 1
    sees_picks: ClassVar[bool] = True

    budget: Annotated[int, Field(ge=1)] = Field(100, description="how many frames to choose")
    strategy: Annotated[StrategySettings, default_tag("name", "facility_location")] = Field(
        FacilityLocation(), description="how they are chosen"
    )
    seed: int = Field(0, description="for strategies that draw")

    def table_schema(self) -> pa.Schema:
        """Rank, key, gain, nearest earlier pick, what it stands for, reason."""
        return tables.SELECTION

    def needs(self) -> tuple[str, ...]:
        """Vectors, and which frames stand for which."""
        return ("frames", "embeddings", "duplicates")

    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table:
        """Returns one row per pick, ordered by rank."""
        data = gathered.read(inputs, ["t_s", "index"], run)
        kept = _kept(inputs, data)
        before = data.rows(inputs.already["video_no"], inputs.already["pts"])
        before = before[before >= 0]
        pool = np.setdiff1d(np.flatnonzero(kept["mass"] > 0), before)
        if not len(pool):
            raise SelectionError(
                "every frame was rejected by the quality gate or chosen before: nothing is left "
                "to choose from. Loosen duplicates.gate, or add footage."
            )
        picks = self.strategy.select(
            _candidates(inputs, data, kept, pool),
            min(self.budget, len(pool)),
            data.vectors[before],
            np.random.default_rng(self.seed),
        )
        return _table(data, kept, pool, before, picks)


def _kept(inputs: GatherInputs, data: Dataset) -> dict[str, npt.NDArray[Any]]:
    names = ["mass", "span_start_s", "span_end_s"]
    found = inputs.table("duplicates", ["video_no", "pts", *names])
    rows = data.rows(found["video_no"], found["pts"])
    columns = {}
    for name in names:
        columns[name] = np.zeros(len(data))
        columns[name][rows] = found[name].to_numpy()
    return columns


def _candidates(
    inputs: GatherInputs,
    data: Dataset,
    kept: dict[str, npt.NDArray[Any]],
    pool: npt.NDArray[np.int64],
) -> Candidates:
    from framesel.selection import Candidates

    video_no = data.columns["video_no"][pool]
    return Candidates(
        vectors=data.vectors[pool],
        mass=kept["mass"][pool].astype(np.float32),
        video_no=video_no,
        pts_s=data.columns["t_s"][pool],
        groups=_groups(inputs, video_no),
    )


def _groups(inputs: GatherInputs, video_no: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """A video is a group of its own; unrelated stills are grouped by their folder."""
    folders: dict[str, int] = {}
    group = {}
    for number in np.unique(video_no).tolist():
        row = inputs.catalog.videos[number]
        if row["kind"] == "image":
            folder = str(Path(row["path"]).parent)
            group[number] = -1 - folders.setdefault(folder, len(folders))
        else:
            group[number] = number
    return np.array([group[v] for v in video_no.tolist()], np.int32)


def _table(
    data: Dataset,
    kept: dict[str, npt.NDArray[Any]],
    pool: npt.NDArray[np.int64],
    before: npt.NDArray[np.int64],
    picks: Picks,
) -> pa.Table:
    rows = pool[picks.indices]
    first = picks.nearest == -1
    nearest = pool[np.maximum(picks.nearest, 0)]
    earlier = picks.nearest <= -2  # how a strategy names row j of `already`: -2 - j
    nearest[earlier] = before[-2 - picks.nearest[earlier]]
    frames = data.columns
    arrays = [
        column(np.arange(1, len(rows) + 1), pa.int32()),
        column(frames["video_no"][rows], pa.int32()),
        column(frames["pts"][rows], pa.int64()),
        column(frames["index"][rows], pa.int32()),
        column(frames["t_s"][rows], pa.float64()),
        column(picks.gain, pa.float64()),
        column(frames["video_no"][nearest], pa.int32(), first),
        column(frames["pts"][nearest], pa.int64(), first),
        column(np.sqrt(np.maximum(0, 2 - 2 * picks.nearest_cos)), pa.float64(), first),
        column(kept["mass"][rows], pa.float32()),
        column(kept["span_start_s"][rows], pa.float64()),
        column(kept["span_end_s"][rows], pa.float64()),
        pa.array(list(picks.reason), pa.string()),
    ]
    return pa.Table.from_arrays(arrays, schema=tables.SELECTION)
