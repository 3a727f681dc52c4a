"""Predicts what a run will take: looks at the input, measures on a little of it, does the sums."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from framesel import planning
from framesel.catalog import Catalog
from framesel.datasets import input_files
from framesel.foresight import MEASURE_S, prediction
from framesel.foresight.advice import advise
from framesel.foresight.ahead import Ahead, look_ahead
from framesel.foresight.counting import Known
from framesel.foresight.foretelling import PICKS, Foretelling, missing, workers_of
from framesel.foresight.gathering import Gathered, time_gathering
from framesel.foresight.kinds import kinds
from framesel.foresight.measuring import Measured, measure
from framesel.foresight.prediction import Prediction
from framesel.foresight.sample import Sample, take_sample
from framesel.recipe import Recipe
from framesel.sources import expand
from framesel.stage import ShardStage
from framesel.workspace import Workspace

GATHERING = 0.3
"""Share of it for stages that see everything."""

AGAIN = 0.1
"""Share of it for each other sampling that is tried."""


def foresee(
    sources: Sequence[str],
    recipe: Recipe,
    root: Path | None = None,
    measure_s: float = MEASURE_S,
) -> Prediction:
    """Predicts what ``framesel run`` would take. Changes nothing.

    Args:
        sources: The input.
        recipe: What will be done.
        root: The workspace; what is done there is not planned. It need not be there yet.
        measure_s: Seconds for measuring.

    Raises:
        FrameselError: The sources are not there, none can be opened, or a stage cannot run.
    """
    began = time.monotonic()
    known = root is not None and (root / "workspace.json").exists()
    workspace = Workspace.open(root) if root is not None and known else None
    sequence = recipe.catalog.sequence
    if workspace is None:
        files = expand(sources, sequence=sequence)
    else:
        files = input_files(workspace, sources, sequence=sequence)
    with tempfile.TemporaryDirectory(prefix="framesel-plan-") as name:
        folder = Path(name)
        ahead = look_ahead(workspace, files, recipe, folder / "ahead")
        if not missing(ahead.workspace, recipe):
            return Prediction(rows=(), frames=0.0, notes=("nothing is left to do",))
        found = _Measuring(ahead, recipe, measure_s, folder).prediction()
    return found.model_copy(
        update={
            "recipe": "" if root is None else prediction.digest_of(recipe, root.absolute()),
            "measured_s": time.monotonic() - began,
            "free_disk": float(shutil.disk_usage(_there(root)).free),
            "free_memory": float(psutil.virtual_memory().available),
        }
    )


def _there(root: Path | None) -> Path:
    """The folder that is there of those that the workspace will lie in."""
    start = Path.cwd() if root is None else root.absolute()
    return next(path for path in (start, *start.parents) if path.exists())


@dataclass
class _Measuring:
    """One prediction under way."""

    ahead: Ahead
    recipe: Recipe
    measure_s: float
    folder: Path

    def prediction(self) -> Prediction:
        catalog = Catalog(self.ahead.workspace)
        kind = kinds(catalog.videos[v] for v in sorted(catalog.live))
        sample = take_sample(catalog, kind, self.recipe, self.folder / "sample")
        time_s = self.measure_s * (1.0 - GATHERING)
        measured = measure(sample, closely(self.recipe), self._lanes(), time_s)
        none = Gathered({}, 0, 0)
        known = Known(self.ahead, kind, measured, none, sample.index_s, sample.group_s)
        if self.recipe.coarse:
            known = self._again(known, sample, self.recipe)
        frames = Foretelling(known, self.recipe).frames
        gathered = time_gathering(
            sample.workspace,
            measured,
            closely(self.recipe),
            frames,
            self.measure_s * GATHERING,
            self.folder / "gathering",
        )
        known = replace(known, gathered=gathered)
        rows = tuple(Foretelling(known, self.recipe).rows())
        changes = advise(
            known, self.recipe, rows, lambda r: self._again(known, sample, r), self.folder
        )
        return Prediction(
            rows=rows, frames=frames, changes=changes, notes=tuple(self._notes(measured))
        )

    def _lanes(self) -> dict[str, int]:
        """How many workers each stage will have in the real run."""
        return {
            step.name: max(1, min(workers_of(self.recipe, step, step.stage), len(step.todo) or 1))
            for step in planning.plan(self.ahead.workspace, self.recipe)
            if isinstance(step.stage, ShardStage)
        }

    def _again(self, known: Known, sample: Sample, recipe: Recipe) -> Known:
        """The same with the stage ``frames`` measured on another sampling, or on a coarse one."""
        plain = closely(recipe)
        if recipe.coarse:
            first_look = recipe.frames.first_look(recipe.coarse.every_s)
            plain = plain.model_copy(update={"frames": first_look})
        other = measure(sample, plain, self._lanes(), self.measure_s * AGAIN, before="embeddings")
        if recipe.coarse:
            return replace(known, first=other.costs["frames"])
        costs = {**known.measured.costs, "frames": other.costs["frames"]}
        return replace(known, measured=replace(known.measured, costs=costs))

    def _notes(self, measured: Measured) -> list[str]:
        notes = [f"measured on {measured.frames:,} frames"]
        if self.recipe.coarse:
            share = self.recipe.coarse.share
            notes.append(f"as if {share:.0%} of the work of an exact pass were done, the most")
        if self.recipe.selection.budget is None:
            notes.append(f"the budget is no number of frames: {PICKS:,} picks are assumed")
        return notes


def closely(recipe: Recipe) -> Recipe:
    """The recipe without a coarse pass: the sample is too short for windows."""
    return recipe.model_copy(update={"coarse": None})
