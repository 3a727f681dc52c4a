"""Where labels are kept: a folder for each import, numbered, never changed again.

An import is written into a folder of another name, which is renamed when it is whole: what a
killed import leaves is no import. Whoever adds one has the workspace's lock.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel import table_files
from framesel.errors import WorkspaceError
from framesel.labels import tables
from framesel.labels.labels import Labels
from framesel.workspace import Workspace, sync, write_json, write_table

FORMAT = 1


@dataclass(frozen=True)
class Import:
    """One import.

    Attributes:
        number: From 1, in the order in which they were taken.
        folder: Where it lies.
        told: Its ``import.json``: what it was made from, when, by whom, its declared ``classes``.
    """

    number: int
    folder: Path
    told: Mapping[str, Any]

    def labels(self) -> Labels:
        """What it says.

        Raises:
            WorkspaceError: Its tables are damaged.
        """
        return Labels(
            _read(self.folder / "frames.parquet", tables.LABELLED),
            _read(self.folder / "boxes.parquet", tables.LABELS),
            tuple(self.told["classes"]),
        )


def imports(workspace: Workspace) -> list[Import]:
    """All imports, oldest first.

    Raises:
        WorkspaceError: One is damaged, or was written by a newer framesel.
    """
    folders = sorted(workspace.labels.glob("[0-9]*")) if workspace.labels.is_dir() else []
    return [Import(int(f.name), f, _told(f / "import.json")) for f in folders]


def add(workspace: Workspace, labels: Labels, told: Mapping[str, Any]) -> Import:
    """Keeps labels as one more import. The caller has the workspace's lock.

    Args:
        workspace: Where.
        labels: What is kept.
        told: What is to be known of it; JSON.
    """
    known = imports(workspace)
    number = known[-1].number + 1 if known else 1
    folder = workspace.labels / f"{number:06d}"
    partial = workspace.labels / f"partial-{number:06d}"
    shutil.rmtree(partial, ignore_errors=True)
    write_table(partial / "frames.parquet", tables.LABELLED, _batches(labels.frames))
    write_table(partial / "boxes.parquet", tables.LABELS, _batches(labels.boxes))
    content = {**told, "format": FORMAT, "classes": list(labels.classes)}
    write_json(partial / "import.json", content)
    partial.rename(folder)
    sync(workspace.labels)
    return Import(number, folder, content)


def current(workspace: Workspace) -> Labels:
    """Every annotator's newest word on each frame: a later import replaces an earlier one's."""
    return newest(one.labels() for one in imports(workspace))


def newest(said: Iterable[Labels]) -> Labels:
    """Of what was said one after the other, the last word of each annotator on each frame."""
    parts = list(said)
    if not parts:
        return Labels.empty()
    last: dict[tuple[int, int, str], int] = {}
    for at, part in enumerate(parts):
        last.update(dict.fromkeys(_whose(part.frames), at))
    frames = [_still(part.frames, at, last) for at, part in enumerate(parts)]
    boxes = [_still(part.boxes, at, last) for at, part in enumerate(parts)]
    classes = dict.fromkeys(name for part in parts for name in part.classes)
    return Labels(pa.concat_tables(frames), pa.concat_tables(boxes), tuple(classes))


def last(workspace: Workspace) -> int:
    """The number of the newest import; 0 where there is none."""
    folders = workspace.labels.glob("[0-9]*") if workspace.labels.is_dir() else ()
    return max((int(folder.name) for folder in folders), default=0)


def labelled_keys(workspace: Workspace, until: int | None = None) -> pa.Table:
    """(video_no, pts) of every labelled frame, each once, in order of video and time.

    Args:
        workspace: Where.
        until: The last import that counts; None for all.
    """
    names = ["video_no", "pts"]
    parts = [
        _read(one.folder / "frames.parquet", tables.LABELLED).select(names)
        for one in imports(workspace)
        if until is None or one.number <= until
    ]
    schema = pa.schema([tables.LABELLED.field(name) for name in names])
    found = pa.concat_tables([schema.empty_table(), *parts])
    return found.group_by(names).aggregate([]).sort_by([(name, "ascending") for name in names])


def _still(table: pa.Table, at: int, last: Mapping[tuple[int, int, str], int]) -> pa.Table:
    return table.filter(pa.array([last[key] == at for key in _whose(table)], pa.bool_()))


def _whose(table: pa.Table) -> list[tuple[int, int, str]]:
    columns = (table[name].to_pylist() for name in ("video_no", "pts", "annotator"))
    return list(zip(*columns, strict=True))


def _batches(table: pa.Table) -> list[pa.RecordBatch]:
    found: list[pa.RecordBatch] = table.combine_chunks().to_batches(max_chunksize=65_536)
    return found


def _told(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text("utf-8"))
        newer = found["format"] > FORMAT
        list(found["classes"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}); restore it or remove it.") from None
    if newer:
        raise WorkspaceError(f"{path} was written by a newer framesel: update this one")
    return dict(found)


def _read(path: Path, schema: pa.Schema) -> pa.Table:
    try:
        table = table_files.read(path)
        return table.select(schema.names).cast(schema)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}); restore it or remove it.") from None
