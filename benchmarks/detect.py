"""Pictures per second from stored JPEGs to boxes: ours against ultralytics' ``predict``.

The same files, weights, size and thresholds; rounds of the two take turns. Ours is what the stage
does: a process for each core, one thread each, the runtime that the rule chooses. ``predict`` gets
the folder in one call and all cores. Then the boxes are compared. The bar of 4 at 640 px holds on
processors with bf16 tiles only.

    python benchmarks/detect.py [--data ../shared/data] [--size 640] [--seconds 60]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.pool import Pool
from pathlib import Path
from typing import Any

import numpy as np

from framesel import threads
from framesel.detectors import Detections, Detector, DetectSettings, load
from framesel.runtime import Runtime, choose_runtime, cpu_has_bf16
from framesel.uncertainty.matching import iou

BAR = 4.0
LEAST_IOU = {True: 0.99, False: 0.95}  # by whether the runtime computes in fp32
MOST_CONF_OFF = {True: 1e-3, False: 0.05}
VIDEOS = ("clips/intel_sample_videos/*.mp4", "drone/videos/V_DRONE_00*.mp4")
CHUNK = 4

_held: list[Detector] = []


def stored(data: Path, folder: Path, count: int) -> list[Path]:
    """Frames of the real videos as JPEGs of at most 640 px, evenly over the videos."""
    import cv2

    from framesel.video import jpeg

    videos = [path for pattern in VIDEOS for path in sorted(data.glob(pattern))]
    paths = []
    for number in range(count):
        reader = cv2.VideoCapture(str(videos[number % len(videos)]))
        reader.set(cv2.CAP_PROP_POS_FRAMES, 60 + 20 * (number // len(videos)))
        read, frame = reader.read()
        if read:
            path = folder / f"{number:04}.jpg"
            path.write_bytes(jpeg.encode(np.ascontiguousarray(frame[..., ::-1]), 90, 640))
            paths.append(path)
    return paths


def prepare(weights: str, settings: DetectSettings, runtime: Runtime, device: str) -> None:
    """Load the detector in a worker."""
    import cv2

    cv2.setNumThreads(1)
    _held[:] = [load(weights, settings, runtime=runtime, device=device, threads=1)]


def detect(paths: Sequence[Path]) -> list[Detections]:
    """What a worker does with some files."""
    from framesel.video import jpeg

    return _held[0]([jpeg.decode(path.read_bytes()) for path in paths])


def ours(pool: Pool, paths: list[Path]) -> list[Detections]:
    """Boxes of all files, in order."""
    chunks = [paths[start : start + CHUNK] for start in range(0, len(paths), CHUNK)]
    return [one for part in pool.imap(detect, chunks) for one in part]


def theirs(model: Any, folder: Path, settings: DetectSettings) -> list[np.ndarray]:
    """(m, 6) corners, confidence and class of all files, in order.

    A list of files would be one batch, padded to a square where shapes differ: other boxes.
    """
    results = model.predict(
        str(folder),
        conf=settings.conf,
        iou=settings.iou,
        max_det=settings.max_candidates,
        imgsz=settings.size_px,
        verbose=False,
        stream=True,
    )
    return [result.boxes.data.cpu().numpy() for result in results]


def matched(found: list[Detections], expected: list[np.ndarray], exact: bool) -> tuple[int, int]:
    """How many of their boxes are among ours with class and confidence, and how many there are."""
    same = 0
    for one, boxes in zip(found, expected, strict=True):
        sure = 1.0 / (1.0 + np.exp(-one.logits))
        for box in boxes if len(one) else ():
            near = iou(one.xyxy, box[None, :4])[:, 0] >= LEAST_IOU[exact]
            near &= sure.argmax(axis=1) == int(box[5])
            near &= np.abs(sure.max(axis=1) - box[4]) <= MOST_CONF_OFF[exact]
            same += bool(near.any())
    return same, sum(map(len, expected))


def measure(arguments: argparse.Namespace, paths: list[Path]) -> None:
    """Print pictures per second of both, the ratio and the boxes in common."""
    from ultralytics import YOLO

    settings = DetectSettings(size_px=arguments.size)
    weights = arguments.weights or str(arguments.data / "weights" / "yolov8n-approx.pt")
    runtime = choose_runtime()
    cores = 1 if runtime is Runtime.CUDA_FP16 else threads.cores()
    asked = (weights, settings, runtime, "auto")
    model = YOLO(weights)
    with get_context("spawn").Pool(cores, prepare, asked) as pool:
        # The first round builds engines and is not counted.
        found, expected = (
            ours(pool, paths * 2)[: len(paths)],
            theirs(model, paths[0].parent, settings),
        )
        slow_s: list[float] = []
        fast_s: list[float] = []
        end_s = time.perf_counter() + arguments.seconds
        while len(slow_s) < 3 or time.perf_counter() < end_s:
            start_s = time.perf_counter()
            theirs(model, paths[0].parent, settings)
            middle_s = time.perf_counter()
            ours(pool, paths)
            slow_s.append(middle_s - start_s)
            fast_s.append(time.perf_counter() - middle_s)
    ratio = statistics.median(a / b for a, b in zip(slow_s, fast_s, strict=True))
    exact = runtime in (Runtime.TORCH_FP32, Runtime.OPENVINO_FP32)
    same, all_boxes = matched(found, expected, exact)
    print(
        f"{arguments.size} px, {len(paths)} files, {len(slow_s)} rounds: "
        f"predict {len(paths) / statistics.median(slow_s):.1f} images/s, "
        f"{runtime} with {cores} workers {len(paths) / statistics.median(fast_s):.1f} images/s, "
        f"ratio {ratio:.2f}; {same} of {all_boxes} boxes in common"
    )
    if arguments.size == 640 and cpu_has_bf16():
        print(f"bar of {BAR}: {'held' if ratio >= BAR else 'MISSED'}")
    else:
        print(f"the bar of {BAR} applies at 640 px on processors with bf16 units: not here")


def main() -> None:
    """Compare on one size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--weights", default="", help="a .pt; default: the one in the data")
    parser.add_argument("--size", type=int, default=640)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pictures", type=int, default=32)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(arguments, stored(arguments.data, Path(folder), arguments.pictures))


if __name__ == "__main__":
    main()
