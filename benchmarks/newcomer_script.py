"""What a careful newcomer writes to choose frames: OpenCV, torch, ultralytics, sklearn, numpy.

    python newcomer_script.py VIDEOS OUT --backbone VIT_S.pth --detector YOLO.pt [--picks 200]

One frame of each second is kept, embedded by a ViT-S in fp32 and looked at by the detector, in
batches, without gradients, with the threads that each library takes by itself. Every kept frame is
written to disk at once: decoding again, or seeking, would cost more than 200 copies. Frames that
show the same as an earlier kept one are left out, and k-center picks from the rest. No framesel is
in it: it is the other side of newcomer.py, which reads what it leaves in OUT.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import timm
import torch
from sklearn.neighbors import NearestNeighbors
from ultralytics import YOLO

Image = npt.NDArray[np.uint8]
Vectors = npt.NDArray[np.float32]
Kept = tuple[int, Image]

SIDE_PX = 224
seconds: defaultdict[str, float] = defaultdict(float)


@contextmanager
def timed(stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    seconds[stage] += time.perf_counter() - began


def kept_frames(path: Path) -> Iterator[Kept]:
    """One frame of each second, with its number."""
    capture = cv2.VideoCapture(str(path))
    every = round(capture.get(cv2.CAP_PROP_FPS))
    number = 0
    while True:
        good, bgr = capture.read()
        if not good:
            break
        if number % every == 0:
            yield number, np.asarray(bgr, np.uint8)
        number += 1
    capture.release()


def batches(frames: Iterator[Kept], size: int) -> Iterator[list[Kept]]:
    batch: list[Kept] = []
    while True:
        with timed("decode"):
            frame = next(frames, None)
        if frame is not None:
            batch.append(frame)
        if batch and (frame is None or len(batch) == size):
            yield batch
            batch = []
        if frame is None:
            return


class Embedder:
    """ViT-S/16 in fp32, rows of unit length."""

    def __init__(self, weights: Path) -> None:
        self.model = timm.create_model("vit_small_patch16_224", pretrained=False, num_classes=0)
        self.model.load_state_dict(torch.load(weights, weights_only=True))
        self.model.eval()
        config = self.model.pretrained_cfg
        self.mean = torch.tensor(config["mean"]).view(1, 3, 1, 1)
        self.std = torch.tensor(config["std"]).view(1, 3, 1, 1)

    def __call__(self, images: list[Image]) -> Vectors:
        """Vectors (n, 384) of BGR pictures."""
        small = [cv2.resize(i, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA) for i in images]
        rgb = np.stack(small)[..., ::-1].copy()
        with torch.inference_mode():
            pixels = torch.from_numpy(rgb).permute(0, 3, 1, 2).float() / 255
            vectors = self.model((pixels - self.mean) / self.std)
            rows: Vectors = torch.nn.functional.normalize(vectors, dim=1).numpy()
        return rows


def detect(model: YOLO, images: list[Image], conf: float) -> list[list[list[float]]]:
    """Boxes of each picture: x0, y0, x1, y1 in pixels, confidence, class."""
    found = model.predict(images, imgsz=640, conf=conf, verbose=False)
    return [result.boxes.data.tolist() for result in found]


def without_duplicates(vectors: Vectors, tau_cos: float) -> list[int]:
    """Rows that are not within `tau_cos` of an earlier row that was kept."""
    near = NearestNeighbors(radius=1 - tau_cos, metric="cosine").fit(vectors)
    neighbours = near.radius_neighbors(vectors, return_distance=False)
    kept: list[int] = []
    dropped: set[int] = set()
    for row in range(len(vectors)):
        if row not in dropped:
            kept.append(row)
            dropped.update(neighbours[row].tolist())
    return kept


def k_center(vectors: Vectors, budget: int) -> list[int]:
    """Farthest-first from the first row on."""
    picks = [0]
    distance = 1 - vectors @ vectors[0]
    while len(picks) < min(budget, len(vectors)):
        picks.append(int(distance.argmax()))
        distance = np.minimum(distance, 1 - vectors @ vectors[picks[-1]])
    return picks


def main() -> None:
    options = parse()
    frames_folder, picks_folder = options.out / "frames", options.out / "picks"
    for folder in (frames_folder, picks_folder):
        folder.mkdir(parents=True)
    embedder, detector = Embedder(options.backbone), YOLO(options.detector)
    names: list[str] = []
    vectors: list[Vectors] = []
    boxes: list[Any] = []
    for video in sorted(options.videos.glob("*.mp4")):
        for batch in batches(kept_frames(video), options.batch):
            images = [image for _, image in batch]
            with timed("embed"):
                vectors.append(embedder(images))
            with timed("detect"):
                boxes += detect(detector, images, options.conf)
            with timed("export"):
                for number, image in batch:
                    names.append(f"{video.stem}-{number:06d}.jpg")
                    cv2.imwrite(str(frames_folder / names[-1]), image)
    with timed("duplicates"):
        embeddings = np.concatenate(vectors)
        kept = without_duplicates(embeddings, options.tau_cos)
    with timed("pick"):
        picks = [kept[p] for p in k_center(embeddings[kept], options.picks)]
    with timed("export"):
        for pick in picks:
            shutil.copy(frames_folder / names[pick], picks_folder)
        np.save(options.out / "embeddings.npy", embeddings)
        told = {"names": names, "boxes": boxes, "kept": kept, "picks": picks}
        (options.out / "result.json").write_text(json.dumps(told))
    (options.out / "seconds.json").write_text(json.dumps(seconds))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--picks", type=int, default=200)
    parser.add_argument("--tau-cos", type=float, default=0.95)
    parser.add_argument("--conf", type=float, default=0.05)
    return parser.parse_args()


if __name__ == "__main__":
    main()
