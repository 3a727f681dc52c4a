"""Which scores find injected label faults: ours, cleanlab's ObjectLab, FiftyOne's mistakenness.

The labels of the dev clips get mistakes: 5 % of the boxes are dropped, 5 % shifted, 5 % get another
class, by a seed. A detector that ``finetune.py`` made on train clips has seen the frames. Each
picture has a score for each type of fault; printed are the area under the precision-recall curve
and the precision among the first 100 pictures (ties in random order), mean over the seeds and
their range.

- cleanlab: ObjectLab as cleanlab 2.9 computes it, with its thresholds.
- hindsight: the same with those thresholds, of several, that turn out best for each type.
- FiftyOne: mistakenness, and pictures with a missing label.
- ours, no videos: what ``label_quality`` says of pictures that it cannot group.
- ours: with the videos, as ``framesel labels check`` calls it.
- time: what neighbouring frames say, without a detector (vanished, jumped, renamed).

Then the time that cleanlab and ours take for 10,000 frames, in turn, in one process.

    python benchmarks/label_check.py [--weights WEIGHTS.pt] [--seeds 5] [--rate 0.05]
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from dev_boxes import DevBoxes, dev_boxes
from drone_labels import CLASSES
from label_scores import cleanlab_scores, for_cleanlab, mistaken_scores, our_scores, time_scores
from numpy.typing import NDArray

from framesel.quiet import silence
from framesel.simulation.label_noise import noisy_labels
from framesel.simulation.truth import ObjectTruth
from framesel.uncertainty.annotated import Annotated
from framesel.uncertainty.distribution import with_background
from framesel.uncertainty.objectlab import objectlab

KINDS = ("drop", "shift", "swap")
THRESHOLDS = ((0.5, 0.95), (0.5, 0.8), (0.3, 0.6), (0.2, 0.4), (0.1, 0.25))
TOP = 100
FPS = 30.0
SPEED_FRAMES = 10_000
BAR = 20.0

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]


def noisy(dev: DevBoxes, seed: int, rate: float) -> tuple[Annotated, Bools]:
    """The frames with faulty labels, and (n, 3) which fault each picture has."""
    rng = np.random.default_rng(seed)
    hit = np.zeros((len(dev.clip), 3), np.bool_)
    counts, xyxy, class_no = [0], [], []
    for frame, size in enumerate(dev.size_wh.tolist()):
        rows = range(dev.truth_offsets[frame], dev.truth_offsets[frame + 1])
        objects = [_object(dev, row) for row in rows]
        made = noisy_labels(objects, rate, rate, rate, rng, size_wh=tuple(size), classes=CLASSES)
        for change in made.changes:
            hit[frame, KINDS.index(change.kind)] = True
        counts.append(len(made.objects))
        xyxy += [one.xyxy for one in made.objects]
        class_no += [CLASSES.index(one.label) for one in made.objects]
    boxes = Annotated(
        np.cumsum(counts).astype(np.int64),
        np.array(xyxy, np.float64).reshape(-1, 4),
        np.array(class_no, np.int64),
        dev.offsets,
        dev.xyxy.astype(np.float64),
        with_background(dev.logits.astype(np.float64)),
        dev.size_wh,
    )
    return boxes, hit


def _object(dev: DevBoxes, row: int) -> ObjectTruth:
    x1, y1, x2, y2 = (float(edge) for edge in dev.truth_xyxy[row])
    return ObjectTruth(CLASSES[dev.truth_class[row]], 0, (x1, y1, x2, y2), (0, 0, 0), 1.0)


def area(scores: F64, hit: Bools) -> float:
    """Area under the precision-recall curve (average precision)."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(hit, scores))


def precision_at(scores: F64, hit: Bools, top: int = TOP) -> float:
    """Share of hits among the first, expected over all orders of equal scores."""
    last = np.sort(scores)[::-1][top - 1]
    sure, tied = scores > last, scores == last
    return float((hit[sure].sum() + hit[tied].mean() * (top - sure.sum())) / top)


def compare(dev: DevBoxes, seeds: Sequence[int], rate: float) -> dict[str, F64]:
    """(seeds, 3, 2) area and precision of each way, by type."""
    confidence = 1.0 / (1.0 + np.exp(-dev.logits.max(axis=1).astype(np.float64)))
    measured: dict[str, list[F64]] = {}
    for seed in seeds:
        boxes, hit = noisy(dev, seed, rate)
        theirs = cleanlab_scores(*for_cleanlab(boxes, confidence))
        ported = 1.0 - objectlab(boxes, confidence).pictures
        if not np.allclose(theirs, ported, rtol=1e-6, atol=1e-9):
            raise SystemExit("our ObjectLab is not cleanlab's: the comparison means nothing")
        tuned = [
            1.0 - objectlab(boxes, confidence, low=low, high=high).pictures
            for low, high in THRESHOLDS
        ]
        ways = {
            "cleanlab": [theirs],
            "hindsight": tuned,
            "FiftyOne": [mistaken_scores(boxes, confidence)],
            "ours, no videos": [our_scores(boxes, None)],
            "ours": [our_scores(boxes, dev.clip)],
            "time": [time_scores(boxes, dev.clip, dev.index / FPS)],
        }
        for name, several in ways.items():
            all_of = [
                [[f(one[:, k], hit[:, k]) for f in (area, precision_at)] for k in range(3)]
                for one in several
            ]
            measured.setdefault(name, []).append(np.max(all_of, axis=0))
        print(f"seed {seed}: {hit.sum(axis=0).tolist()} pictures with a fault", flush=True)
    return {name: np.array(rows) for name, rows in measured.items()}


def print_table(measured: dict[str, F64]) -> None:
    """A line for each way."""
    print(f"{'':<16}" + "".join(f"{f'{kind}: AUPRC':>23}{f'P@{TOP}':>23}" for kind in KINDS))
    for name, rows in measured.items():
        cells = (rows[:, kind, what] for kind in range(3) for what in range(2))
        told = (f"{c.mean():.3f} [{c.min():.3f}, {c.max():.3f}]" for c in cells)
        print(f"{name:<16}" + "".join(f"{each:>23}" for each in told))
    for ours in ("ours, no videos", "ours"):
        for other in ("cleanlab", "hindsight", "FiftyOne"):
            kept = (measured[ours] >= measured[other]).mean()
            worst = (measured[ours] - measured[other]).min()
            print(f"{ours} at least equals {other} in {kept:.0%} of cases, least lead {worst:+.3f}")


def speed(dev: DevBoxes, rate: float, rounds: int) -> None:
    """Seconds for 10,000 frames of both, and their ratio."""
    boxes, _ = noisy(dev, 0, rate)
    confidence = 1.0 / (1.0 + np.exp(-dev.logits.max(axis=1).astype(np.float64)))
    times = -(-SPEED_FRAMES // boxes.pictures)
    many = repeated(boxes, times, SPEED_FRAMES)
    labels, predictions = for_cleanlab(many, np.tile(confidence, times)[: len(many.seen_xyxy)])
    video = np.repeat(np.arange(times), boxes.pictures)[:SPEED_FRAMES] * 1000
    video += np.tile(dev.clip, times)[:SPEED_FRAMES]
    ways: dict[str, Callable[[], F64]] = {
        "cleanlab": lambda: cleanlab_scores(labels, predictions),
        "ours": lambda: our_scores(fresh(many), video),
        "our ObjectLab": lambda: objectlab(fresh(many)).pictures,
    }
    ways["ours"]()  # compiles
    ways["our ObjectLab"]()
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, run in ways.items():
            start_s = time.perf_counter()
            run()
            spent[name].append(time.perf_counter() - start_s)
    middle = {name: statistics.median(each) for name, each in spent.items()}
    print(
        f"{many.pictures:,} frames, {len(many.xyxy):,} labels, {len(many.seen_xyxy):,} detections, "
        f"{rounds} rounds, load {os.getloadavg()[0]:.1f}"
    )
    for name, seconds in middle.items():
        print(f"  {name:<16}{seconds:8.3f} s, {middle['cleanlab'] / seconds:7.1f} x cleanlab")
    held = middle["cleanlab"] / middle["ours"] >= BAR
    print(f"bar of {BAR:g}: {'held' if held else 'MISSED'}")


def repeated(boxes: Annotated, times: int, pictures: int) -> Annotated:
    """The same pictures several times over, and of those the first."""

    def longer(offsets: NDArray[np.int64]) -> NDArray[np.int64]:
        counts = np.tile(np.diff(offsets), times)[:pictures]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    labels, seen = longer(boxes.offsets), longer(boxes.seen_offsets)
    return Annotated(
        labels,
        np.tile(boxes.xyxy, (times, 1))[: labels[-1]],
        np.tile(boxes.class_no, times)[: labels[-1]],
        seen,
        np.tile(boxes.seen_xyxy, (times, 1))[: seen[-1]],
        np.tile(boxes.share, (times, 1))[: seen[-1]],
        np.tile(boxes.size_wh, (times, 1))[:pictures],
    )


def fresh(boxes: Annotated) -> Annotated:
    """The same without what was computed of it before."""
    return Annotated(
        boxes.offsets, boxes.xyxy, boxes.class_no, boxes.seen_offsets, boxes.seen_xyxy,
        boxes.share, boxes.size_wh,
    )  # fmt: skip


def main() -> None:
    """Compare and time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of footage; default as FRAMESEL_DATA")
    parser.add_argument("--weights", type=Path, default=Path("bench-cache/drone-yolov8n.pt"))
    parser.add_argument("--cache", type=Path, default=Path("bench-cache"))
    parser.add_argument("--size", type=int, default=320, help="pixels that the network sees")
    parser.add_argument("--every", type=int, default=3, help="step between frames")
    parser.add_argument("--rate", type=float, default=0.05, help="share of boxes, of each fault")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3, help="of timing")
    options = parser.parse_args()
    if options.data:
        os.environ["FRAMESEL_DATA"] = str(options.data.resolve())
    silence()
    dev = dev_boxes(options.weights, options.cache, size_px=options.size, every=options.every)
    print(
        f"{options.weights}: {len(dev.clip):,} frames of {dev.clip.max() + 1} clips, "
        f"{len(dev.truth_xyxy):,} objects, {len(dev.xyxy):,} detections"
    )
    print_table(compare(dev, range(100, 100 + options.seeds), options.rate))
    speed(dev, options.rate, options.rounds)


if __name__ == "__main__":
    main()
