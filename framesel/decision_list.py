"""What a reviewer said, as a list for people and for spreadsheets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv

from framesel.catalog import Catalog
from framesel.rounds import decisions
from framesel.workspace import Workspace


def listed(workspace: Workspace) -> pa.Table:
    """Everything that was said: ``tables.DECISIONS`` and the path of each frame's video.

    Raises:
        WorkspaceError: A decision is damaged or of a newer framesel; the message names its file.
    """
    found = decisions.table(decisions.read(workspace))
    videos = Catalog(workspace).videos
    paths = [videos[no]["path"] if no in videos else None for no in found["video_no"].to_pylist()]
    return found.append_column("video", pa.array(paths, pa.string()))


def as_csv(found: pa.Table) -> bytes:
    """The list as CSV, with a head."""
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(found, sink)
    return bytes(sink.getvalue().to_pybytes())


def as_rows(found: pa.Table, videos: Mapping[int, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """The list as texts: number, time, round, kind, frame, what else was said, whether it stands.

    Args:
        found: What :func:`listed` gave.
        videos: The catalog's, by number.
    """
    names = {no: Path(video["path"]).name for no, video in videos.items()}
    for row in found.to_pylist():
        stands = "" if row["kind"] == "undo" else "yes" if row["stands"] else "no"
        frame = "" if row["pts"] is None else _frame(names, row["video_no"], row["pts"])
        yield (
            str(row["no"]),
            row["at"][:19].replace("T", " "),
            str(row["round"]),
            row["kind"],
            frame,
            _more(row, names),
            stands,
        )


def _frame(names: Mapping[int, str], video_no: int, pts: int) -> str:
    return f"{names.get(video_no, f'video {video_no}')}@pts:{pts}"


def _more(row: dict[str, Any], names: Mapping[int, str]) -> str:
    told = [row["text"]] if row["text"] else []
    if row["undoes"] is not None:
        told.append(f"takes back {row['undoes']}" if row["undoes"] else "forgotten")
    if row["x1"] is not None:
        told.append(", ".join(f"{row[side]:.3f}" for side in ("x1", "y1", "x2", "y2")))
    if row["kind"] == "reject" and row["row"] is not None:
        entered = json.loads(row["row"])
        told.append(f"in its place {_frame(names, entered['video_no'], entered['pts'])}")
    return "; ".join(told)
