"""Tau: the threshold of duplicates, asked of the footage itself (``tau_cos: auto``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from framesel import tables
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs
from framesel.stages import gathered, gating, pictures, self_made
from framesel.stages.embeddings import backbone_of
from framesel.stages.gathered import Dataset
from framesel.video.gate import Gate
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.selection import TauAdvice

LEAST_FRAMES = 50
"""Fewer tell nothing about rates of a few percent."""


class Tau(Gather):
    """Compares self-made duplicates with the nearest frames of other videos.

    It is in a recipe where ``duplicates.tau_cos`` is auto. Costs five forwards for each of 300
    frames, with one thread, so that the answer does not depend on how many there are.
    """

    name: ClassVar[str] = "tau"
    version: ClassVar[int] = 1

    gate: Gate = Field(description="frames that it rejects are not looked at")
    at_least_cos: float = Field(
        description="the smallest answer, and the answer where nothing can be measured: other "
        "videos say nothing about what differs inside one"
    )

    def needs(self) -> tuple[str, ...]:
        """Pixels to alter, and vectors."""
        return ("frames", "embeddings")

    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table:
        """Returns a row for each threshold that was looked at."""
        data = gathered.read(inputs, ["t_s", *gating.QUALITY], run)
        good = np.flatnonzero(gating.rejected(data.columns, self.gate) == "")
        among = good[self_made.spread(len(good), self_made.NEIGHBOURS_FROM)]
        rows = good[self_made.spread(len(good), self_made.SAMPLES)]
        stored = _stored(inputs, data, rows)
        rows = rows[[frame is not None for frame in stored]]
        lacking = _lacking(data, good, rows)
        if lacking:
            told = f"tau_cos: auto stays at {self.at_least_cos:g}: {lacking}"
            return _table([(self.at_least_cos, None, None, True)], [told])
        advice = self_made.advise(
            backbone_of(inputs.workspace, inputs.keys["embeddings"], run),
            [frame for frame in stored if frame is not None],
            data.vectors[rows],
            data.vectors[among],
            data.columns["video_no"][among],
            at_least_cos=self.at_least_cos,
        )
        return self._advised(advice, len(rows))

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """What was found, and what to expect of it."""
        path = workspace.stage(self.name, key) / "all.parquet"
        return [str(line) for line in tables.footer(path)["remarks"]]

    def _advised(self, advice: TauAdvice, frames: int) -> pa.Table:
        rows = {
            row.tau_cos: (row.tau_cos, row.recall, row.wrong_merges, False) for row in advice.table
        }
        rows[advice.tau_cos] = (advice.tau_cos, advice.recall, advice.wrong_merges, True)
        found = "is" if advice.tau_cos > self.at_least_cos else "stays at"
        told = (
            f"tau_cos: auto {found} {advice.tau_cos:.4f}: judged by {frames} frames altered in "
            f"five ways, {self_made.expectation(advice)}"
        )
        return _table([rows[tau] for tau in sorted(rows)], [told, *self_made.doubts(advice)])


def _stored(
    inputs: GatherInputs, data: Dataset, rows: npt.NDArray[np.int64]
) -> list[pictures.Stored | None]:
    """The frames of some rows; None where no pixels are stored."""
    keys = [
        (int(data.columns["video_no"][row]), int(data.columns["pts"][row])) for row in rows.tolist()
    ]
    found = pictures.of(inputs.workspace, inputs.keys["frames"], keys)
    return [found.get(key) for key in keys]


def _lacking(data: Dataset, good: npt.NDArray[np.int64], shown: npt.NDArray[np.int64]) -> str:
    """Why nothing can be measured; empty where something can."""
    if len(good) < LEAST_FRAMES:
        return f"{len(good)} good frames are too few to tell rates of a few percent"
    if len(np.unique(data.columns["video_no"][good])) < 2:
        return "with one video there is nothing that a frame must not be merged with"
    if len(shown) < LEAST_FRAMES:
        return "frames are stored without pixels (frames.store_px is 0), so none can be altered"
    return ""


def _table(rows: list[tuple[float, float | None, float | None, bool]], told: list[str]) -> pa.Table:
    columns = [list(column) for column in zip(*rows, strict=True)]
    entries = tables.footer_entries({"remarks": told})
    return pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(columns, tables.TAU, strict=True)],
        schema=tables.TAU.with_metadata(entries),
    )
