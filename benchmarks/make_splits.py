"""Writes ``splits.csv``: every drone clip in train, dev or test, by scene.

Clips that share a background form one scene (union-find) and stay together. Two clips of one
spectrum share a background if any of their key pictures (the median frame and five frames spread
over the clip, 32x32 gray) are near-duplicates: correlation at least ``ALIKE_NCC`` and a mean
absolute difference of at most ``ALIKE_MAD`` gray levels. Neighbouring numbers of one class were
recorded one after the other, so there less is asked: either correlation or difference is enough.
Scenes are then dealt out so that each class in each spectrum comes near 50/20/30 percent of its
clips: the largest scenes first, then single moves and swaps while they help. Nothing is random.
The thermal drone clips come from two places only, so one split has none of them.

    python benchmarks/make_splits.py
"""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

import cv2
import numpy as np
from drone_clips import SPLITS, data_folder, frame_count, sampled_frames, squash
from numpy.typing import NDArray

SHARES = {"train": 0.5, "dev": 0.2, "test": 0.3}
SIDE_PX = 32
ALIKE_NCC, ALIKE_MAD = 0.97, 8.0
NEIGHBOUR_STEPS, NEIGHBOUR_NCC, NEIGHBOUR_MAD = 3, 0.85, 4.0
FLAT_STD = 2.0  # gray levels: the correlation of a flatter picture is noise and is damped


@dataclass(frozen=True)
class Clip:
    """One clip and its key pictures, (6, 32 * 32) float32 gray levels."""

    name: str
    frames: int
    keys: NDArray[np.float32]

    @property
    def spectrum(self) -> str:
        """``visible`` or ``thermal``."""
        return "thermal" if self.name.startswith("IR_") else "visible"

    @property
    def label(self) -> str:
        """Class of the object that the clip was recorded for."""
        return self.name.split("_")[1]

    @property
    def number(self) -> int:
        """Position in the order of recording of its class."""
        return int(self.name.split("_")[2])


def read_clips() -> list[Clip]:
    """All drone clips with their key pictures, by name."""
    clips = []
    for path in sorted((data_folder() / "drone" / "videos").glob("*.mp4")):
        stack = np.stack([squash(image, 160) for _, image in sampled_frames(path, fps=3.0)])
        spread = np.linspace(0, len(stack) - 1, 5).round().astype(int)
        pictures = [np.median(stack, axis=0).astype(np.uint8), *stack[spread]]
        keys = [squash(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY), SIDE_PX).ravel() for p in pictures]
        clips.append(Clip(path.stem, frame_count(path), np.stack(keys).astype(np.float32)))
    return clips


def normed(keys: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows centred and scaled to unit length, flat ones to less."""
    centred = keys - keys.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    rows: NDArray[np.float32] = centred / np.maximum(length, SIDE_PX * FLAT_STD)
    return rows


def share_background(a: Clip, b: Clip) -> bool:
    """Whether two clips show the same background."""
    if a.spectrum != b.spectrum:
        return False
    ncc = float((normed(a.keys) @ normed(b.keys).T).max())
    mad = float(np.abs(a.keys[:, None] - b.keys[None]).mean(axis=2).min())
    if ncc >= ALIKE_NCC and mad <= ALIKE_MAD:
        return True
    near = a.label == b.label and abs(a.number - b.number) <= NEIGHBOUR_STEPS
    return near and (ncc >= NEIGHBOUR_NCC or mad <= NEIGHBOUR_MAD)


def scenes_of(clips: list[Clip]) -> list[list[Clip]]:
    """Union-find over all pairs; scenes ordered by size, then by their first clip."""
    parent = list(range(len(clips)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in combinations(range(len(clips)), 2):
        if root(i) != root(j) and share_background(clips[i], clips[j]):
            parent[max(root(i), root(j))] = min(root(i), root(j))
    members: dict[int, list[Clip]] = defaultdict(list)
    for i, clip in enumerate(clips):
        members[root(i)].append(clip)
    return sorted(members.values(), key=lambda scene: (-len(scene), scene[0].name))


def imbalance(scenes: list[list[Clip]], placed: list[str | None]) -> float:
    """Squared distance from the shares, summed over strata, each relative to its size."""
    total: dict[tuple[str, str], int] = defaultdict(int)
    have: dict[tuple[str, str, str], int] = defaultdict(int)
    for scene, split in zip(scenes, placed, strict=True):
        for clip in scene:
            total[clip.label, clip.spectrum] += 1
            if split is not None:
                have[clip.label, clip.spectrum, split] += 1
    return sum(
        (have[(*stratum, split)] / count - share) ** 2
        for stratum, count in total.items()
        for split, share in SHARES.items()
    )


def deal(scenes: list[list[Clip]]) -> list[str]:
    """A split for each scene: greedy, then single moves and swaps while they help."""
    placed: list[str | None] = [None] * len(scenes)

    def cost_with(changes: dict[int, str | None]) -> float:
        return imbalance(scenes, [changes.get(i, split) for i, split in enumerate(placed)])

    for i in range(len(scenes)):
        placed[i] = min(SHARES, key=lambda split: cost_with({i: split}))
    best = cost_with({})
    while True:
        options: list[dict[int, str | None]] = [
            {i: split} for i in range(len(scenes)) for split in SHARES if split != placed[i]
        ]
        options += [
            {i: placed[j], j: placed[i]}
            for i, j in combinations(range(len(scenes)), 2)
            if placed[i] != placed[j]
        ]
        change = min(options, key=cost_with)
        if cost_with(change) >= best - 1e-9:
            return [str(split) for split in placed]
        best = cost_with(change)
        for i, split in change.items():
            placed[i] = split


def main() -> None:
    """Write the table and print how many clips of each stratum went where."""
    scenes = scenes_of(read_clips())
    splits = deal(scenes)
    rows = [
        (clip.name, split, number, clip.label, clip.spectrum, clip.frames)
        for number, (scene, split) in enumerate(zip(scenes, splits, strict=True))
        for clip in scene
    ]
    with SPLITS.open("w", newline="") as lines:
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(("clip", "split", "scene", "class", "spectrum", "frames"))
        writer.writerows(sorted(rows))
    print(f"{len(scenes)} scenes, the largest with {len(scenes[0])} clips")
    for stratum in sorted({(row[3], row[4]) for row in rows}):
        counts = [sum((r[3], r[4], r[1]) == (*stratum, split) for r in rows) for split in SHARES]
        print(
            f"{stratum[0]:<11}{stratum[1]:<9}",
            *(f"{s} {c}" for s, c in zip(SHARES, counts, strict=True)),
        )
    for split in SHARES:
        own = [row for row in rows if row[1] == split]
        print(split, len(own), "clips", sum(r[5] for r in own), "frames")


if __name__ == "__main__":
    main()
