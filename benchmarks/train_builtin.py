"""Trains the built-in backbone and writes its weights file.

Footage: the drone clips of split ``train`` (CC0), Intel's sample videos (CC BY 4.0) and rendered
scenes. A run that was stopped goes on from its last checkpoint when it is started again.

    python benchmarks/train_builtin.py bench-cache/builtin [--set epochs=30] [--scenes 60]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
from drone_clips import Image, clips_of, data_folder, drone_video, sampled_frames, squash
from procedural_scenes import render_scene

from framesel.backbones.pretrain import Progress, pretrain
from framesel.backbones.pretrain_settings import PretrainSettings

FPS = 3.0
INTEL_FPS = 2.0
FRAMES_PER_SCENE = 12


def footage(size_px: int, scenes: int, cache: Path) -> list[tuple[str, list[Image]]]:
    """All training videos with their frames, squashed; kept in a file for the next time."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"footage-{size_px}.npz"
    if not path.exists():
        videos = {row["clip"]: (drone_video(row["clip"]), FPS) for row in clips_of("train")}
        for video in sorted((data_folder() / "clips" / "intel_sample_videos").glob("*.m*")):
            videos[video.stem] = (video, INTEL_FPS)
        stacks = {
            key: np.stack([squash(image, size_px) for _, image in sampled_frames(video, fps)])
            for key, (video, fps) in videos.items()
        }
        np.savez(path, allow_pickle=False, **stacks)
    with np.load(path) as stored:
        source = [(key, list(stored[key])) for key in sorted(stored.files)]
    rendered = [
        (f"rendered {seed}", render_scene(seed, FRAMES_PER_SCENE, size_px))
        for seed in range(scenes)
    ]
    return source + rendered


def settings_from(pairs: list[str]) -> PretrainSettings:
    """Settings from ``name=value``; ``augmentation.flip=0.5`` reaches inside."""
    values: dict[str, Any] = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        section, dot, inner = name.partition(".")
        if dot:
            values.setdefault(section, {})[inner] = value
        else:
            values[name] = value
    return PretrainSettings.model_validate(values)


def main() -> None:
    """Train, printing a line now and then."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="checkpoints, loss log and the weights")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--scenes", type=int, default=60, help="rendered scenes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    settings = settings_from(arguments.settings)
    source = footage(settings.size_px, arguments.scenes, arguments.folder.parent)
    print(len(source), "videos", sum(len(frames) for _, frames in source), "frames", flush=True)
    start_s = time.monotonic()

    def report(progress: Progress) -> None:
        if progress.step % 20 == 0 or progress.step == progress.steps:
            spent_s = time.monotonic() - start_s
            print(
                f"step {progress.step}/{progress.steps} loss {progress.loss:.4f} {spent_s:.0f} s",
                flush=True,
            )

    result = pretrain(
        source,
        settings,
        arguments.folder,
        device=arguments.device,
        threads=arguments.threads,
        on_step=report,
    )
    print(result, f"{time.monotonic() - start_s:.0f} s")


if __name__ == "__main__":
    main()
