"""The map of the embeddings, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel import on_demand, table_files, tables
from framesel.report.view import View
from framesel.stages.embedding_map import EmbeddingMap

F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Places:
    """Where each frame lies on the map.

    Attributes:
        method: pacmap or pca.
        x: (n,) nan for frames without a vector.
        y: (n,) likewise.
        cluster: (n,) 0 is the largest; -1 for frames without a vector.
    """

    method: str
    x: F32
    y: F32
    cluster: npt.NDArray[np.int16]

    def json(self) -> dict[str, Any]:
        """For the page; the arrays are columns of their own there."""
        return {"method": self.method, "rows": int(np.isfinite(self.x).sum())}


def embedding_map(view: View, settings: EmbeddingMap | None = None) -> Places:
    """The map; computed the first time and kept in the workspace.

    Args:
        view: The selection.
        settings: Of the map; its defaults where there are none.

    Raises:
        StageError: The vectors are not there any more.
    """
    stage = EmbeddingMap() if settings is None else settings
    folder = on_demand.ensure(view.workspace, stage, view.keys, view.run)
    path = folder / "all.parquet"
    table = table_files.read(path)
    rows = view.frames.rows_of(table["video_no"].to_numpy(), table["pts"].to_numpy())
    there = rows >= 0
    n = len(view.frames)
    x, y = np.full(n, np.nan, np.float32), np.full(n, np.nan, np.float32)
    cluster = np.full(n, -1, np.int16)
    x[rows[there]] = table["x"].to_numpy()[there]
    y[rows[there]] = table["y"].to_numpy()[there]
    cluster[rows[there]] = table["cluster"].to_numpy()[there]
    return Places(str(tables.footer(path)["method"]), x, y, cluster)


def is_made(view: View, settings: EmbeddingMap | None = None) -> bool:
    """Whether the map is there already."""
    stage = EmbeddingMap() if settings is None else settings
    folder = on_demand.folder_of(view.workspace, stage, view.keys)
    return (folder / "all.parquet").exists()
