"""How good detectors are on clips that they were not trained on, and against the first of them.

Average precision as COCO counts it, with 95 % intervals from drawing clips; the differences come
from the same draws.

    python benchmarks/detector_map.py bench-cache/drone-yolov8n.pt OTHER.pt … [--spectrum visible]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from drone_clips import clips_of, drone_video
from drone_labels import CLASSES, read_labels
from numpy.typing import NDArray

from framesel.detectors import Detector, DetectSettings, load
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.compare import difference
from framesel.evaluation.metrics import evaluate
from framesel.runtime import Runtime
from framesel.video.decoders import decoder
from framesel.video.info import WHOLE
from framesel.video.probing import probe
from framesel.video.sampling import EveryN

LEAST_CONF = 0.001
MOST_BOXES = 100

Image = NDArray[np.uint8]


def footage(clips: list[str], per_clip: int) -> tuple[list[Image], Truth, NDArray[np.int64]]:
    """Frames of some clips, about so many of each, what is in them, and whose they are."""
    images: list[Image] = []
    boxes, numbers, owners = [], [], []
    for number, clip in enumerate(clips):
        labels = read_labels(clip)
        path = drone_video(clip)
        every = EveryN(n=max(1, labels.frames // per_clip))
        for frame in decoder().sample(path, probe(path), WHOLE, every):
            xyxy, class_no = labels.of(frame.index)
            images.append(frame.image)
            boxes.append(xyxy)
            numbers.append(class_no)
            owners.append(number)
    return (
        images,
        Truth(offsets_of(boxes), stacked(boxes), np.concatenate(numbers)),
        np.array(owners),
    )


def offsets_of(boxes: list[NDArray[np.float32]]) -> NDArray[np.int64]:
    """(n + 1,) where each picture's boxes begin."""
    return np.cumsum([0, *(len(some) for some in boxes)]).astype(np.int64)


def stacked(boxes: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    """(m, 4) of all pictures."""
    return np.concatenate(boxes).reshape(-1, 4).astype(np.float32)


def seen(name: str, images: list[Image], size_px: int, threads: int) -> Found:
    """What a detector finds; classes that are none of the four count as none."""
    settings = DetectSettings(
        size_px=size_px, conf=LEAST_CONF, max_candidates=MOST_BOXES, features=False
    )
    detector = load(name, settings, runtime=Runtime.TORCH_FP32, threads=threads)
    number = np.array([CLASSES.index(c) if c in CLASSES else -1 for c in detector.info.classes])
    boxes, numbers, sure = [], [], []
    for image in images:
        (one,) = detector([image])
        # Of a softmax the background is part of the whole; of sigmoids each stands for itself.
        spread = np.exp(one.logits.astype(np.float64))
        whole = 1 + (spread.sum(axis=1, keepdims=True) if is_softmax(detector) else spread)
        conf = spread / whole
        boxes.append(one.xyxy)
        numbers.append(number[conf.argmax(axis=1)])
        sure.append(conf.max(axis=1))
    return Found(
        offsets_of(boxes),
        stacked(boxes),
        np.concatenate(numbers).astype(np.int64),
        np.concatenate(sure).astype(np.float32),
    )


def is_softmax(detector: Detector) -> bool:
    """Whether a detector's classes exclude one another."""
    return detector.info.activation == "softmax"


def main() -> None:
    """Look, judge, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("detectors", nargs="+", help="as framesel.detectors.load takes them")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--spectrum", choices=("visible", "thermal"), help="default: both")
    parser.add_argument("--per-clip", type=int, default=4, help="frames of each clip, about")
    parser.add_argument("--size", type=int, default=320, help="pixels")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    wanted = options.spectrum
    clips = [row["clip"] for row in clips_of(options.split) if wanted in (None, row["spectrum"])]
    images, truth, owners = footage(clips, options.per_clip)
    print(f"{len(images)} frames of {len(clips)} clips, {len(truth.xyxy)} objects", flush=True)
    first: Found | None = None
    for name in options.detectors:
        found = seen(name, images, options.size, options.threads)
        metrics = evaluate(truth, found, CLASSES, owners)
        told = f"mAP50 {metrics.map50}, mAP50-95 {metrics.map50_95}"
        against = "" if first is None else f"; {difference(truth, first, found, CLASSES, owners)}"
        print(f"{Path(name).stem}: {told}{against}", flush=True)
        first = first or found


if __name__ == "__main__":
    main()
