"""Trust: whether what the detector does not know has earned a say in the selection."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from framesel import table_files, tables
from framesel.annotation.classes import spoken
from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.labels import store
from framesel.labels.labels import Labels
from framesel.model_files import file_digest
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs, Sees
from framesel.stages.gathered import keys_of, rows_of
from framesel.stages.labelled_detections import Drawn, StoredDetections, hold_errors
from framesel.stages.unlearnt import Unlearnt, unlearnt
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.uncertainty.calibration import Calibration

LEAST_AUROC = 0.6
"""Under it, frames that look uncertain hold hardly more errors than others."""
LEAST_FRAMES = 20
LEAST_OF_EACH = 3
"""Frames with, and frames without an error."""

Judged = tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]
"""Of some frames: (k,) utility, and (k,) whether they hold an error."""


class Trust(Gather):
    """Asks labelled frames that a detector had not learnt from whether it errs where it is unsure.

    It is in a recipe with a detector where ``selection.utility`` is auto. The utility is trusted if
    it tells frames with a missed or false box from others with an AUROC of 0.6 or more
    (``pooled_auroc``), on at least 20 labelled frames, 3 with and 3 without an error: those of the
    holdout, judged by the present detections, and the controls of closed rounds, each judged by the
    detections of its round. Where there are too few, a calibration of that AUROC will do.
    """

    name: ClassVar[str] = "trust"
    version: ClassVar[int] = 2

    confident: float = Field(description="scores.settings.confident: boxes under it are no claim")
    rule: str = Field(description="train.rule: how several annotators become one word")
    rename: dict[str, str] = Field(description="train.rename: old names of classes to present ones")
    fed: dict[str, str] = Field(description="classes: names of the detector's to those they feed")
    calibration: str = Field(description="scores.calibration")

    def needs(self) -> tuple[str, ...]:
        """Boxes and how much their frames would teach; frames for their regions."""
        return ("frames", "detections", "scores")

    def sees(self) -> frozenset[Sees]:
        """What people said of frames that the detectors had not learnt from."""
        return frozenset({"labels"})

    def assets(self) -> dict[str, str]:
        """Digest of the calibration."""
        return {"calibration": file_digest(Path(self.calibration))} if self.calibration else {}

    def identity(self, runtime: str, needs: Mapping[str, str]) -> dict[str, Any]:
        """As all stages', but a calibration is known by its digest, not by its path."""
        found = super().identity(runtime, needs)
        found["fields"].pop("calibration")
        return found

    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table:
        """Returns one row."""
        del run
        from framesel.stages.calibration_file import read_calibration
        from framesel.uncertainty.pooled_auroc import pooled_auroc

        judged = self._judged(inputs)
        known = read_calibration(Path(self.calibration))[1] if self.calibration else None
        errors = np.concatenate([np.empty(0, np.bool_), *(held for _, held in judged)])
        auroc = pooled_auroc(judged)
        trusted, why = verdict(auroc, len(errors), int(errors.sum()), known)
        row = {
            "auroc": None if math.isnan(auroc) else auroc,
            "frames": len(errors),
            "errors": int(errors.sum()),
            "trusted": trusted,
            "why": why,
        }
        return pa.Table.from_pylist([row], schema=tables.TRUST)

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """Whether uncertainty counts, and why."""
        path = workspace.stage(self.name, key) / "all.parquet"
        (row,) = table_files.read(path).to_pylist()
        said = "counts" if row["trusted"] else "does not count yet, coverage alone chooses"
        return [f"the detector's uncertainty {said}: {row['why']}"]

    def _judged(self, inputs: GatherInputs) -> list[Judged]:
        from framesel.labels.consensus import consensus  # recipes are read without scipy

        labels = store.current(inputs.workspace)
        groups = unlearnt(inputs.workspace, inputs.catalog, labels.keys)
        if not groups:
            return []
        said = consensus(labels, self.rule)
        judged = (self._judge(inputs, group, said) for group in groups)
        return [one for one in judged if one is not None]

    def _judge(self, inputs: GatherInputs, group: Unlearnt, said: Labels) -> Judged | None:
        """What a group of frames says of the detections of its round; None: they are gone."""
        keys = _keys(inputs, group)
        frames = [key for key in group.frames if key in said.by_frame]
        if keys is None or not frames:
            return None
        drawn = _drawn([said.by_frame[key].get("", ()) for key in frames], self.rename)
        stored = StoredDetections(inputs.workspace, keys, inputs.catalog.videos)
        wanted = {key: row for row, key in enumerate(frames)}
        found, held = [], []
        for shard in _shards(inputs.workspace, inputs.catalog, keys, {no for no, _ in frames}):
            mine, boxes, labelled = stored.read(shard, wanted)
            found.append(mine)
            called = spoken(boxes.classes, self.fed, self.rename)
            held.append(hold_errors(boxes, called, drawn, labelled, self.confident))
        if not found:
            return None
        utility = _utility(inputs.workspace, keys["scores"], np.concatenate(found))
        known = np.isfinite(utility)
        return utility[known], np.concatenate(held)[known]


def verdict(
    auroc: float, frames: int, errors: int, known: Calibration | None = None
) -> tuple[bool, str]:
    """Whether uncertainty is trusted, and why in words.

    Args:
        auroc: Of the utility for errors; nan where it is not known.
        frames: That were judged.
        errors: How many of them hold an error.
        known: A calibration, which speaks where the frames are too few.
    """
    enough = frames >= LEAST_FRAMES and min(errors, frames - errors) >= LEAST_OF_EACH
    if enough and not math.isnan(auroc):
        return auroc >= LEAST_AUROC, (
            f"AUROC {auroc:.3f} for errors in {frames:,} labelled frames that it had not learnt "
            f"from ({errors:,} hold one); {LEAST_AUROC:g} is asked for"
        )
    few = (
        f"{frames:,} labelled frames that it had not learnt from, {errors:,} of them with an "
        f"error; {LEAST_FRAMES} are asked for, {LEAST_OF_EACH} with and {LEAST_OF_EACH} without"
    )
    if known is None or math.isnan(known.auroc):
        return False, few
    return known.auroc >= LEAST_AUROC, f"AUROC {known.auroc:.3f} in the calibration; {few}"


def _keys(inputs: GatherInputs, group: Unlearnt) -> Mapping[str, str] | None:
    """Folders of the tables that a group judges; None where they are not there any more."""
    keys: Mapping[str, str] = inputs.keys
    if group.selection is not None:
        path = inputs.workspace.root / group.selection / "all.parquet"
        keys = tables.footer(path).get("inputs") or {}
    if not {"frames", "detections", "scores"} <= keys.keys():
        return None
    scores = inputs.workspace.stage("scores", keys["scores"]) / "all.parquet"
    return keys if scores.exists() else None


def _shards(
    workspace: Workspace, catalog: Catalog, keys: Mapping[str, str], videos: set[int]
) -> list[int]:
    """Numbers of the shards that hold some videos and were looked at."""
    wanted = [
        shard.number
        for shard in catalog.shards
        if not videos.isdisjoint(part.video_no for part in shard.parts)
    ]
    return [
        number
        for number in wanted
        if all(workspace.shard(name, keys[name], number).exists() for name in _SHARDED)
    ]


_SHARDED = ("detections", "frames")


def _drawn(frames: list[tuple[Box, ...]], rename: Mapping[str, str]) -> Drawn:
    """Labels of frames as columns."""
    boxes = [box for said in frames for box in said]
    offsets = np.concatenate([[0], np.cumsum([len(said) for said in frames])]).astype(np.int64)
    xyxy = np.array([box.xyxy for box in boxes], np.float32).reshape(-1, 4)
    return Drawn(offsets, xyxy, [rename.get(box.label, box.label) for box in boxes])


def _utility(
    workspace: Workspace, key: str, frames: npt.NDArray[np.void]
) -> npt.NDArray[np.float64]:
    """(k,) utility of some frames; nan for those that could not be scored."""
    path = workspace.stage("scores", key) / "all.parquet"
    table = table_files.read(path, columns=["video_no", "pts", "utility"])
    videos = pa.array(np.unique(frames["video_no"]).tolist(), pa.int32())
    table = table.filter(pc.is_in(table["video_no"], value_set=videos))
    rows = rows_of(keys_of(table["video_no"], table["pts"]), frames)
    utility = np.append(table["utility"].to_numpy().astype(np.float64), np.nan)
    return utility[rows]
