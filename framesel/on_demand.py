"""Stages that no recipe runs: computed when somebody wants to look, and kept like the others."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from framesel.catalog import Catalog
from framesel.errors import StageError
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs, Rows, fingerprint
from framesel.workspace import Workspace, write_json, write_table


def seen(catalog: Catalog, needs: Mapping[str, str]) -> str:
    """Eight hex digits that change with what is alive and with the tables that are read."""
    text = json.dumps([catalog.parts_digest, dict(needs)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def folder_of(workspace: Workspace, stage: Gather, keys: Mapping[str, str]) -> Path:
    """Where the stage's table lies or would lie.

    Args:
        workspace: Holds the tables that it reads.
        stage: Reads tables of shards alone: what it ``sees`` must be empty.
        keys: Stage to folder, for every stage that it needs.

    Raises:
        StageError: A table that it needs is not there.
    """
    return workspace.stage(stage.name, _key(workspace, stage, keys))


def ensure(workspace: Workspace, stage: Gather, keys: Mapping[str, str], run: RunSettings) -> Path:
    """Computes a stage unless that was done before.

    Args:
        workspace: Holds the tables that it reads, and takes its own.
        stage: As for ``folder_of``.
        keys: Likewise.
        run: How much memory may be taken.

    Returns:
        The folder with its ``all.parquet`` and ``stage.json``.

    Raises:
        StageError: A table that it needs is not there, or does not fit into memory.
    """
    folder = folder_of(workspace, stage, keys)
    path = folder / "all.parquet"
    if path.exists():
        return folder
    write_json(folder / "stage.json", stage.identity("exact", _needs(stage, keys)))
    inputs = GatherInputs(workspace, keys, Catalog(workspace), pa.table({}))
    rows, entries = Rows.of(stage.run(inputs, run)), {"fingerprint": folder.name}
    write_table(path, rows.schema, rows.batches, entries=lambda: entries)
    return folder


def _key(workspace: Workspace, stage: Gather, keys: Mapping[str, str]) -> str:
    if stage.sees():
        raise StageError(f"{stage.name} sees more than tables: a recipe must run it")
    missing = [name for name in stage.needs() if name not in keys]
    if missing:
        raise StageError(
            f"{workspace.root} has no {' and no '.join(missing)}: `framesel run` makes them"
        )
    needs = _needs(stage, keys)
    return f"{fingerprint(stage.identity('exact', needs))}-{seen(Catalog(workspace), needs)}"


def _needs(stage: Gather, keys: Mapping[str, str]) -> dict[str, str]:
    return {name: keys[name] for name in stage.needs()}
