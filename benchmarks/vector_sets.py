"""Vectors to measure selection on, and the clock that compares two ways of doing the same."""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class VectorSet:
    """(n, d) float32 unit rows, the video of each, and where they come from."""

    vectors: NDArray[np.float32]
    video_no: NDArray[np.int64]
    origin: str


def synthetic_footage(n: int, dim: int, seed: int = 0) -> VectorSet:
    """Videos of 150 to 450 frames; each is a random walk away from one of 64 topics.

    Consecutive frames have a cosine near 0.998, the ends of a video near 0.6, and frames of
    different topics near 0. This favours pruning: measure on real embeddings too.
    """
    rng = np.random.default_rng(seed)
    topics = rng.standard_normal((64, dim))
    vectors = np.empty((n, dim), np.float32)
    video_no = np.empty(n, np.int64)
    low = video = 0
    while low < n:
        length = min(n - low, int(rng.integers(150, 450)))
        start = topics[rng.integers(64)] + 0.7 * rng.standard_normal(dim)
        walk = start + np.cumsum(0.07 * rng.standard_normal((length, dim)), axis=0)
        vectors[low : low + length] = walk / np.linalg.norm(walk, axis=1, keepdims=True)
        video_no[low : low + length] = video
        low, video = low + length, video + 1
    return VectorSet(vectors, video_no, f"synthetic footage, seed {seed}")


def read_vectors(path: Path, video_no: Path | None) -> VectorSet:
    """Vectors from a .npy file, made unit; the videos from another, or one video."""
    vectors = np.load(path, allow_pickle=False).astype(np.float32)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    numbers = (
        np.zeros(len(vectors), np.int64)
        if video_no is None
        else np.load(video_no, allow_pickle=False).astype(np.int64)
    )
    return VectorSet(vectors, numbers, path.name)


def read_workspace(root: Path) -> VectorSet:
    """Every embedding of a workspace: the newest embeddings folder, shard after shard."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from framesel.vector_column import unpack_vectors

    folders = sorted((root / "embeddings").iterdir(), key=lambda folder: folder.stat().st_mtime)
    shards = [pq.read_table(file) for file in sorted(folders[-1].glob("s*.parquet"))]
    table = pa.concat_tables(shards)
    order = np.lexsort((table["pts"].to_numpy(), table["video_no"].to_numpy()))
    vectors = unpack_vectors(table["vector"])[order]
    return VectorSet(vectors, table["video_no"].to_numpy()[order].astype(np.int64), root.name)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that say which vectors to use."""
    parser.add_argument("--n", type=int, default=100_000, help="synthetic frames")
    parser.add_argument("--dim", type=int, default=384, help="their width")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--vectors", type=Path, help="(n, d) .npy instead of synthetic ones")
    parser.add_argument("--video-no", type=Path, help="(n,) .npy, the video of each row")
    parser.add_argument("--workspace", type=Path, help="embeddings of a workspace instead")
    parser.add_argument("--runs", type=int, default=5)


def from_arguments(options: argparse.Namespace) -> VectorSet:
    """The vectors that the options ask for."""
    if options.workspace:
        return read_workspace(options.workspace)
    if options.vectors:
        return read_vectors(options.vectors, options.video_no)
    return synthetic_footage(options.n, options.dim, options.seed)


def interleaved(
    ways: Mapping[str, Callable[[], Any]], runs: int
) -> tuple[dict[str, list[float]], dict[str, Any]]:
    """Run each way in turn, several times; seconds of all runs and the last results."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    results: dict[str, Any] = {}
    for _ in range(runs):
        for name, way in ways.items():
            start = time.perf_counter()
            results[name] = way()
            seconds[name].append(time.perf_counter() - start)
    return seconds, results


def print_table(seconds: Mapping[str, list[float]], scale: Mapping[str, float]) -> None:
    """Medians, ranges and ratios to the first way; a scale extrapolates a part to the whole."""
    medians = {
        name: statistics.median(runs) * scale.get(name, 1.0) for name, runs in seconds.items()
    }
    ours = next(iter(medians.values()))
    for name, runs in seconds.items():
        factor = scale.get(name, 1.0)
        note = f"  (measured on 1/{factor:.3g}, scaled)" if factor != 1.0 else ""
        print(
            f"{name:34s} median {medians[name]:9.3f} s   "
            f"{min(runs) * factor:.3f} to {max(runs) * factor:.3f}   "
            f"{medians[name] / ours:7.2f}x ours{note}"
        )
