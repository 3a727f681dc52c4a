"""What backbones are worth on drone clips that nothing was trained on.

Compares backbones with the built-in's architecture at random (the mean of three seeds) and with
plain thumbnails (32x32 gray, centred, unit length): duplicates found at 1 % false merges on changed
frames, retrieval of the same clip, purity of class among neighbours from other scenes.

    python benchmarks/backbone_worth.py [--split dev] [--backbone builtin] [--backbone file:PATH]
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import cv2
import numpy as np
from drone_clips import Image, clips_of, drone_video, sampled_frames

from framesel.backbones import Runtime, describe, load
from framesel.backbones.backbone import Vectors
from framesel.backbones.builtin import WEIGHTS
from framesel.backbones.random_weights import random_backbone
from framesel.backbones.weights_file import read_weights_header
from framesel.backbones.worth import ProbeSet, Worth, changed_images, worth_of

FPS = 1.0
THUMBNAIL_PX = 32
RANDOM_SEEDS = 3


def probes_of(split: str) -> ProbeSet:
    """One frame per second of every clip of a split, half a second in, at full size."""
    images, videos, scenes, classes = [], [], [], []
    rows = clips_of(split)
    names = sorted({row["class"] for row in rows})
    for number, row in enumerate(rows):
        for _, image in sampled_frames(drone_video(row["clip"]), FPS, offset_s=0.5):
            images.append(image)
            videos.append(number)
            scenes.append(int(row["scene"]))
            classes.append(names.index(row["class"]))
    return ProbeSet(images, np.array(videos), np.array(scenes), np.array(classes))


def thumbnails(images: Sequence[Image]) -> Vectors:
    """Gray thumbnails as unit rows, their mean taken off."""
    size = (THUMBNAIL_PX, THUMBNAIL_PX)
    rows = np.stack(
        [
            cv2.resize(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
            for i in images
        ]
    ).reshape(len(images), -1)
    centred = rows.astype(np.float32) - rows.mean(axis=1, keepdims=True)
    unit: Vectors = centred / np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-6)
    return unit.astype(np.float32)


def print_row(name: str, worth: Worth) -> None:
    """One line of the table."""
    changes = " ".join(f"{share:9.3f}" for share in worth.by_change.values())
    purity = worth.purity or 0.0
    print(
        f"{name[-34:]:<34} {worth.duplicates:10.3f} {worth.retrieval:9.3f} {purity:7.3f} "
        f"{worth.tau_cos:7.4f} | {changes}",
        flush=True,
    )


def mean_of(several: Sequence[Worth]) -> Worth:
    """The mean of each measure."""
    return Worth(
        duplicates=float(np.mean([worth.duplicates for worth in several])),
        by_change={
            kind: float(np.mean([worth.by_change[kind] for worth in several]))
            for kind in several[0].by_change
        },
        tau_cos=float(np.mean([worth.tau_cos for worth in several])),
        retrieval=float(np.mean([worth.retrieval for worth in several])),
        purity=float(np.mean([worth.purity or 0.0 for worth in several])),
    )


def verdict(trained: Worth, random: Worth, plain: Worth) -> bool:
    """Whether a backbone may be the default: all three above random, two above thumbnails."""
    ours, chance, simple = (
        (worth.duplicates, worth.retrieval, worth.purity or 0.0)
        for worth in (trained, random, plain)
    )
    over_random = sum(a > b for a, b in zip(ours, chance, strict=True))
    over_plain = sum(a > b for a, b in zip(ours, simple, strict=True))
    print(f"better than random weights on {over_random} of 3, than thumbnails on {over_plain} of 3")
    return over_random == 3 and over_plain >= 2


def main() -> None:
    """Print the table of a split."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--backbone", action="append", default=[])
    arguments = parser.parse_args()
    names: list[str] = arguments.backbone or ["builtin"]
    probes = probes_of(arguments.split)
    changed = changed_images(probes.images)
    print(f"{arguments.split}: {len(probes.images)} frames, {len(np.unique(probes.videos))} clips")
    print(
        f"{'':<34} duplicates retrieval  purity tau_cos | "
        + " ".join(f"{kind[:9]:>9}" for kind in changed)
    )
    header = read_weights_header(WEIGHTS)
    chances = []
    for seed in range(RANDOM_SEEDS):
        chances.append(worth_of(random_backbone(header, seed=seed), probes, changed))
        print_row(f"random weights, seed {seed}", chances[-1])
    random = mean_of(chances)
    print_row("random weights, mean", random)
    plain = worth_of(thumbnails, probes, changed)
    print_row("thumbnails 32x32 gray", plain)
    for name in names:
        worth = worth_of(load(name, runtime=Runtime.TORCH_FP32), probes, changed)
        print_row(name, worth)
        print(f"{name}: digest {describe(name).digest[:12]}; ", end="")
        passed = verdict(worth, random, plain)
        print("may be the default" if passed else "may NOT be the default")


if __name__ == "__main__":
    main()
