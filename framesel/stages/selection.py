"""Selection: the budget is spent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from framesel import tables
from framesel.errors import RecipeError, SelectionError
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

    budget: Annotated[int, Field(ge=1)] = Field(100, description="how many frames to choose")
    strategy: Annotated[StrategySettings, default_tag("name", "facility_location")] = Field(
        FacilityLocation(), description="how they are chosen"
    )
    seed: int = Field(0, description="for strategies that draw")
    utility: str = Field(
        "auto",
        description="what weights a frame: a column of the scores; none; auto: the scores' utility "
        "where there is a detector",
    )

    def sees_picks(self) -> bool:
        """What was picked before is not picked again."""
        return True

    def informed(self, *, scored: bool) -> Self:
        """The same selection, its ``utility`` settled: auto means the scores where there are any.

        Raises:
            RecipeError: A score is asked for, and no detector gives any.
        """
        if self.utility == "auto":
            return self.model_copy(update={"utility": "utility" if scored else "none"})
        if self.utility != "none" and not scored:
            raise RecipeError(
                f"selection.utility is {self.utility!r}, but nothing is scored without a detector: "
                "set detections.weights, or selection.utility=none"
            )
        return self

    def needs(self) -> tuple[str, ...]:
        """Vectors, which frames stand for which, and what a label would teach."""
        known = ("frames", "embeddings", "duplicates")
        return known if self.utility in ("auto", "none") else (*known, "scores")

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
            _candidates(inputs, data, kept, pool, self._utility(inputs, data)),
            min(self.budget, len(pool)),
            data.vectors[before],
            np.random.default_rng(self.seed),
        )
        return _table(data, kept, pool, before, picks)

    def _utility(self, inputs: GatherInputs, data: Dataset) -> npt.NDArray[np.float32] | None:
        """(n,) how much a label would teach; frames that could not be scored get the median."""
        if self.utility in ("auto", "none"):
            return None
        found = inputs.table("scores", None)
        if self.utility not in found.column_names:
            raise SelectionError(
                f"selection.utility is {self.utility!r}; the scores table has "
                f"{', '.join(found.column_names[2:])}. Add it to scores.compute."
            )
        rows = data.rows(found["video_no"], found["pts"])
        values = np.full(len(data), np.nan, np.float32)
        values[rows[rows >= 0]] = found[self.utility].to_numpy()[rows >= 0]
        known = values[np.isfinite(values)]
        middle = float(np.median(known)) if len(known) else 1.0
        return np.maximum(np.where(np.isfinite(values), values, middle), 0).astype(np.float32)


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
    utility: npt.NDArray[np.float32] | None,
) -> Candidates:
    from framesel.selection import Candidates

    video_no = data.columns["video_no"][pool]
    return Candidates(
        vectors=data.vectors[pool],
        mass=kept["mass"][pool].astype(np.float32),
        utility=None if utility is None else utility[pool],
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
