"""Scores: how much the label of each frame would teach the detector."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field, PrivateAttr, field_validator

from framesel import table_files, tables
from framesel.errors import UsageError
from framesel.model_files import file_digest
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs, Sees
from framesel.stages.tagged import Tagged
from framesel.uncertainty.combine import Combination, ZScoredMax, names_in
from framesel.uncertainty.evidence import ScoreSettings
from framesel.uncertainty.registry import SCORES, checked_names
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.stages.scoring import Scored
    from framesel.uncertainty.calibration import Calibration

USUAL = ("least_confidence", "margin", "entropy", "binary_entropy", "silence")


class Scores(Gather):
    """Scores every candidate, and combines the scores to one utility."""

    name: ClassVar[str] = "scores"
    version: ClassVar[int] = 2

    compute: tuple[str, ...] | Literal["all"] = Field(
        USUAL, description="which scores (`framesel list scores`); all: those that can be served"
    )
    aggregate: Literal["max", "mean", "sum", "top_mean", "noisy_or", "class_weighted_sum"] = Field(
        "top_mean", description="from boxes to the frame"
    )
    top_m: Annotated[int, Field(ge=1)] = Field(10, description="boxes that top_mean divides by")
    conf: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="look only at boxes from this confidence on; 0: at all that were kept"
    )
    iou: Annotated[float, Field(gt=0, le=1)] = Field(
        1.0, description="drop boxes that overlap a better one of their class more; 1: none"
    )
    combine: Annotated[Combination, Tagged("how", "zscore_max")] = Field(
        ZScoredMax(scores=("least_confidence", "silence")),
        description="scores to one utility; a frame counts if it stands out by any of these",
    )
    floor: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.05, description="utility of the least informative frame; 0 could never be chosen"
    )
    calibration: str = Field(
        "", description="file of `framesel calibrate`: utility becomes the chance of an error"
    )
    exact_below: Annotated[int, Field(ge=1)] = Field(
        50_000,
        description="where there are more frames, each is compared with the nearest cells' only",
    )
    settings: ScoreSettings = Field(ScoreSettings(), description="what single scores leave open")

    _members: int = PrivateAttr(default=0)

    @field_validator("compute")
    @classmethod
    def _known(cls, names: tuple[str, ...] | str) -> tuple[str, ...] | str:
        try:
            return names if isinstance(names, str) else checked_names(names)
        except UsageError as error:
            raise ValueError(str(error)) from None

    def seated(self, members: int) -> Self:
        """The same stage, which knows that the recipe has so many members beside the chair."""
        found = self.model_copy()
        found._members = members
        return found

    def detections(self) -> tuple[str, ...]:
        """Names of the detections in the recipe, the chair's first."""
        return ("detections", *(f"detections.{n}" for n in range(2, self._members + 2)))

    def needs(self) -> tuple[str, ...]:
        """Boxes of all members; frames for their places in time; vectors for the surroundings."""
        return ("frames", "embeddings", *self.detections())

    def assets(self) -> dict[str, str]:
        """Digest of the calibration."""
        return {"calibration": file_digest(Path(self.calibration))} if self.calibration else {}

    def identity(self, runtime: str, needs: Any) -> dict[str, Any]:
        """As all stages', but a calibration is known by its digest, not by its path."""
        found = super().identity(runtime, needs)
        found["fields"] = {k: v for k, v in found["fields"].items() if k != "calibration"}
        return found

    def sees(self) -> frozenset[Sees]:
        """Novelty and variance reduction look at what was picked before."""
        looks = {"novelty", "variance_reduction"}
        if self.compute == "all" or not looks.isdisjoint(self.compute):
            return frozenset({"picks"})
        return frozenset()

    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table:
        """Returns a row for each candidate that the detector has seen."""
        from framesel.stages.scoring import score_dataset

        scored = score_dataset(self, inputs, run)
        return _table(self, scored, self.combine(scored.columns), self._calibration())

    def wanted(self) -> tuple[str, ...]:
        """Scores that must be computed, each once; all that can be where all are asked for."""
        listed = tuple(SCORES) if self.compute == "all" else self.compute
        extra = [*names_in(self.combine), *([c[0]] if (c := self._calibration()) else [])]
        return checked_names(tuple(dict.fromkeys([*listed, *extra])))

    def _calibration(self) -> tuple[str, Calibration] | None:
        from framesel.stages.calibration_file import read_calibration

        return read_calibration(Path(self.calibration)) if self.calibration else None

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """What could not be computed and why, and what difficulty means here."""
        path = workspace.stage(self.name, key) / "all.parquet"
        found = json.loads((table_files.schema(path).metadata or {})[_NOTES])
        return [str(note) for note in found]


_NOTES = f"{tables.PREFIX}notes".encode()


def _table(
    stage: Scores,
    scored: Scored,
    combined: npt.NDArray[np.float64],
    calibration: tuple[str, Calibration] | None,
) -> pa.Table:
    from framesel.uncertainty.calibration import difficulty
    from framesel.uncertainty.combine import utility

    if calibration is None:
        chance = np.full(len(combined), np.nan)
        worth = utility(combined, stage.floor)
        words = difficulty(combined)
        note = "not calibrated: easy, medium and hard divide these frames in three, no more"
    else:
        name, curve = calibration
        chance = curve.probability(scored.columns[name])
        worth = np.maximum(np.where(np.isnan(chance), np.nanmedian(chance), chance), stage.floor)
        words = difficulty(scored.columns[name], curve)
        note = (
            f"calibrated on {curve.n:,} labelled frames, {curve.positives:,} with an error: "
            f"{name} tells them apart with an AUROC of {curve.auroc:.3f}"
        )
    columns = {name: pa.array(values, pa.float32()) for name, values in scored.columns.items()}
    table = pa.table(
        {
            "video_no": pa.array(scored.video_no, pa.int32()),
            "pts": pa.array(scored.pts, pa.int64()),
            **columns,
            "utility": pa.array(worth, pa.float32()),
            "p_error": pa.array(chance, pa.float32(), mask=np.isnan(chance)),
            "difficulty": pa.array(words.tolist(), pa.string()),
        }
    )
    return table.replace_schema_metadata({_NOTES: json.dumps([*scored.notes, note])})
