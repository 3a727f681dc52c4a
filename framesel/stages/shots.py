"""Shots: videos are cut where they go on to something else; in each, the best stands for the like.

What is decided here is decided for each video by itself, so it is done shard by shard and never
again. What shots of different videos have to do with one another is the stage ``duplicates``'s.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from framesel import table_files, tables
from framesel.settings import RunSettings
from framesel.stage import Inputs, Opened, ShardStage
from framesel.stages import gating
from framesel.stages.gathered import column
from framesel.stages.whole_videos import WholeVideos
from framesel.video.gate import Gate
from framesel.workspace import Workspace


class Shots(ShardStage):
    """Rejects bad frames, cuts videos into shots, and applies the leader rule in each shot."""

    name: ClassVar[str] = "shots"
    version: ClassVar[int] = 1

    tau_cos: float | Literal["auto"] = Field(description="see duplicates")
    tau_tile: Annotated[float, Field(ge=-1, le=1)] = Field(description="see duplicates")
    gate: Gate = Field(description="see duplicates")

    def needs(self) -> tuple[str, ...]:
        """Quality figures and vectors, and a threshold where none is given."""
        return ("frames", "embeddings", *(["tau"] if self.tau_cos == "auto" else []))

    def open(self, run: RunSettings, runtime: str, workspace: Workspace) -> Opened:
        """Nothing to load."""
        del run, runtime, workspace

        def work(inputs: Inputs) -> Iterator[pa.RecordBatch]:
            yield from self._decided(inputs)

        return Opened(tables.SHOTS, work)

    def _decided(self, inputs: Inputs) -> Iterator[pa.RecordBatch]:
        """The frames of the videos at home in a shard, load by load."""
        whole = WholeVideos.at(
            inputs.workspace,
            inputs.catalog,
            inputs.keys,
            inputs.shard.number,
            "t_s",
            *gating.QUALITY,
        )
        rejected = gating.rejected(whole.columns, self.gate)
        tau_cos, shots = tau_of(self.tau_cos, inputs.workspace, inputs.keys), 0
        for load in whole.loads():
            columns = {name: values[load] for name, values in whole.columns.items()}
            rows = np.arange(load.start, load.stop)
            found = self._alone(whole, rows, columns, rejected[load] == "", tau_cos)
            keeper, cosine, shot = found
            inputs.say(0, len(rows))
            yield _batch(columns, rejected[load], keeper, cosine, shots + shot)
            shots += int(shot.max()) + 1

    def _alone(
        self,
        whole: WholeVideos,
        rows: npt.NDArray[np.int64],
        columns: Mapping[str, npt.NDArray[Any]],
        passes: npt.NDArray[np.bool_],
        tau_cos: float,
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
        """Keeper (-1 for a frame that does not pass), cosine with it, and shot of some frames."""
        from framesel.selection.duplicates.frames import InMemory
        from framesel.selection.duplicates.rule import Rule
        from framesel.selection.duplicates.tiles import NO_TILES, checked_tiles
        from framesel.selection.engines.cuts import shots
        from framesel.selection.vectors.arrays import checked_vectors, unit_error

        vectors, parts = checked_vectors(whole.vectors(rows), "frames"), NO_TILES
        if whole.each:
            parts = checked_tiles(whole.tiles(rows), len(rows), self.tau_tile)
        shot = shots(vectors, columns["video_no"], columns["t_s"])
        keeper, cosine = np.full(len(rows), -1, np.int64), np.zeros(len(rows), np.float32)
        good = np.flatnonzero(passes)
        quality = columns["sharpness"][good].astype(np.float64)
        rule = Rule(tau_cos, unit_error(vectors))
        keeper[good], cosine[good] = rule.lead(InMemory(vectors, parts), good, shot[good], quality)
        return keeper, cosine, shot


def tau_of(tau_cos: float | Literal["auto"], workspace: Any, keys: Mapping[str, str]) -> float:
    """The threshold, or what the stage ``tau`` found where it is auto."""
    if tau_cos != "auto":
        return tau_cos
    path = workspace.stage("tau", keys["tau"]) / "all.parquet"
    table = table_files.read(path, columns=["tau_cos", "chosen"])
    return float(table.filter(table["chosen"])["tau_cos"][0].as_py())


def _batch(
    columns: Mapping[str, npt.NDArray[Any]],
    rejected: npt.NDArray[np.str_],
    keeper: npt.NDArray[np.int64],
    cosine: npt.NDArray[np.float32],
    shot: npt.NDArray[np.int64],
) -> pa.RecordBatch:
    lost = keeper < 0
    arrays: list[Any] = [
        column(columns["video_no"], pa.int32()),
        column(columns["pts"], pa.int64()),
        pa.array(rejected.tolist(), pa.string()),
        column(columns["pts"][keeper], pa.int64(), lost),
        column(cosine, pa.float32(), lost),
        column(shot, pa.int32()),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=tables.SHOTS)
