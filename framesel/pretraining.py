"""`framesel pretrain`: trains on the workspace's frames, and compares with what it replaces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framesel import planning
from framesel.calibration import load_backbone
from framesel.recipe import Recipe
from framesel.stage import fingerprint
from framesel.stages import pictures
from framesel.stages.pictures import Stored
from framesel.workspace import Workspace, write_json

if TYPE_CHECKING:
    from framesel.backbones.frame_cache import ImageSource
    from framesel.backbones.pretrain import Progress


def pretrain(workspace: Workspace, recipe: Recipe, tell: Callable[[str], None]) -> Path:
    """Trains, or goes on training; returns the weights.

    The folder is ``pretrain/<fingerprint>``; the fingerprint covers the settings and the frames.
    ``worth.json`` is written last: with it the stage is done.

    Raises:
        StageError: There are too few frames, or the training collapsed or diverged.
    """
    from framesel.backbones import pretrain as training

    key = next(s.key for s in planning.plan(workspace, recipe) if s.name == "frames")
    settings = recipe.pretrain
    stored = pictures.sample(workspace, key, settings.max_frames)
    identity = {
        "stage": "pretrain",
        "fields": settings.model_dump(mode="json"),
        "needs": {"frames": key},
        "frames": _digest(stored),
    }
    folder = workspace.stage("pretrain", fingerprint(identity))
    weights = folder / "backbone.safetensors"
    if (folder / "worth.json").exists():
        tell(f"already trained: {weights}")
    else:
        write_json(folder / "stage.json", identity)
        source = by_video(stored)
        device = recipe.run.device
        result = training.pretrain(
            source,
            settings,
            folder,
            device=_torch_device(device),
            threads=recipe.run.thread_count(),
            on_step=_teller(tell),
        )
        tell(f"{result.steps} steps, stopped early: {'yes' if result.stopped_early else 'no'}")
        write_json(folder / "worth.json", _compare(recipe, source, weights))
    for line in _table(json.loads((folder / "worth.json").read_text("utf-8"))):
        tell(line)
    return weights


def by_video(stored: Sequence[Stored]) -> list[tuple[str, list[Any]]]:
    """Frames as pretraining takes them: (video key, pictures in time order)."""
    ordered = sorted(stored, key=lambda f: (f.video_no, f.pts))
    return [
        (str(video_no), [f.jpeg if not f.region else f.image() for f in group])
        for video_no, group in groupby(ordered, key=lambda f: f.video_no)
    ]


def _teller(tell: Callable[[str], None]) -> Callable[[Progress], None]:
    """Says something about every fiftieth of the way."""

    def on_step(progress: Progress) -> None:
        every = max(1, progress.steps // 50)
        if progress.step % every == 0 or progress.step == progress.steps:
            tell(
                f"step {progress.step} of {progress.steps}, epoch {progress.epoch + 1}, "
                f"loss {progress.loss:.4f}"
            )

    return on_step


def _torch_device(device: str) -> str:
    from framesel.runtime import Runtime, choose_runtime

    if choose_runtime(device) is not Runtime.CUDA_FP16:
        return "cpu"
    return "cuda" if device == "auto" else device


def _digest(stored: Sequence[Stored]) -> str:
    found = hashlib.sha256()
    for frame in stored:
        found.update(f"{frame.video_no} {frame.pts} {frame.region} {len(frame.jpeg)}\n".encode())
    return found.hexdigest()


def _compare(recipe: Recipe, source: ImageSource, weights: Path) -> dict[str, Any]:
    """What the new backbone and the one that it would replace are worth on these frames.

    On videos that were held out, where two of them have several frames; else on all.
    """
    from framesel.backbones.compare import compare, probes_of
    from framesel.backbones.frame_cache import split_videos

    held_out = split_videos(source, recipe.pretrain.watch_share)[1]
    for videos, origin in ((held_out, "held out"), (source, "trained on")):
        several = [video for video in videos if len(video[1]) > 1]
        if len(several) > 1:
            new, now = load_backbone(recipe, f"file:{weights}"), load_backbone(recipe)
            found = compare(new, now, probes_of(several))
            return {**asdict(found), "videos": origin, "better": found.better}
    return {}


def _table(worth: dict[str, Any]) -> list[str]:
    if not worth:
        return ["no comparison: it takes two videos with several frames each"]
    lines = [f"{worth['frames']} frames of videos {worth['videos']}".ljust(32) + "     new     now"]
    for name, label in (
        ("duplicates", "duplicates at 1 % false merges"),
        ("retrieval", "retrieval of the same video"),
    ):
        new, now = worth["candidate"][name], worth["incumbent"][name]
        lines.append(f"{label:32} {new:7.1%} {now:7.1%}")
    verdict = "better: use it" if worth["better"] else "not better in all of it: keep yours"
    return [*lines, verdict]
