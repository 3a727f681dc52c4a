"""Map: the vectors of all frames in two dimensions, for people to look at."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pydantic import Field

from framesel import tables, threads
from framesel.settings import RunSettings
from framesel.stage import Gather, GatherInputs
from framesel.stages import gathered
from framesel.stages.gathered import column
from framesel.stages.stored_vectors import Vectors, blocks

F32 = npt.NDArray[np.float32]

LEAST_FRAMES = 100
"""Fewer have no neighbourhoods that PaCMAP could keep: principal axes show them as well."""

_SAMPLE = 20_000
"""Frames that say what groups there are, about."""


class EmbeddingMap(Gather):
    """Places every frame so that what looks alike lies together, and groups them.

    No other stage reads it, so it is computed only when somebody wants to look. PaCMAP keeps
    neighbourhoods and the large shape alike (Wang, Huang, Rudin & Shaposhnik, "Understanding how
    dimension reduction tools work", JMLR 22, 2021); where frames are many, the first two principal
    axes are shown. It runs with one thread and a seed: equal vectors give an equal map.
    """

    name: ClassVar[str] = "map"
    version: ClassVar[int] = 2

    method: Literal["auto", "pacmap", "pca"] = Field(
        "auto", description="auto: pacmap where there are few enough frames, else pca"
    )
    exact_below: Annotated[int, Field(ge=0)] = Field(
        20_000, description="auto takes pacmap up to this number of frames"
    )
    neighbours: Annotated[int, Field(ge=2)] = Field(
        10, description="nearest frames of each that pacmap keeps near"
    )
    seed: int = Field(0, description="for what is drawn")
    clusters: Annotated[int, Field(ge=1, le=1000)] = Field(
        20, description="groups of frames that look alike, at most"
    )

    def needs(self) -> tuple[str, ...]:
        """Which frames there are, and their vectors."""
        return ("frames", "embeddings")

    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table:
        """Returns a row for each frame, as ``tables.MAP`` says; the entry ``method`` names how.

        Raises:
            StageError: There is no frame, or pacmap is asked for and memory will not do.
        """
        data = gathered.read(inputs, [], run)
        method = self._settled(data.vectors)
        with _one_thread():
            places = self._pacmap(data.in_memory()) if method == "pacmap" else pca(data.vectors)
            cells = self._grouped(data.vectors)
        arrays = [
            column(data.columns["video_no"], pa.int32()),
            column(data.columns["pts"], pa.int64()),
            column(places[:, 0], pa.float32()),
            column(places[:, 1], pa.float32()),
            column(by_size(cells), pa.int16()),
        ]
        entries = tables.footer_entries({"method": method})
        return pa.Table.from_arrays(arrays, schema=tables.MAP.with_metadata(entries))

    def _settled(self, vectors: Vectors) -> Literal["pacmap", "pca"]:
        """How these vectors are shown."""
        too_many = self.method == "auto" and len(vectors) > self.exact_below
        if self.method == "pca" or too_many or len(vectors) < LEAST_FRAMES:
            return "pca"
        return "pacmap" if any((b != vectors[0]).any() for b in blocks(vectors)) else "pca"

    def _grouped(self, vectors: Vectors) -> npt.NDArray[np.int64]:
        """(n,) group of each; where frames are many, some of them say what groups there are."""
        from framesel.selection.engines.k_means import assign, k_means

        every = max(1, len(vectors) // _SAMPLE)
        sample = vectors[np.arange(0, len(vectors), every)]
        found = k_means(sample, self.clusters, np.random.default_rng(self.seed))
        return np.concatenate([assign(block, found.centres).cell_of for block in blocks(vectors)])

    def _pacmap(self, vectors: F32) -> F32:
        """(n, 2) by PaCMAP, which says on its logger that it was given a seed."""
        import pacmap

        logging.getLogger("pacmap").setLevel(logging.ERROR)
        # Its transformations work in place.
        made = pacmap.PaCMAP(
            n_components=2, n_neighbors=self.neighbours, random_state=self.seed
        ).fit_transform(vectors.copy(), init="pca")
        return np.asarray(made, np.float32)


def pca(vectors: Vectors) -> F32:
    """(n, 2) float32: the rows on the two axes along which they differ most.

    Args:
        vectors: (n, d) float32, in memory or on disk. Sums run in float64, block by block.
    """
    n, d = vectors.shape
    mean = sum(block.sum(axis=0, dtype=np.float64) for block in blocks(vectors)) / n
    spread = np.zeros((d, d))
    for block in blocks(vectors):
        spread += (block - mean).T @ (block - mean)
    axes = np.linalg.eigh(spread)[1][:, ::-1][:, :2]
    # An axis has no sign of its own: its largest number is made positive.
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    axes = axes * np.where(largest < 0, -1.0, 1.0)
    out = np.zeros((n, 2), np.float32)
    out[:, : axes.shape[1]] = np.concatenate([(b - mean) @ axes for b in blocks(vectors)])
    return out


def by_size(cells: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
    """(n,) the same cells, numbered from 0 in order of size, the largest first."""
    found, first, cell_of, sizes = np.unique(
        cells, return_index=True, return_inverse=True, return_counts=True
    )
    order = np.lexsort((first, -sizes))
    numbers = np.empty(len(found), np.int16)
    numbers[order] = np.arange(len(found))
    return numbers[cell_of]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Sums must not depend on how many threads share them; the settings are put back after."""
    import faiss  # noqa: F401  (so that its threads are known)
    import numba

    before = numba.get_num_threads()
    numba.set_num_threads(1)
    try:
        with threads.limited(1):
            yield
    finally:
        numba.set_num_threads(before)
