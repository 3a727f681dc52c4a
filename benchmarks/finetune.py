"""Fine-tunes a COCO detector to the four classes of the drone clips, on a few frames of few clips.

The clips come from split ``train``, the same number of each class and spectrum as far as they
reach, from as many scenes as there are. Meant to end with a mediocre detector: one that misses and
confuses, so that there is something to find.

    python benchmarks/finetune.py --out bench-cache/drone-yolov8n.pt [--seed 1] [--freeze-batchnorm]
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
import time
from collections import defaultdict
from itertools import chain, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from drone_clips import clips_of, data_folder, drone_video
from drone_labels import CLASSES, ClipLabels, read_labels

from framesel.quiet import silence
from framesel.video import jpeg
from framesel.video.decoders import decoder
from framesel.video.info import WHOLE
from framesel.video.probing import probe
from framesel.video.sampling import EveryN

JPEG_QUALITY = 95
QUIET_SETTINGS = "sync clearml comet dvc hub mlflow neptune raytune tensorboard wandb".split()


def chosen_clips(count: int) -> list[str]:
    """Train clips in turn from each class and spectrum, and there in turn from each scene."""
    strata: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in clips_of("train"):
        strata[row["class"], row["spectrum"]][row["scene"]].append(row["clip"])
    turns = [in_turn(list(scenes.values())) for _, scenes in sorted(strata.items())]
    return in_turn(turns)[:count]


def in_turn(lists: list[list[str]]) -> list[str]:
    """The first of each list, then the second of each, and so on."""
    return [name for name in chain.from_iterable(zip_longest(*lists)) if name is not None]


def write_dataset(folder: Path, clips: list[str], per_clip: int) -> int:
    """Writes pictures and labels as ultralytics reads them.

    Returns:
        How many pictures were written.
    """
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True)
    written = 0
    for clip in clips:
        labels = read_labels(clip)
        path = drone_video(clip)
        every = EveryN(n=max(1, labels.frames // per_clip))
        for frame in decoder().sample(path, probe(path), WHOLE, every):
            stem = f"{clip}-{frame.index:05d}"
            data = jpeg.encode(frame.image, JPEG_QUALITY, None)
            (folder / "images" / f"{stem}.jpg").write_bytes(data)
            height, width = frame.image.shape[:2]
            text = label_lines(labels, frame.index, (width, height))
            (folder / "labels" / f"{stem}.txt").write_text(text)
            written += 1
    about = {"path": str(folder.resolve()), "train": "images", "val": "images"}
    (folder / "data.yaml").write_text(yaml.safe_dump({**about, "names": list(CLASSES)}))
    return written


def label_lines(labels: ClipLabels, frame: int, size_wh: tuple[int, int]) -> str:
    """``class x y w h`` of each box inside the picture; centres and sizes as shares of its size."""
    xyxy, class_no = labels.of(frame)
    corners = xyxy.reshape(-1, 2, 2) / np.array(size_wh)
    corners = np.clip(corners, 0.0, 1.0)
    centre, size = corners.mean(axis=1), corners[:, 1] - corners[:, 0]
    return "".join(
        f"{number} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n"
        for number, (x, y), (w, h) in zip(class_no, centre, size, strict=True)
        if w > 0 and h > 0
    )


def train(
    weights: Path, folder: Path, *, epochs: int, size_px: int, batch: int, seed: int, freeze: bool
) -> Path:
    """Trains with ultralytics' own trainer, everything off that looks beyond the folder.

    Returns:
        The last checkpoint, without the optimiser's state.
    """
    from ultralytics import settings
    from ultralytics.models.yolo.detect import DetectionTrainer
    from ultralytics.utils.torch_utils import strip_optimizer

    settings.update({name: False for name in QUIET_SETTINGS if name in settings})
    overrides: dict[str, Any] = {
        "model": str(weights),
        "data": str(folder / "data.yaml"),
        "project": str(folder),
        "name": "run",
        "epochs": epochs,
        "imgsz": size_px,
        "batch": batch,
        "nbs": batch,  # a step for each batch
        "seed": seed,
        "device": "cpu",
        "workers": 0,
        "cache": "ram",
        "optimizer": "AdamW",
        "lr0": 0.001,
        "warmup_epochs": 1.0,
        "close_mosaic": 0,
        "amp": False,
        "val": False,
        "plots": False,
        "verbose": False,
    }
    trainer = DetectionTrainer(overrides=overrides)
    # The last epoch's weights are what is wanted, so nothing is measured on the way.
    trainer.validate = lambda: ({}, 0.0)
    trainer.final_eval = lambda: None
    trainer.add_callback("on_train_epoch_end", report)
    if freeze:
        trainer.add_callback("on_train_batch_start", freeze_batchnorm)
    trainer.train()
    strip_optimizer(trainer.last)
    return Path(trainer.last)


def freeze_batchnorm(trainer: Any) -> None:
    """Keeps the statistics of the pretrained weights."""
    from torch.nn import BatchNorm2d

    for module in trainer.model.modules():
        if isinstance(module, BatchNorm2d):
            module.eval()


def report(trainer: Any) -> None:
    """Prints the losses of an epoch."""
    losses = " ".join(f"{name} {float(value):.3f}" for name, value in trainer.tloss.items())
    spent_s = time.time() - trainer.train_time_start
    print(f"epoch {trainer.epoch + 1}/{trainer.epochs}: {losses}, {spent_s:.0f} s", flush=True)


def main() -> None:
    """Write the dataset, train, leave one weights file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of footage; default as FRAMESEL_DATA")
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--per-clip", type=int, default=12, help="frames of each clip, about")
    parser.add_argument("--size", type=int, default=320, help="pixels")
    parser.add_argument("--batches", type=int, default=300)
    parser.add_argument("--batch", type=int, default=16, help="pictures in a batch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--freeze-batchnorm", action="store_true")
    parser.add_argument("--out", type=Path, default=Path("bench-cache/drone-yolov8n.pt"))
    options = parser.parse_args()
    if options.data:
        os.environ["FRAMESEL_DATA"] = str(options.data.resolve())
    os.environ["OMP_NUM_THREADS"] = str(options.threads)  # before torch is imported
    silence()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.out.parent) as scratch:
        folder = Path(scratch)
        clips = chosen_clips(options.clips)
        pictures = write_dataset(folder, clips, options.per_clip)
        epochs = max(1, round(options.batches * options.batch / pictures))
        print(f"{pictures} pictures of {len(clips)} clips, {epochs} epochs:", *clips, flush=True)
        last = train(
            data_folder() / "weights" / "yolov8n-approx.pt",
            folder,
            epochs=epochs,
            size_px=options.size,
            batch=options.batch,
            seed=options.seed,
            freeze=options.freeze_batchnorm,
        )
        shutil.copyfile(last, options.out)
    print(f"{options.out}: {options.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
