"""What a selection would take next: the picks that a larger budget would buy, kept beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from pydantic import ValidationError

from framesel import table_files, tables
from framesel.chosen import Chosen
from framesel.errors import WorkspaceError
from framesel.recipe import Recipe
from framesel.selection.limits.settings import Limits
from framesel.stages import pool
from framesel.stages.picked import table
from framesel.stages.pool import Pool
from framesel.stages.selection import Selection
from framesel.workspace import Workspace, write_table

LEAST = 50
"""Frames that are asked for at least unless somebody says how many."""


def continuation(
    workspace: Workspace,
    keys: Mapping[str, str],
    recipe: Recipe,
    chosen: Chosen,
    frames: int | None = None,
) -> pa.Table:
    """The picks that the strategy would add if the budget were larger and no limit held.

    Read where it was computed before, otherwise computed, which takes as long as the selection
    itself, and kept as ``continuation.parquet`` in its folder.

    Args:
        workspace: Where the tables are.
        keys: Stage to folder, for all that the selection was made from.
        recipe: That of the last run: how much memory may be taken, and where examples lie.
        chosen: The selection.
        frames: How many; None for half as many as there are picks, 50 at least.

    Returns:
        Rows as ``tables.SELECTION`` says, fewer where there are no more candidates. Their ranks go
        on where those of the picks end; gains and terms are as the strategy gives them.

    Raises:
        WorkspaceError: A table that it was made from is gone.
        SelectionError: Nothing is left to choose from.
    """

    def made(asked: int) -> pa.Table:
        stage = stage_of(chosen, recipe)
        found = pool_of(workspace, keys, recipe, chosen, stage)
        return extended(found, stage, chosen.picks, asked)

    return kept(chosen, usual(chosen) if frames is None else frames, made)


def kept(chosen: Chosen, asked: int, made: Callable[[int], pa.Table]) -> pa.Table:
    """A continuation as it is stored, or made now and stored.

    Args:
        chosen: The selection that it belongs to.
        asked: How many frames.
        made: Makes so many.
    """
    path = chosen.folder / "continuation.parquet"
    if _asked(path) < asked:
        rows = made(asked)
        batches = rows.combine_chunks().to_batches()
        write_table(path, rows.schema, batches, entries=lambda: {"asked": asked})
    return table_files.read(path).slice(0, asked)


def usual(chosen: Chosen) -> int:
    """How many frames are asked for unless somebody says how many."""
    picks: int = chosen.picks.num_rows
    return max(LEAST, picks // 2)


def extended(found: Pool, stage: Selection, picks: pa.Table, frames: int) -> pa.Table:
    """Lets a strategy go on after its picks.

    Args:
        found: What it chose from.
        stage: Its settings.
        picks: What it chose; those whose video is gone are left out.
        frames: How many more.
    """
    fixed = found.places(found.data.rows(picks["video_no"], picks["pts"]))
    more = stage.strategy.select(
        replace(found.candidates, fixed=fixed),
        min(len(fixed) + frames, len(found.rows)),
        found.data.vectors[found.before],
        Limits(),
        np.random.default_rng(stage.seed),
    )
    return table(found, more).slice(len(fixed))


def pool_of(
    workspace: Workspace,
    keys: Mapping[str, str],
    recipe: Recipe,
    chosen: Chosen,
    stage: Selection,
) -> Pool:
    """What a selection chose from, as it was then.

    Raises:
        WorkspaceError: A table that it was made from is gone.
    """
    try:
        found = pool.build(stage.wants(), chosen.saw(workspace, keys), recipe.run)
        return stage.as_listed(found, chosen.folder)
    except FileNotFoundError as error:
        raise WorkspaceError(
            f"{chosen.folder} was made from {error.filename or error}, which is not there any "
            "more: `framesel run` once more"
        ) from None


def stage_of(chosen: Chosen, recipe: Recipe) -> Selection:
    """The settings that a selection was made with.

    Raises:
        WorkspaceError: Another version of framesel made it, or it looked for examples that the
            recipe does not name.
    """
    identity = chosen.identity
    now = recipe.stages()["selection"]
    same = json.dumps(now.identity(identity["runtime"], identity["needs"]), sort_keys=True)
    if isinstance(now, Selection) and same == json.dumps(identity, sort_keys=True):
        return now
    try:
        stage = Selection.model_validate(identity["fields"])
    except (ValidationError, KeyError) as error:
        raise WorkspaceError(
            f"{chosen.folder} was made by another version of framesel ({type(error).__name__}): "
            "`framesel run` once more"
        ) from None
    needs = identity["needs"]
    return stage.informed(scored="detections" in needs, coarse="windows" in needs)


def _asked(path: Path) -> int:
    """How many frames a stored continuation was asked for; -1 where there is none to use."""
    try:
        asked = tables.footer(path).get("asked")
        sound = table_files.schema(path).remove_metadata() == tables.SELECTION
    except (OSError, pa.ArrowInvalid):
        return -1
    return asked if sound and isinstance(asked, int) else -1
