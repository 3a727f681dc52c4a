"""Drift: how often unchanged footage alarms, and what a change must be like to be seen.

    framesel run ../shared/data/drone/videos --workspace WS
    framesel run ../shared/data/drone/videos --workspace DENSE --set frames.sample.fps=10
    python benchmarks/drift.py WS --dense DENSE

Every row is a share of trials in which `framesel drift` calls footage changed at alpha 5 %, once by
exchanging whole videos (or blocks of long ones), once by exchanging single frames, as libraries do
(on a fifth of the trials).

- *halves*: 120 drone clips drawn at random and parted in two at random. Nothing has changed.
- *first and second halves*: the same clips on both sides, their first seconds on one, their last on
  the other.
- *halves of one clip*: one clip at ten frames a second. Blocks are exchanged; a clip of ten seconds
  is mostly too short for them, which is then said, and is no alarm.
- *fixed camera*: the two halves of 2,000 frames around the mean of one clip, which wander on the
  footage's principal axes as far as frames of a clip do and remember some frames (autoregressive,
  by correlation time). *Moved*: the second half lies further along the first axis, by as many of
  these wanderings.
- *thermal*: known are 60 thermal clips, new are visible ones.
- *brightness*: known are 60 clips, new are others, all pictures brightened by so many of 255.

Where WS has a detector its tests take part, except for brightness.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.signal import lfilter

from framesel import planning
from framesel.calibration import load_backbone
from framesel.catalog import Catalog
from framesel.drift.compare import compare
from framesel.drift.footage import Both, Footage
from framesel.drift.pieces import Pieces
from framesel.drift.reading import read
from framesel.exporting import last_recipe
from framesel.video import jpeg
from framesel.workspace import Workspace

ALPHA = 0.05
PERMUTATIONS = 199
SIDE = 60
SHIFTS = (2, 5, 10, 20, 40)
NEW = (1, 2, 3, 5, 10)
FRAMES_EVERY = 5
AXES = 24
FRAMES = 2000

I64 = NDArray[np.int64]
Draw = Callable[[np.random.Generator], Both]


def clips(footage: Footage, prefix: str = "") -> list[int]:
    """Numbers of the drone clips whose names begin so."""
    known = ("V_", "IR_")
    named = enumerate(footage.names)
    return [n for n, name in named if name.startswith(known) and name.startswith(prefix)]


def naive(both: Both) -> Pieces:
    """Single frames."""
    return Pieces("frames", np.arange(len(both)), both.video, both.new_frame)


def alarms(draw: Draw, trials: int) -> tuple[float, float, float]:
    """Shares of trials: alarms by videos, by frames, and too little footage to tell."""
    verdicts, frames = [], []
    for trial in range(trials):
        both = draw(np.random.default_rng([7, trial]))
        verdicts.append(compare(both, ALPHA, PERMUTATIONS, trial).verdict)
        if trial % FRAMES_EVERY == 0:  # it takes ten times as long
            frames.append(compare(both, ALPHA, PERMUTATIONS, trial, naive(both)).verdict)
    share = [verdicts.count(word) / trials for word in ("changed", "too little footage")]
    return share[0], frames.count("changed") / len(frames), share[1]


def halves(footage: Footage) -> Draw:
    """120 clips parted at random."""

    def draw(rng: np.random.Generator) -> Both:
        drawn = rng.permutation(clips(footage))[: 2 * SIDE]
        return Both(*(footage.videos(sorted(part)) for part in (drawn[:SIDE], drawn[SIDE:])))

    return draw


def in_time(footage: Footage) -> Draw:
    """First against second halves of 60 clips."""

    def draw(rng: np.random.Generator) -> Both:
        some = footage.videos(sorted(rng.permutation(clips(footage))[:SIDE]))
        return _parted(some)

    return draw


def _parted(some: Footage) -> Both:
    count = np.bincount(some.video)
    place = np.arange(len(some)) - np.repeat(np.cumsum(count) - count, count)
    early = place < count[some.video] // 2
    return Both(some.rows(np.flatnonzero(early)), some.rows(np.flatnonzero(~early)))


def one_clip(footage: Footage) -> Draw:
    """The two halves of one clip, another one each time."""
    order = np.random.default_rng(0).permutation(clips(footage))
    trial = iter(np.tile(order, 10).tolist())
    return lambda rng: _parted(footage.videos([next(trial)]))


def camera(footage: Footage, memory: float, moved: float) -> Draw:
    """The two halves of a stream of a fixed camera.

    Args:
        footage: Where it looks.
        memory: Correlation time in frames, 1 or more.
        moved: By how many standard deviations the second half lies elsewhere.
    """
    count = np.bincount(footage.video)
    centre = np.zeros((len(count), footage.vectors.shape[1]))
    np.add.at(centre, footage.video, footage.vectors)
    centre /= count[:, None]
    rest = footage.vectors - centre[footage.video]
    values, axes = np.linalg.eigh(rest.T @ rest / len(rest))
    scale, axes = np.sqrt(values[::-1][:AXES]), axes[:, ::-1][:, :AXES]
    keep = (memory - 1) / (memory + 1)

    def draw(rng: np.random.Generator) -> Both:
        noise = rng.standard_normal((FRAMES, AXES))
        noise[1:] *= np.sqrt(1 - keep**2)
        walk = lfilter([1.0], [1.0, -keep], noise, axis=0)
        walk[FRAMES // 2 :, 0] += moved
        vectors = centre[rng.choice(clips(footage))] + (walk * scale) @ axes.T
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        zeros, line = np.zeros(FRAMES, np.int64), np.arange(FRAMES)
        stream = Footage(("a",), ("a",), zeros, line, line / 10, vectors.astype(np.float32))
        return _parted(stream)

    return draw


def thermal(footage: Footage, new: int) -> Draw:
    """60 thermal clips against some visible ones."""

    def draw(rng: np.random.Generator) -> Both:
        known = rng.permutation(clips(footage, "IR_"))[:SIDE]
        other = rng.permutation(clips(footage, "V_"))[:new]
        return Both(footage.videos(sorted(known)), footage.videos(sorted(other)))

    return draw


def brighter(footage: Footage, vectors: NDArray[np.float32], new: int) -> Draw:
    """60 clips against others with altered pictures."""
    altered = replace(footage, vectors=vectors, guesses=None)
    plain = replace(footage, guesses=None)

    def draw(rng: np.random.Generator) -> Both:
        drawn = rng.permutation(clips(footage))[: SIDE + new]
        return Both(plain.videos(sorted(drawn[:SIDE])), altered.videos(sorted(drawn[SIDE:])))

    return draw


def unchanged(footage: Footage, dense: Path | None) -> Iterator[tuple[str, Draw]]:
    """Rows that should not alarm."""
    yield "halves: 60 against 60 clips", halves(footage)
    yield "first and second halves of 60 clips", in_time(footage)
    if dense is not None:
        other = Workspace.open(dense)
        yield "halves of one clip", one_clip(read(other, last_recipe(other)))
    for memory in (1, 10, 50):
        yield f"fixed camera, correlation time {memory} frames", camera(footage, memory, 0.0)


def changed(opened: Workspace, footage: Footage, cache: Path) -> Iterator[tuple[str, Draw]]:
    """Rows that should."""
    for moved in (0.5, 1.0, 2.0):
        yield f"fixed camera, 10 frames, moved by {moved:g}", camera(footage, 10, moved)
    for new in NEW:
        yield f"{new} visible clips, known are 60 thermal", thermal(footage, new)
    for shift in SHIFTS:
        vectors = brightened(opened, footage, shift, cache)
        for new in (10, SIDE):
            name = f"{new} clips brightened by {shift}, known are 60"
            yield name, brighter(footage, vectors, new)


def brightened(
    workspace: Workspace, footage: Footage, shift: int, folder: Path
) -> NDArray[np.float32]:
    """(n, d) vectors of all frames, their stored pictures brightened; kept in a file."""
    path = folder / f"drift-brightness-{shift}.npz"
    if not path.exists():
        recipe, catalog = last_recipe(workspace), Catalog(workspace)
        backbone = load_backbone(recipe)
        number = {catalog.videos[v]["digest"]: v for v in catalog.live}
        row_of = {
            (number[footage.digests[v]], p): row
            for row, (v, p) in enumerate(
                zip(footage.video.tolist(), footage.pts.tolist(), strict=True)
            )
        }
        found = np.empty_like(footage.vectors)
        for keys, images in pictures(workspace, shift):
            found[[row_of[key] for key in keys]] = backbone(images)
        folder.mkdir(exist_ok=True)
        np.savez_compressed(path, vectors=found)
    with np.load(path) as held:
        vectors: NDArray[np.float32] = held["vectors"]
    return vectors


def pictures(
    workspace: Workspace, shift: int
) -> Iterator[tuple[list[tuple[int, int]], list[NDArray[np.uint8]]]]:
    """Batches of stored frames: their keys, and their pictures brightened."""
    steps = planning.plan(workspace, last_recipe(workspace))
    key = next(step.key for step in steps if step.name == "frames")
    for shard in Catalog(workspace).shards:
        table = pq.ParquetFile(workspace.shard("frames", key, shard.number))
        for batch in table.iter_batches(64, columns=["video_no", "pts", "companion", "jpeg"]):
            rows = [row for row in batch.to_pylist() if not row["companion"]]
            images = [jpeg.decode(row["jpeg"]).astype(np.int16) + shift for row in rows]
            plain = [np.clip(image, 0, 255).astype(np.uint8) for image in images]
            yield [(row["video_no"], row["pts"]) for row in rows], plain


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--dense", type=Path, help="A workspace at ten frames a second.")
    parser.add_argument("--trials", type=int, default=200, help="Where nothing has changed.")
    parser.add_argument("--power-trials", type=int, default=50, help="Where something has.")
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"))
    asked = parser.parse_args()
    opened = Workspace.open(asked.workspace)
    footage = read(opened, last_recipe(opened))
    print("| new against known | videos | frames | too little to tell |\n|---|--:|--:|--:|")
    rows = [(*row, asked.trials) for row in unchanged(footage, asked.dense)]
    changes = changed(opened, footage, asked.cache)
    for name, draw, trials in chain(rows, ((*row, asked.power_trials) for row in changes)):
        ours, theirs, little = alarms(draw, trials)
        print(f"| {name} | {ours:.1%} | {theirs:.1%} | {little:.1%} |", flush=True)


if __name__ == "__main__":
    main()
