"""The file that `framesel drift --accept` writes: how much each frame is to count in a selection.

Videos are named by their digests, because new ones have no number before they are taken up.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files
from framesel.catalog import Catalog
from framesel.errors import SelectionError
from framesel.workspace import write_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from framesel.stages.gathered import Dataset

F32 = npt.NDArray[np.float32]

DENSITY = pa.schema([("digest", pa.string()), ("pts", pa.int64()), ("density", pa.float32())])
"""One row per frame. Videos are named by their digests."""

COUNTS = "frames count by how new the footage is that they are of or like (density)"
DOES_NOT_COUNT = (
    "how new the footage is does not count: this strategy heeds no utility, and so no density; "
    "cover does (selection.strategy.name)"
)


def write_density(
    path: Path, digests: Sequence[str], pts: npt.ArrayLike, density: npt.ArrayLike
) -> None:
    """Writes it atomically.

    Args:
        path: Where.
        digests: (n,) of each frame's video.
        pts: (n,) of each frame.
        density: (n,) positive.
    """
    columns = [pa.array(digests, pa.string()), np.asarray(pts), np.asarray(density, np.float32)]
    table = pa.Table.from_arrays([pa.array(c) for c in columns], schema=DENSITY)
    write_table(path, DENSITY, table.to_batches(max_chunksize=65_536))


def density_digest(path: str) -> str:
    """What a fingerprint knows of the file: its content, not where it lies.

    Raises:
        SelectionError: It cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SelectionError(
            f"selection.density: {path} cannot be read ({error.strerror}). `framesel drift "
            "--accept` writes one; an empty text takes none."
        ) from None


def weighted(utility: F32 | None, path: str, catalog: Catalog, data: Dataset) -> F32 | None:
    """(n,) utility times density; where nothing is scored, all frames are worth the same.

    Args:
        utility: (n,) or None.
        path: Of the density; empty: there is none.
        catalog: Knows the videos' digests.
        data: The frames.
    """
    if not path:
        return utility
    density = read_density(path, catalog, data)
    return density if utility is None else utility * density


def read_density(path: str, catalog: Catalog, data: Dataset) -> F32:
    """(n,) float32 density of the frames of a dataset; 1 for frames of which the file says nothing.

    Raises:
        SelectionError: It is no density, or not a positive one.
    """
    try:
        table = table_files.read(Path(path), columns=DENSITY.names)
        table = table.cast(DENSITY)
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise SelectionError(
            f"selection.density: {path} is no density ({error}): `framesel drift --accept` "
            "writes one"
        ) from None
    values = table["density"].to_numpy()
    if table["density"].null_count or not (np.isfinite(values) & (values > 0)).all():
        raise SelectionError(f"selection.density: {path} holds values that are not above 0")
    number = {row["digest"]: video_no for video_no, row in catalog.videos.items()}
    video_no = [number.get(digest, -1) for digest in table["digest"].to_pylist()]
    rows = data.rows(np.array(video_no, np.int64), table["pts"].to_numpy())
    found = np.ones(len(data), np.float32)
    found[rows[rows >= 0]] = values[rows >= 0]
    return found
