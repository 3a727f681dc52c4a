"""What may go of trained models, and what must go when a video is forgotten."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from framesel import table_files
from framesel.errors import WorkspaceError
from framesel.rounds import models
from framesel.rounds.models import Model
from framesel.workspace import Workspace, write_json

BULKY = ("data", "pictures", "judged", "checkpoint")
"""Folders of a model that its weights do not need: what it was trained and judged on."""

TABLES = ("split.parquet", "found.parquet")
"""Tables of a model, with a column ``video_no``."""


def unreferenced(workspace: Workspace) -> list[Path]:
    """What may go of models that no round points to: all but weights and metrics.

    Of a training that never ended everything may go.
    """
    kept = {model.path(workspace) for model in models.models(workspace)}
    found: list[Path] = []
    for folder in _folders(workspace):
        if folder in kept:
            continue
        if (folder / "metrics.json").exists():
            found += [folder / name for name in BULKY if (folder / name).is_dir()]
        else:
            found.append(folder)
    return found


def tables(workspace: Workspace) -> list[Path]:
    """Tables of all models, with a column ``video_no``."""
    paths = (folder / name for folder in _folders(workspace) for name in TABLES)
    return [path for path in paths if path.exists()]


def taught_by(workspace: Workspace, video_no: int) -> list[Model]:
    """Models of rounds that were trained on frames of a video."""
    found = []
    for model in models.models(workspace):
        path = model.path(workspace) / TABLES[0]
        names = ["video_no", "split"]
        table = table_files.read(path, columns=names) if path.exists() else None
        rows = [] if table is None else table.to_pylist()
        if any(row["video_no"] == video_no and row["split"] == "train" for row in rows):
            found.append(model)
    return found


def forget(workspace: Workspace, video_no: int, name: str) -> list[Path]:
    """Removes a video's pictures, labels and figures from all models; their weights stay.

    Args:
        workspace: Where.
        video_no: Of the video.
        name: Of its file.

    Returns:
        The files that were rewritten or removed, tables (``tables``) not among them.
    """
    # as ``stages.export.picture_name`` ends
    mine = re.compile(rf"_v{video_no:06d}_\d+h\d\dm\d\ds\d{{3}}_pts-?\d+")
    touched: list[Path] = []
    for folder in _folders(workspace):
        for path in sorted(folder.glob("*/**/*")):
            if path.suffix in (".jpg", ".txt") and mine.search(path.stem):
                path.unlink()
                touched.append(path)
        for path in [*folder.glob("*/*.json"), folder / "metrics.json", folder / "stage.json"]:
            if path.exists() and _rewritten(path, mine, video_no, name):
                touched.append(path)
    return touched


def _rewritten(path: Path, mine: re.Pattern[str], video_no: int, name: str) -> bool:
    """Takes a video out of a JSON file. Says whether it was in it."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise WorkspaceError(f"{path} is damaged ({error}); remove its folder.") from None
    rest = _without(content, mine, video_no, name)
    if rest == content:
        return False
    write_json(path, rest)
    return True


def _without(content: Any, mine: re.Pattern[str], video_no: int, name: str) -> Any:
    """The same without entries named by a picture of the video, or that speak of it alone."""
    if isinstance(content, dict):
        return {
            key: _without(value, mine, video_no, name)
            for key, value in content.items()
            if not mine.search(key)
        }
    if isinstance(content, list):
        return [
            _without(one, mine, video_no, name)
            for one in content
            if not (isinstance(one, dict) and _speaks_of(one, mine, video_no, name))
        ]
    return content


def _speaks_of(entry: dict[str, Any], mine: re.Pattern[str], video_no: int, name: str) -> bool:
    picture = isinstance(entry.get("name"), str) and mine.search(entry["name"])
    return bool(picture) or entry.get("video") in (video_no, name)


def _folders(workspace: Workspace) -> list[Path]:
    return [path for path in sorted((workspace.root / "models").glob("*/")) if path.is_dir()]
