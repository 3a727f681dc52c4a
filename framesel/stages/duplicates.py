"""Duplicates: what shows (nearly) the same is represented by its best frame, which carries it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field, PlainValidator

from framesel import tables
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs, Rows
from framesel.stages.duplicate_rows import duplicate_rows
from framesel.stages.earlier_links import NAME, earlier_links, links_table
from framesel.stages.footage_on_disk import UNIT_ERROR, FootageOnDisk
from framesel.stages.shots import Shots, tau_of
from framesel.video.gate import Gate


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
    """Shots that show copies of one another become one, in which the leader rule is applied."""

    name: ClassVar[str] = "duplicates"
    version: ClassVar[int] = 4

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

    def shots(self) -> Shots:
        """The stage that decides each shot by itself, in the same way."""
        return Shots(tau_cos=self.tau_cos, tau_tile=self.tau_tile, gate=self.gate)

    def needs(self) -> tuple[str, ...]:
        """Quality figures, vectors and shots, and a threshold where none is given."""
        return ("frames", "embeddings", "shots", *(["tau"] if self.tau_cos == "auto" else []))

    def run(self, inputs: GatherInputs, run: RunSettings) -> Rows:
        """Returns a row for each frame."""
        return Rows(tables.DUPLICATES, self._rows(inputs, run))

    def _rows(self, inputs: GatherInputs, run: RunSettings) -> Iterator[pa.RecordBatch]:
        from framesel.selection.duplicates.joining import join_shots
        from framesel.selection.duplicates.rule import Rule

        tau_cos = tau_of(self.tau_cos, inputs.workspace, inputs.keys)
        with FootageOnDisk.open(inputs, run, self.name, self.tau_tile) as footage:
            rule = Rule(tau_cos, UNIT_ERROR, footage.room)
            earlier = earlier_links(inputs, self.name, self.needs(), footage.homes)
            joined = join_shots(footage, rule, max(tau_cos, self.tau_across), earlier)
            inputs.beside(NAME, links_table(inputs, joined, footage.homes))
            footage.close()
            yield from duplicate_rows(footage, joined)
