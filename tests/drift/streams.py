"""Footage without videos: frames as points that wander."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from framesel.drift.footage import F64, Footage, Guesses

DIM = 8


def unit(points: F64) -> np.ndarray:
    """Points as unit rows: one more coordinate keeps them from being scaled apart."""
    rows = np.concatenate([np.full((len(points), 1), 4.0), points], axis=1)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def stream(
    rng: np.random.Generator, frames: int, memory: float, dim: int = DIM, spread: float = 1.0
) -> F64:
    """(n, d) a stationary walk with this correlation time in frames, 1 or more."""
    keep = (memory - 1) / (memory + 1)
    noise = rng.standard_normal((frames, dim))
    noise[1:] *= np.sqrt(1 - keep**2)
    walk: F64 = spread * lfilter([1.0], [1.0, -keep], noise, axis=0)
    return walk


def footage(videos: list[F64], prefix: str = "v", guesses: Guesses | None = None) -> Footage:
    """Videos made of points, a second from frame to frame."""
    counts = [len(points) for points in videos]
    names = tuple(f"{prefix}{n}.mp4" for n in range(len(videos)))
    place = np.concatenate([np.arange(n) for n in counts])
    return Footage(
        tuple(f"digest of {name}" for name in names),
        names,
        np.repeat(np.arange(len(videos)), counts),
        place * 1000,
        place.astype(np.float64),
        unit(np.concatenate(videos)),
        guesses,
    )


def clips(
    rng: np.random.Generator, count: int, frames: int = 10, shift: float = 0.0, within: float = 0.2
) -> list[F64]:
    """Short videos, each of a scene of its own; ``shift`` moves all of them along one axis."""
    found = []
    for _ in range(count):
        scene = rng.standard_normal(DIM)
        scene[0] += shift
        found.append(scene + stream(rng, frames, 5.0, spread=within))
    return found


def halves(points: F64) -> tuple[Footage, Footage]:
    """One stream in two files."""
    middle = len(points) // 2
    return footage([points[:middle]], "first"), footage([points[middle:]], "second")


def around(rng: np.random.Generator, scenes: list[int], far: float = 4.0) -> list[F64]:
    """Short videos, each of one of a few scenes."""
    return [far * np.eye(DIM)[s] + stream(rng, 10, 3.0, spread=0.2) for s in scenes]
