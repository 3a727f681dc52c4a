"""Leakage: how much of val and test a split of the drone clips gives away to train.

    framesel run ../shared/data/drone/videos --workspace WS
    python benchmarks/leakage.py WS

Every sampled frame of the clips counts as labelled, by the truth. Compared are frames split at
random (what many datasets are), clips split at random, the split that was made by hand, by scene
(``splits.csv``), and those of `framesel split` (``--by video``, ``scene``, ``component``). A frame
leaks if train (for test: train or val) has a frame of the same clip within ``--gap-s`` seconds, or
one of any clip at a cosine of ``--tau``. ``J`` is the objective of `framesel split`: how far shares
of frames and classes are from 70, 15 and 15 % (the split by hand was made for other shares; the
three empty frames of the clips at 1 fps cannot be shared out, which is all that is left of ours).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from drone_clips import read_splits
from drone_labels import CLASSES, read_labels
from numpy.typing import NDArray

from framesel.catalog import Catalog
from framesel.exporting import last_recipe
from framesel.splitting import stored
from framesel.splitting.assignment import assign, objective
from framesel.splitting.groups import By, groups, scenes
from framesel.splitting.leakage import Leakage, leakage
from framesel.splitting.near import Footage
from framesel.workspace import Workspace

NAMES = ("train", "val", "test")
SHARES = (0.7, 0.15, 0.15)
BY_HAND = {"train": 0, "dev": 1, "test": 2}


@dataclass(frozen=True)
class Clips:
    """The sampled frames of the clips, n of them.

    Attributes:
        footage: As they are compared.
        counts: (n, 6) 1, boxes of each class, and 1 where there are none.
        by_hand: (n,) position in ``NAMES`` by ``splits.csv``.
    """

    footage: Footage
    counts: NDArray[np.float64]
    by_hand: NDArray[np.int64]


def read(workspace: Workspace) -> Clips:
    """The frames of the workspace that are of drone clips.

    Raises:
        SystemExit: There are none.
    """
    hand = {row["clip"]: BY_HAND[row["split"]] for row in read_splits()}
    paths = {no: Path(row["path"]).stem for no, row in Catalog(workspace).videos.items()}
    clips = {no: stem for no, stem in paths.items() if stem in hand}
    if not clips:
        raise SystemExit(f"{workspace.root} holds none of the drone clips")
    frames = stored.read(workspace, last_recipe(workspace), clips)
    labels = {no: read_labels(stem) for no, stem in clips.items()}
    counts = np.zeros((len(frames), 2 + len(CLASSES)))
    counts[:, 0] = 1
    for row, (no, index) in enumerate(zip(frames.video_no.tolist(), frames.index, strict=True)):
        _, class_no = labels[no].of(int(index))
        np.add.at(counts[row], 1 + class_no, 1)
        counts[row, -1] = not len(class_no)
    by_hand = np.array([hand[clips[no]] for no in frames.video_no.tolist()], np.int64)
    return Clips(frames.footage, counts, by_hand)


def splits(
    clips: Clips, gap_s: float, tau: float, seed: int
) -> Iterator[tuple[str, NDArray[np.int64], float]]:
    """Name of each way to split, (n,) positions in ``NAMES``, and the seconds that it took."""
    rng = np.random.default_rng(seed)
    n, footage = len(clips.footage), clips.footage
    yield "frames at random", rng.choice(3, n, p=SHARES), 0.0
    _, clip = np.unique(footage.video, return_inverse=True)
    yield "clips at random", rng.choice(3, int(clip.max()) + 1, p=SHARES)[clip], 0.0
    yield "by hand, by scene", clips.by_hand, 0.0
    found: list[By] = ["video", "scene", "component"]
    for by in found:
        began = time.perf_counter()
        where = scenes(footage) if by == "scene" else None
        group = groups(footage, by, gap_s=gap_s, tau=tau, scenes=where)
        counts = np.zeros((int(group.max()) + 1, clips.counts.shape[1]))
        np.add.at(counts, group, clips.counts)
        name = f"framesel --by {by} ({len(counts)} groups)"
        split = assign(counts, SHARES, seed)[group]
        yield name, split, time.perf_counter() - began


def line(name: str, found: list[Leakage], cost: float, seconds: float) -> str:
    """A row of the table."""
    parts = [
        f"{one.in_time / one.frames:8.1%}{one.alike / one.frames:8.1%}{one.share:8.1%}"
        for one in found
    ]
    took = f"{seconds:7.2f} s" if seconds else ""
    return f"{name:40}{''.join(parts)}{cost:9.4f}{took}"


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--gap-s", type=float, default=2.0)
    parser.add_argument("--tau", type=float, default=0.95)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    clips = read(Workspace.open(asked.workspace))
    print(f"{len(clips.footage):,} frames of {len(np.unique(clips.footage.video))} clips; ", end="")
    print(f"leaks: within {asked.gap_s:g} s in a clip, or cosine {asked.tau:g} anywhere")
    print(f"{'':40}{'val':>8}{'':16}{'test':>8}")
    print(f"{'':40}{2 * ('  time' + '    cos' + '   either').rjust(24)}        J")
    for name, split, seconds in splits(clips, asked.gap_s, asked.tau, asked.seed):
        names = [NAMES[at] for at in split]
        found = leakage(clips.footage, names, gap_s=asked.gap_s, tau=asked.tau)
        print(line(name, found, objective(clips.counts, SHARES, split), seconds))


if __name__ == "__main__":
    main()
