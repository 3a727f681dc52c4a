"""`framesel pretrain`: trains on the workspace's frames, and compares with what it replaces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from framesel import planning
from framesel.calibration import load_backbone
from framesel.recipe import Recipe
from framesel.stage import fingerprint
from framesel.stages import pictures
from framesel.stages.pictures import Stored
from framesel.workspace import Workspace, write_json

if TYPE_CHECKING:
    from framesel.backbones.pretrain import Progress
    from framesel.backbones.worth import ProbeSet

PROBES_PER_VIDEO = 4
MOST_PROBES = 400


def pretrain(workspace: Workspace, recipe: Recipe, tell: Callable[[str], None]) -> Path:
    """Trains, or goes on training; returns the weights.

    The folder is ``pretrain/<fingerprint>``; the fingerprint covers the settings and the frames.
    ``worth.json`` is written last: with it the stage is done.

    Raises:
        StageError: There are too few frames, or the training collapsed or diverged.
    """
    from framesel.backbones import pretrain as training

    key = next(s.key for s in planning.plan(workspace, recipe) if s.stage.name == "frames")
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
        write_json(folder / "worth.json", _compare(recipe, stored, weights))
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
    from framesel.backbones.runtime import Runtime, choose_runtime

    if choose_runtime(device) is not Runtime.CUDA_FP16:
        return "cpu"
    return "cuda" if device == "auto" else device


def _digest(stored: Sequence[Stored]) -> str:
    found = hashlib.sha256()
    for frame in stored:
        found.update(f"{frame.video_no} {frame.pts} {frame.region} {len(frame.jpeg)}\n".encode())
    return found.hexdigest()


def _probes(stored: Sequence[Stored]) -> ProbeSet | None:
    """A few frames of each video that has several; None where no two videos have."""
    from framesel.backbones.worth import ProbeSet

    ordered = sorted(stored, key=lambda f: (f.video_no, f.pts))
    groups = [list(g) for _, g in groupby(ordered, key=lambda f: f.video_no)]
    groups = [g for g in groups if len(g) >= 2][: MOST_PROBES // PROBES_PER_VIDEO]
    if len(groups) < 2:
        return None
    chosen = [
        g[i]
        for g in groups
        for i in np.unique(np.linspace(0, len(g) - 1, PROBES_PER_VIDEO).round().astype(int))
    ]
    videos = np.array([f.video_no for f in chosen], np.int64)
    return ProbeSet([f.image() for f in chosen], videos, videos)


def _compare(recipe: Recipe, stored: Sequence[Stored], weights: Path) -> dict[str, Any]:
    """What the new backbone and the one it would replace are worth on these frames."""
    from framesel.backbones.worth import changed_images, worth_of

    probes = _probes(stored)
    if probes is None:
        return {}
    changed = changed_images(probes.images)
    names = {"new": f"file:{weights}", "now": recipe.embeddings.backbone}
    return {
        which: asdict(worth_of(load_backbone(recipe, name), probes, changed))
        for which, name in names.items()
    }


def _table(worth: dict[str, Any]) -> list[str]:
    if not worth:
        return ["no comparison: it takes two videos with several frames each"]
    lines = [f"{'':32} {'new':>7} {'now':>7}"]
    better = 0
    for name, label in (
        ("duplicates", "duplicates at 1 % false merges"),
        ("retrieval", "retrieval of the same video"),
    ):
        new, now = worth["new"][name], worth["now"][name]
        better += new > now
        lines.append(f"{label:32} {new:7.1%} {now:7.1%}")
    verdict = {2: "better on both: use it", 1: "better on one of two", 0: "not better: keep yours"}
    return [*lines, verdict[better]]
