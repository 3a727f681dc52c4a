"""What a frozen network says of the pictures of an album, on disk; made once, read by many."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import filelock
import numpy as np
from numpy.typing import NDArray

from framesel.selection.vectors.arrays import F32, I64
from framesel.simulation.detector.album import Album
from framesel.simulation.detector.network import PROPOSALS, FrozenNetwork
from framesel.simulation.detector.whitening import Whitening, whitening_of
from framesel.workspace import write_atomic

VERSION: Final = 1
"""Raise by hand whenever the same picture gives other proposals or features."""

SAMPLE: Final = 200
"""Pictures, evenly spaced in an album, by which features are whitened."""

SHARD: Final = 250
"""Pictures after which what is done is written down."""


@dataclass(frozen=True, eq=False)
class Described:
    """Proposals in n pictures.

    Attributes:
        count: (n,) int64, how many there are in each.
        xyxy: (n, K, 4) float32 pixels of the pictures; rows from ``count`` on are void.
        features: (n, K, d) float16, on disk.
    """

    count: I64
    xyxy: F32
    features: NDArray[np.float16]


@dataclass(frozen=True)
class Describer:
    """How pictures are described.

    Attributes:
        weights: Of the frozen network.
        canvas_px: See ``FrozenNetwork``.
        dim: Features of a proposal.
    """

    weights: Path
    canvas_px: int
    dim: int

    def identity(self) -> dict[str, Any]:
        """All that decides a description, beside the pictures."""
        weights = hashlib.sha256(self.weights.read_bytes()).hexdigest()[:16]
        return {"v": VERSION, "weights": weights, "canvas": self.canvas_px, "dim": self.dim}

    def describe(self, album: Album, learnt_from: Album, folder: Path) -> Described:
        """Proposals in all pictures of an album, from disk if they were found before.

        Args:
            album: The pictures.
            learnt_from: Album by whose pictures features are whitened; no label is looked at.
            folder: For what is made.
        """
        told = f"{self.identity()} {album.folder.name} {learnt_from.folder.name}"
        own = folder / f"{album.folder.name}-{hashlib.sha256(told.encode()).hexdigest()[:12]}"
        if not (own / "found.npz").exists():
            own.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(own / "lock"):
                if not (own / "found.npz").exists():
                    self._make(album, learnt_from, folder, own)
        with np.load(own / "found.npz") as found:
            features = np.load(own / "features.npy", mmap_mode="r")
            return Described(found["count"], found["xyxy"], features)

    def _make(self, album: Album, learnt_from: Album, folder: Path, own: Path) -> None:
        network = FrozenNetwork(self.weights, self.canvas_px)
        whitening = self._whitening(network, learnt_from, folder)
        starts = range(0, len(album), SHARD)
        shards = [own / f"part{start:06d}.npz" for start in starts]
        for start, shard in zip(starts, shards, strict=True):
            if not shard.exists():
                rows = range(start, min(start + SHARD, len(album)))
                write_atomic(shard, _saved(_seen(network, whitening, album, rows)))
        columns: dict[str, list[Any]] = {"count": [], "xyxy": []}

        def gather(path: Path) -> None:
            shape = (len(album), PROPOSALS, self.dim)
            whole = np.lib.format.open_memmap(path, "w+", np.float16, shape)
            for start, shard in zip(starts, shards, strict=True):
                with np.load(shard) as part:
                    whole[start : start + SHARD] = part["features"]
                    for name, column in columns.items():
                        column.append(part[name])
            whole.flush()

        write_atomic(own / "features.npy", gather)
        joined = {name: np.concatenate(column) for name, column in columns.items()}
        write_atomic(own / "found.npz", _saved(joined))
        for shard in shards:
            shard.unlink()

    def _whitening(self, network: FrozenNetwork, album: Album, folder: Path) -> Whitening:
        told = f"{self.identity()} {album.folder.name} {SAMPLE}"
        path = folder / f"whitening-{hashlib.sha256(told.encode()).hexdigest()[:12]}.npz"
        with filelock.FileLock(path.with_suffix(".lock")):
            if not path.exists():
                rows = np.unique(np.linspace(0, len(album) - 1, SAMPLE).round().astype(int))
                features = [network(album.image(int(row))).features for row in rows]
                made = whitening_of(np.concatenate(features), self.dim)
                write_atomic(path, _saved(vars(made)))
        with np.load(path) as stored:
            return Whitening(stored["mean"], stored["spread"], stored["basis"])


def _seen(
    network: FrozenNetwork, whitening: Whitening, album: Album, rows: range
) -> dict[str, NDArray[Any]]:
    """Proposals of some pictures, each padded to ``PROPOSALS``."""
    count = np.zeros(len(rows), np.int64)
    xyxy = np.zeros((len(rows), PROPOSALS, 4), np.float32)
    features = np.zeros((len(rows), PROPOSALS, whitening.basis.shape[1]), np.float16)
    for i, row in enumerate(rows):
        found = network(album.image(row))
        count[i] = len(found.xyxy)
        xyxy[i, : count[i]] = found.xyxy
        features[i, : count[i]] = whitening(found.features)
    return {"count": count, "xyxy": xyxy, "features": features}


def _saved(columns: dict[str, Any]) -> Callable[[Path], None]:
    def fill(path: Path) -> None:
        with path.open("wb") as file:
            np.savez(file, **columns)

    return fill
