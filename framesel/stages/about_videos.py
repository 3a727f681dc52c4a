"""What is known of each frame because it is known of its video."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.catalog import Catalog
from framesel.stages.gathered import Dataset
from framesel.stages.texts import Texts


def columns(catalog: Catalog, data: Dataset) -> dict[str, Any]:
    """Columns of ``Candidates`` that come from the catalog: groups, and texts, of each frame."""
    video_no = data.columns["video_no"]
    videos, row_of = np.unique(video_no, return_inverse=True)
    row_of = row_of.astype(np.int32)
    known = [catalog.videos[number] for number in videos.tolist()]
    told = metadata_of(catalog, videos.tolist())
    return {
        "groups": _groups(videos.tolist(), known)[row_of],
        "metadata": {
            name: Texts(np.array([texts.get(name, "") for texts in told], np.str_), row_of)
            for name in sorted({name for texts in told for name in texts})
        },
    }


def metadata_of(catalog: Catalog, videos: list[int]) -> list[dict[str, str]]:
    """What is known of some videos in words: their sidecar's columns, `video` and `folder`."""
    found = []
    for number in videos:
        row = catalog.videos[number]
        path = Path(row["path"])
        told = {k: str(v) for k, v in sorted(row.get("metadata", {}).items()) if v is not None}
        found.append({"video": path.name, "folder": path.parent.name, **told})
    return found


def _groups(videos: list[int], known: list[dict[str, Any]]) -> npt.NDArray[np.int32]:
    """A video is a group of its own; unrelated stills are grouped by their folder."""
    folders: dict[str, int] = {}
    group = []
    for number, row in zip(videos, known, strict=True):
        if row["kind"] == "image":
            folder = str(Path(row["path"]).parent)
            group.append(-1 - folders.setdefault(folder, len(folders)))
        else:
            group.append(number)
    return np.array(group, np.int32)
