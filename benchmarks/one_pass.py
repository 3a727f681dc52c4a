"""Every one-pass score of 100,000 frames x 30 boxes x 80 classes, and what it takes.

    python benchmarks/one_pass.py
    python benchmarks/one_pass.py --frames 20000 --runs 5

Boxes are generated and stored as the detections table stores them. Measured are the scores of all
boxes and their aggregation to frames: seconds, and by how much the process grew at its peak beyond
the boxes. Plain numpy on the full class vectors does the same on `--plain` of the frames, in turn;
its scores must agree.
"""

from __future__ import annotations

import argparse
import threading
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray
from scipy.special import entr, expit, xlog1py
from vector_sets import interleaved, print_table

from framesel.uncertainty import Boxes, aggregate, box_scores
from framesel.uncertainty.compact import compact

Scores = dict[str, NDArray[np.float32]]
KEPT = 8
"""Classes that are stored of each box."""


class Growth:
    """Peak of this process's memory while it is open, beyond what it held before."""

    def __enter__(self) -> Growth:
        self.before = self.peak = psutil.Process().memory_info().rss
        self.done = threading.Event()
        self.watcher = threading.Thread(target=self.watch)
        self.watcher.start()
        return self

    def watch(self) -> None:
        """Looks every two milliseconds."""
        while not self.done.wait(0.002):
            self.peak = max(self.peak, psutil.Process().memory_info().rss)

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.watcher.join()

    @property
    def mb(self) -> float:
        """Megabytes."""
        grown: float = (self.peak - self.before) / 1e6
        return grown


def logits_of(frames: int, per_frame: int, classes: int, seed: int) -> NDArray[np.float32]:
    """(m, C) logits as a trained detector gives them: low, but for one or two classes."""
    rng = np.random.default_rng(seed)
    m = frames * per_frame
    logits = rng.normal(-7.0, 1.5, (m, classes)).astype(np.float32)
    rows = np.arange(m)
    for low, high in ((-3.0, 3.0), (-6.0, 1.0)):
        logits[rows, rng.integers(0, classes, m)] = rng.uniform(low, high, m)
    return logits


def generate(frames: int, per_frame: int, classes: int) -> Boxes:
    """Boxes of many frames, stored compactly, made some frames at a time."""
    parts = [
        compact(logits_of(min(1000, frames - low), per_frame, classes, low), KEPT, "sigmoid")
        for low in range(0, frames, 1000)
    ]
    top_class, top_logit, rest = (np.concatenate(column) for column in zip(*parts, strict=True))
    m = frames * per_frame
    return Boxes(
        offsets=np.arange(frames + 1, dtype=np.int64) * per_frame,
        size_wh=np.full((frames, 2), 640, np.float32),
        peak=np.full(frames, np.nan, np.float32),
        faint=np.full(frames, np.nan, np.float32),
        xyxy=np.zeros((m, 4), np.float32),
        top_class=top_class,
        top_logit=top_logit.astype(np.float32),
        rest=rest,
        level=np.zeros(m, np.int8),
        head=np.zeros(m, np.uint8),
        classes=tuple(str(c) for c in range(classes)),
    )


def per_frame_scores(scores: Scores, offsets: NDArray[np.int64]) -> Scores:
    """Every score aggregated to frames."""
    return {name: aggregate(values, offsets, "top_mean") for name, values in scores.items()}


def ours(boxes: Boxes) -> Scores:
    """All one-pass scores of the stored boxes, per frame."""
    return per_frame_scores(box_scores(boxes), boxes.offsets)


def plain(logits: NDArray[np.float32], offsets: NDArray[np.int64]) -> Scores:
    """The same in plain numpy, on all class logits of all boxes."""
    zero = np.zeros((len(logits), 1), np.float32)
    odds = np.exp(np.concatenate([logits, zero], axis=1))
    q = odds / odds.sum(axis=1, keepdims=True)
    p = expit(logits)
    two = np.partition(q, -2, axis=1)[:, -2:]
    scores = {
        "confidence": p.max(axis=1),
        "least_confidence": 1 - two[:, 1],
        "margin": 1 - (two[:, 1] - two[:, 0]),
        "entropy": entr(q).sum(axis=1),
        "binary_entropy": (entr(p) - xlog1py(1 - p, -p)).sum(axis=1),
    }
    return per_frame_scores(scores, offsets)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--boxes", type=int, default=30, help="boxes in a frame")
    parser.add_argument("--classes", type=int, default=80)
    parser.add_argument("--plain", type=int, default=1000, help="frames for plain numpy")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    boxes = generate(options.frames, options.boxes, options.classes)
    some = min(options.plain, 1000, options.frames)
    logits = logits_of(min(1000, options.frames), options.boxes, options.classes, 0)
    logits = logits[: some * options.boxes]
    offsets = boxes.offsets[: some + 1]
    ours(boxes.pick(np.arange(1)))  # compiles
    size = sum(column.nbytes for column in (boxes.top_class, boxes.top_logit, boxes.rest)) / 1e6
    print(
        f"{options.frames} frames x {options.boxes} boxes x {options.classes} classes, the "
        f"{KEPT} best classes stored: {size:.0f} MB of class columns"
    )
    with Growth() as growth:
        ours(boxes)
    print(f"peak growth while all are scored: {growth.mb:.0f} MB")
    ways: dict[str, Any] = {
        "framesel, stored boxes": lambda: ours(boxes),
        "plain numpy, full vectors": lambda: plain(logits, offsets),
    }
    seconds, results = interleaved(ways, options.runs)
    print_table(seconds, {"plain numpy, full vectors": options.frames / some})
    stored, full = results.values()
    for name, values in full.items():
        print(f"{name:18s} largest difference {np.abs(stored[name][:some] - values).max():.2e}")


if __name__ == "__main__":
    main()
