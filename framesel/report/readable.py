"""Whether tables are such as this version reads: told before anything is drawn from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pyarrow as pa

from framesel import table_files, tables
from framesel.chosen import Chosen
from framesel.errors import WorkspaceError
from framesel.workspace import Workspace

_READ = {
    "frames": tables.FRAMES.names,
    "embeddings": ("video_no", "pts", "vector"),
    "detections": tables.DETECTIONS.names,
    "scores": ("video_no", "pts"),
}
"""Columns that pages read of each stage."""


def check(workspace: Workspace, selection: Chosen, keys: Mapping[str, str]) -> None:
    """Looks at the schemas of what a selection is shown from.

    Raises:
        WorkspaceError: A column is missing or of another kind: another version wrote the table.
    """
    for name, schema in (("all", tables.SELECTION), ("left_out", tables.LEFT_OUT)):
        path = selection.folder / f"{name}.parquet"
        if path.exists():
            _complain(path, _differing(_schema(path), schema))
    for stage, columns in _READ.items():
        if stage in keys:
            for path in sorted(workspace.stage(stage, keys[stage]).glob("*.parquet")):
                _complain(path, set(columns) - set(_schema(path).names))


def _schema(path: Path) -> pa.Schema:
    try:
        return table_files.schema(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}): remove it and run again") from None


def _differing(found: pa.Schema, wanted: pa.Schema) -> list[str]:
    there = {field.name: field.type for field in found}
    return [field.name for field in wanted if there.get(field.name) != field.type]


def _complain(path: Path, columns: Iterable[str]) -> None:
    names = ", ".join(sorted(columns))
    if names:
        raise WorkspaceError(
            f"{path} was written by another version of framesel: it lacks {names}, or holds "
            "something else there. `framesel run` once more, or use the version that wrote it."
        )
