"""Duplicates: what shows (nearly) the same is represented by its best frame, which carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, PlainValidator

from framesel import tables
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs
from framesel.stages import gathered, gating
from framesel.stages.gathered import Dataset, column
from framesel.video.gate import Gate

if TYPE_CHECKING:
    from framesel.selection.duplicates.near_duplicates import Duplicates as Found


def _cosine_or_auto(value: Any) -> float | Literal["auto"]:
    if value == "auto":
        return "auto"
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= 1:
        return float(value)
    raise ValueError("give a cosine above 0 and at most 1, or auto")


Cosine = Annotated[float, Field(gt=0, le=1)]
CosineOrAuto = Annotated[
    float | Literal["auto"],
    # A union by itself would report a wrong number twice, once for each of its kinds.
    PlainValidator(_cosine_or_auto, json_schema_input_type=Cosine | Literal["auto"]),
]


class Duplicates(Gather):
    """Rejects bad frames, then applies the leader rule in each shot; copies make shots one."""

    name: ClassVar[str] = "duplicates"
    version: ClassVar[int] = 3

    tau_cos: CosineOrAuto = Field(
        0.95,
        description="cosine from which two frames count as the same; `framesel tau` suggests; "
        "auto: what it suggests, but not below the default",
    )
    tau_across: Cosine = Field(
        0.998,
        description="cosine from which frames of different shots are copies, or tau_cos if that is "
        "more: what looks alike there is seldom the same, but shots that show copies are one",
    )
    tau_tile: Annotated[float, Field(ge=-1, le=1)] = Field(
        0.9,
        description="where embeddings.tiles is on: two frames with a tile whose cosine is below "
        "this are not the same",
    )
    gate: Gate = Field(Gate(), description="which frames are too bad to be chosen")

    def needs(self) -> tuple[str, ...]:
        """Quality figures and vectors, and a threshold where none is given."""
        return ("frames", "embeddings", *(["tau"] if self.tau_cos == "auto" else []))

    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table:
        """Returns a row for each frame."""
        from framesel.selection.duplicates.in_shots import duplicates_in_shots

        data = gathered.read(inputs, ["t_s", *gating.QUALITY], run, tiles=True)
        rejected = gating.rejected(data, self.gate)
        found = duplicates_in_shots(
            data.vectors,
            data.columns["video_no"],
            data.columns["t_s"],
            np.flatnonzero(rejected == ""),
            self._tau_cos(inputs),
            self.tau_across,
            quality=data.columns["sharpness"],
            tiles=data.tiles,
            tau_tile=self.tau_tile,
        )
        return _table(data, rejected, found)

    def _tau_cos(self, inputs: GatherInputs) -> float:
        if self.tau_cos == "auto":
            table = inputs.table("tau", ["tau_cos", "chosen"])
            return float(table.filter(table["chosen"])["tau_cos"][0].as_py())
        return self.tau_cos


def _table(data: Dataset, rejected: npt.NDArray[np.str_], found: Found) -> pa.Table:
    video_no, pts, keeper = data.columns["video_no"], data.columns["pts"], found.keeper
    start, end = _spans(video_no, data.columns["t_s"], keeper)
    lost = keeper < 0
    not_kept = found.mass == 0
    arrays: list[Any] = [
        column(video_no, pa.int32()),
        column(pts, pa.int64()),
        pa.array(rejected.tolist(), pa.string()),
        column(video_no[keeper], pa.int32(), lost),
        column(pts[keeper], pa.int64(), lost),
        column(found.cos, pa.float32(), lost),
        column(found.mass, pa.float32()),
        column(start, pa.float64(), not_kept),
        column(end, pa.float64(), not_kept),
        column(found.shot, pa.int32()),
    ]
    return pa.Table.from_arrays(arrays, schema=tables.DUPLICATES)


def _spans(
    video_no: npt.NDArray[Any], t_s: npt.NDArray[np.float64], keeper: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """First and last second, in the keeper's own video, of what each keeper stands for."""
    own = np.flatnonzero((keeper >= 0) & (video_no == video_no[keeper]))
    start = np.full(len(t_s), np.inf)
    end = np.full(len(t_s), -np.inf)
    np.minimum.at(start, keeper[own], t_s[own])
    np.maximum.at(end, keeper[own], t_s[own])
    return start, end
