"""Which side frames were on when earlier models were trained."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute

from framesel import table_files
from framesel.errors import WorkspaceError
from framesel.labels.labels import Key
from framesel.labels.tables import SPLIT
from framesel.rounds import models
from framesel.splitting.split import Split
from framesel.workspace import Workspace, write_table

TRAIN = "train"

SIDES = "split.parquet"
"""In a model's folder, as ``labels.tables.SPLIT``: what it was trained on, what was kept apart."""


def kept_sides(workspace: Workspace) -> dict[Key, str]:
    """The split of each frame that a model of an earlier round was trained on or judged by.

    A frame that any of them was trained on counts as ``train``; of others the last word holds.

    Raises:
        WorkspaceError: What a model was trained on is gone or damaged.
    """
    found: dict[Key, str] = {}
    for model in models.models(workspace):
        for key, name in _split(workspace, model):
            if found.get(key) != TRAIN:
                found[key] = name
    return found


def _split(workspace: Workspace, model: models.Model) -> Iterator[tuple[Key, str]]:
    """Frames of one model with their splits."""
    path = model.path(workspace) / SIDES
    try:
        table = table_files.read(path, columns=["video_no", "pts", "split"])
    except (OSError, KeyError, pa.ArrowException) as error:
        raise WorkspaceError(
            f"{path}: what the model of round {model.round} was trained on cannot be told "
            f"({error}). Restore the file, or remove "
            f"{workspace.round(model.round) / 'model.json'} to go on without that model."
        ) from None
    columns = (table[name].to_pylist() for name in ("video_no", "pts", "split"))
    for video_no, pts, name in zip(*columns, strict=True):
        yield (video_no, pts), name


def write_sides(folder: Path, found: Split) -> None:
    """Keeps in a model's folder what it is trained on and what is kept apart."""
    table = found.table
    mine = table.filter(pa.compute.is_in(table["split"], pa.array([TRAIN, "val"])))
    write_table(folder / SIDES, SPLIT, mine.combine_chunks().to_batches())
