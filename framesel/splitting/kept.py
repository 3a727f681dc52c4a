"""Which side frames were on when earlier models were trained."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from framesel.errors import WorkspaceError
from framesel.labels.labels import Key
from framesel.rounds import models
from framesel.workspace import Workspace

TRAIN = "train"


def kept_sides(workspace: Workspace) -> dict[Key, str]:
    """The split of each frame that a model of an earlier round was trained on or judged by.

    A frame that any of them was trained on counts as ``train``; of others the last word holds.

    Raises:
        WorkspaceError: A model's split is gone or damaged.
    """
    found: dict[Key, str] = {}
    for model in models.models(workspace):
        for key, name in _split(workspace, model):
            if found.get(key) != TRAIN:
                found[key] = name
    return found


def _split(workspace: Workspace, model: models.Model) -> Iterator[tuple[Key, str]]:
    """Frames of one model with their splits, what is held out left out."""
    path = model.path(workspace) / "stage.json"
    try:
        digest = str(json.loads(path.read_text("utf-8"))["split"])
        table = pq.read_table(
            workspace.root / "splits" / digest / "split.parquet",
            columns=["video_no", "pts", "split"],
            partitioning=None,
        )
    except (OSError, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise WorkspaceError(
            f"{model.path(workspace)}: what it was trained on cannot be told ({error}). Restore "
            f"its stage.json and the folder of splits/ that it names, or remove "
            f"{workspace.round(model.round) / 'model.json'}."
        ) from None
    columns = (table[name].to_pylist() for name in ("video_no", "pts", "split"))
    for video_no, pts, name in zip(*columns, strict=True):
        if name != "holdout":
            yield (video_no, pts), name
