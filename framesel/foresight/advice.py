"""What dominates, and what other settings would change: the same model, asked once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import Any

from framesel import threads
from framesel.foresight.ahead import sharded_anew
from framesel.foresight.counting import Known
from framesel.foresight.foretelling import Foretelling, workers_of
from framesel.foresight.prediction import Change, Row
from framesel.recipe import Recipe
from framesel.stage import ShardStage
from framesel.stages.windows import CoarseToFine
from framesel.video.sampling import EveryN, FpsSampling, Keyframes, OnChange

WORTH = 0.95
"""A change is named if it leaves less than this share of the time."""

MATTERS = 0.25
"""Decoding other timestamps is tried if decoding takes so much of the time."""

Remeasure = Callable[[Recipe], Known]
"""Measures the stage ``frames`` anew, with another sampling."""


@dataclass(frozen=True)
class _Trial:
    """Another recipe, and how a person would ask for it."""

    settings: tuple[str, ...]
    why: str
    recipe: Recipe


def advise(
    known: Known, recipe: Recipe, rows: Sequence[Row], remeasure: Remeasure, folder: Path
) -> tuple[Change, ...]:
    """Changes that make a difference, the one that saves most first.

    Args:
        known: What was found out.
        recipe: What will be done.
        rows: What was predicted for it.
        remeasure: For other samplings.
        folder: For what is written on the way.
    """
    seconds = sum(row.seconds for row in rows)
    by_stage = {row.stage: row.seconds for row in rows}
    found = []
    for trial in _without_measuring(recipe, by_stage):
        found.append(_told(trial, known))
    shards = _more_shards(known, recipe, folder / "shards")
    if shards is not None:
        found.append(_told(*shards))
    if by_stage.get("frames", 0.0) > MATTERS * seconds and not _only_some_fresh(known):
        for trial in _samplings(recipe):
            found.append(_told(trial, remeasure(trial.recipe)))
    worth = [change for change in found if change.seconds < WORTH * seconds]
    return tuple(sorted(worth, key=lambda change: change.seconds))


def _told(trial: _Trial, known: Known) -> Change:
    rows = list(Foretelling(known, trial.recipe).rows())
    seconds, disk = sum(row.seconds for row in rows), sum(row.disk for row in rows)
    return Change(settings=trial.settings, why=trial.why, seconds=seconds, disk=disk)


def _only_some_fresh(known: Known) -> bool:
    """Whether the workspace has footage already: another sampling would decode that again."""
    return len(known.ahead.fresh) < len(known.kinds)


def _without_measuring(recipe: Recipe, by_stage: dict[str, float]) -> Iterator[_Trial]:
    run = recipe.run
    most = max(ShardStage.gb_per_worker, recipe.embeddings.gb_per_worker)
    needed = threads.cores() * most
    if not run.workers and run.memory() < needed:
        text = f"run.memory_gb={needed:g}"
        changed = _with(recipe, "run", memory_gb=needed)
        yield _Trial((text,), "lets all cores work", changed)
    elif 0 < run.workers < threads.cores():
        text = f"run.workers={threads.cores()}"
        yield _Trial((text,), "lets all cores work", _with(recipe, "run", workers=threads.cores()))
    if "tau" in by_stage:
        default = type(recipe.duplicates).model_fields["tau_cos"].default
        changed = _with(recipe, "duplicates", tau_cos=default)
        yield _Trial((f"duplicates.tau_cos={default}",), "asks the footage for nothing", changed)
    budget = recipe.selection.budget
    if budget and budget > 1:
        changed = _with(recipe, "selection", budget=budget // 2)
        yield _Trial((f"selection.budget={budget // 2}",), "chooses half as many", changed)


def _more_shards(known: Known, recipe: Recipe, folder: Path) -> tuple[_Trial, Known] | None:
    """Smaller shards where there are too few to keep all workers busy."""
    told = Foretelling(known, recipe)
    step = next(s for s in told.steps if s.name == "embeddings")
    if _only_some_fresh(known) or not isinstance(step.stage, ShardStage):
        return None
    workers = workers_of(recipe, step, step.stage)
    if len(step.todo) >= 2 * workers or workers < 2:
        return None
    videos = {v: told.catalog.videos[v]["bytes"] / 1e6 for v in told.catalog.live}
    shard_mb = max(1, ceil(sum(videos.values()) / (4 * workers)))
    if shard_mb >= recipe.catalog.shard_mb:
        return None
    changed = _with(recipe, "catalog", shard_mb=float(shard_mb))
    anew = replace(known, ahead=sharded_anew(known.ahead, changed, folder))
    why = f"gives all {workers} workers something to do"
    return _Trial((f"catalog.shard_mb={shard_mb}",), why, changed), anew


def _samplings(recipe: Recipe) -> Iterator[_Trial]:
    sample = recipe.frames.sample
    if recipe.coarse:
        return
    if isinstance(sample, FpsSampling):
        half: Any = sample.model_copy(update={"fps": sample.fps / 2})
        text = f"frames.sample.fps={sample.fps / 2:g}"
    elif isinstance(sample, EveryN):
        half = sample.model_copy(update={"n": sample.n * 2})
        text = f"frames.sample.n={sample.n * 2}"
    elif isinstance(sample, OnChange):
        half = sample.model_copy(update={"max_fps": sample.max_fps / 2})
        text = f"frames.sample.max_fps={sample.max_fps / 2:g}"
    else:
        return
    yield _Trial((text,), "looks at half as many frames", _with(recipe, "frames", sample=half))
    coarse = recipe.model_copy(update={"coarse": CoarseToFine()})
    yield _Trial(("coarse={}",), "looks closely only where keyframes show something new", coarse)
    keyframes = Keyframes(start_s=sample.start_s, end_s=sample.end_s)
    changed = _with(recipe, "frames", sample=keyframes)
    why = "decodes keyframes only, where the camera put them"
    yield _Trial(("frames.sample={mode: keyframes}",), why, changed)


def _with(recipe: Recipe, section: str, **update: Any) -> Recipe:
    """The recipe with some settings of a section changed."""
    changed = getattr(recipe, section).model_copy(update=update)
    return recipe.model_copy(update={section: changed})
