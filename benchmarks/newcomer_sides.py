"""The two sides of newcomer.py as whole processes, what each delivers, and whether it is the same.

Both get the same videos, the same weights of a ViT-S/16 and of a YOLO, the same threshold for
near-duplicates and the same budget. What they leave on disk is read here into one form.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import torch
import yaml

from framesel import planning, recipe
from framesel.catalog import Catalog
from framesel.evaluation.agreement import Agreement, agreement
from framesel.evaluation.boxes import Found
from framesel.rounds import state
from framesel.stage import GatherInputs
from framesel.stages import gathered
from framesel.stages.stored_boxes import Layout, unpack
from framesel.workspace import Workspace

ARCHITECTURE = "vit_small_patch16_224"
TAU_COS = 0.95
CONF = 0.05
SPREAD = 0.1
"""Deviation of the weights: at timm's own, 0.02, all pictures have nearly the same vector."""
STAGES = ("decode", "embed", "detect", "duplicates", "pick", "export")
OURS = {
    "catalog": "decode",
    "frames": "decode",
    "windows": "decode",
    "embeddings": "embed",
    "detections": "detect",
    "shots": "duplicates",
    "duplicates": "duplicates",
    "scores": "pick",
    "trust": "pick",
    "selection": "pick",
    "export": "export",
}
"""What each of our stages counts as. Scores are more than a newcomer has; they cannot be off."""
SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux's prctl."""

Key = tuple[str, int]
"""Video, and number of the frame in it."""


@dataclass(frozen=True)
class Task:
    """What both sides are given."""

    videos: Path
    backbone: Path
    detector: Path
    picks: int


@dataclass(frozen=True)
class Cost:
    """Seconds of one whole process: on the clock, of all processors, and by stage."""

    wall: float
    cpu: float
    stages: dict[str, float]

    @property
    def rest(self) -> float:
        """What no stage counts: start, imports, models, planning."""
        return self.wall - sum(self.stages.values())


@dataclass(frozen=True)
class Delivered:
    """What a side left: rows are frames, in order of video and time."""

    keys: list[Key]
    vectors: npt.NDArray[np.float32]
    boxes: Found
    kept: frozenset[Key]
    picks: frozenset[Key]
    pictures: int


def write_backbone(path: Path) -> None:
    """A state dict of a ViT-S/16 with random weights: they do not matter for its speed."""
    import timm

    torch.manual_seed(0)
    model = timm.create_model(ARCHITECTURE, pretrained=False, num_classes=0)
    for name, weight in model.named_parameters():
        if weight.ndim == 2 and name.endswith("weight"):
            torch.nn.init.normal_(weight, std=SPREAD)
    torch.save(model.state_dict(), path)


def run_newcomer(task: Task, out: Path) -> Cost:
    """Runs the newcomer's script."""
    script = Path(__file__).with_name("newcomer_script.py")
    command = [sys.executable, str(script), str(task.videos), str(out)]
    command += ["--backbone", str(task.backbone), "--detector", str(task.detector)]
    command += ["--picks", str(task.picks), "--tau-cos", str(TAU_COS), "--conf", str(CONF)]
    wall, cpu, _ = _timed(command)
    stages = json.loads((out / "seconds.json").read_text())
    return Cost(wall, cpu, {stage: stages[stage] for stage in STAGES})


def like_the_newcomer(task: Task) -> dict[str, Any]:
    """A recipe that asks for the same."""
    return {
        "frames": {"sample": {"mode": "fps", "fps": 1}},
        "embeddings": {"backbone": f"timm:{ARCHITECTURE}@{task.backbone}"},
        "detections": {"weights": str(task.detector), "conf": CONF},
        # One threshold within and across shots, no gate, nothing revived: as the newcomer has it.
        "duplicates": {"tau_cos": TAU_COS, "tau_across": TAU_COS, "gate": {"enabled": False}},
        "selection": {
            "budget": task.picks,
            "strategy": {"name": "k_center"},
            "utility": "none",
            "revive": {"enabled": False},
            "spare": 0,
        },
    }


def as_it_is(task: Task) -> dict[str, Any]:
    """A recipe that leaves all to framesel."""
    return {
        "frames": {"sample": {"mode": "fps", "fps": 1}},
        "detections": {"weights": str(task.detector)},
        "selection": {"budget": task.picks},
    }


def run_ours(task: Task, out: Path, settings: Mapping[str, Any]) -> Cost:
    """Runs framesel with a recipe."""
    out.mkdir(parents=True)
    written = out / "asked.yaml"
    written.write_text(yaml.safe_dump(settings))
    command = [sys.executable, "-m", "framesel", "run", str(task.videos), "-w", str(out / "ws")]
    wall, cpu, log = _timed([*command, "--recipe", str(written), "--log-format", "json"])
    stages = dict.fromkeys(STAGES, 0.0)
    for line in log.splitlines():
        told = json.loads(line) if line.startswith("{") else {}
        if told.get("event") == "end":
            stages[OURS[told["stage"].partition("@")[0]]] += told["seconds"]
    return Cost(wall, cpu, stages)


def choose_again(out: Path, picks: int) -> None:
    """Runs framesel once more with another budget."""
    command = [sys.executable, "-m", "framesel", "run", "-w", str(out / "ws")]
    _timed([*command, "--recipe", str(out / "asked.yaml"), "--budget", str(picks)])


def _timed(command: Sequence[str]) -> tuple[float, float, str]:
    """Seconds on the clock and of processors, and stderr, of a process and all that it starts."""
    # What a process leaves behind (servers of workers) comes to us, so that it can be counted.
    ctypes.CDLL(None).prctl(SUBREAPER, 1)
    # Each side decides by itself how many threads it takes; ultralytics asks no other machine.
    env = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "MKL_", "OPENBLAS_"))}
    env |= {"YOLO_OFFLINE": "true"}
    before, began = _cpu_of_children(), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    wall = time.perf_counter() - began
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return wall, _cpu_of_children() - before, done.stderr


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def newcomers(out: Path) -> Delivered:
    """Reads what the script left."""
    told = json.loads((out / "result.json").read_text())
    keys = [_key(name) for name in told["names"]]
    rows = [np.array(found, np.float32).reshape(-1, 6) for found in told["boxes"]]
    flat = np.concatenate(rows)
    offsets = np.concatenate([[0], np.cumsum([len(r) for r in rows])]).astype(np.int64)
    return Delivered(
        keys,
        np.load(out / "embeddings.npy"),
        Found(offsets, flat[:, :4], flat[:, 5].astype(np.int64), flat[:, 4]),
        frozenset(keys[row] for row in told["kept"]),
        frozenset(keys[row] for row in told["picks"]),
        sum(1 for _ in (out / "picks").glob("*.jpg")),
    )


def _key(name: str) -> Key:
    video, _, number = Path(name).stem.rpartition("-")
    return video, int(number)


def ours(out: Path) -> Delivered:
    """Reads a workspace."""
    workspace = Workspace.open(out / "ws")
    chosen = recipe.load(workspace.recipe)
    steps = {s.name: s.key for s in planning.plan(workspace, chosen)}
    catalog = Catalog(workspace)
    inputs = GatherInputs(workspace, steps, catalog, catalog.sources.slice(0, 0))
    data = gathered.read(inputs, ["index"], chosen.run)
    videos = {number: Path(row["path"]).stem for number, row in catalog.videos.items()}
    columns = (data.columns[name].tolist() for name in ("video_no", "pts", "index"))
    by_pts = {(v, pts): (videos[v], index) for v, pts, index in zip(*columns, strict=True)}
    keys = list(by_pts.values())
    order = sorted(range(len(keys)), key=keys.__getitem__)
    duplicates = pq.read_table(workspace.stage("duplicates", steps["duplicates"]) / "all.parquet")
    this = state.current(workspace)
    images = this.folder(workspace) / "export" / "images"
    return Delivered(
        [keys[row] for row in order],
        data.in_memory()[order],
        _boxes(workspace, steps["detections"], catalog),
        frozenset(by_pts[_at(r)] for r in duplicates.to_pylist() if r["mass"] > 0),
        frozenset(by_pts[_at(r)] for r in this.picks(workspace).to_pylist()),
        sum(1 for _ in images.glob("*.jpg")),
    )


def _at(row: dict[str, Any]) -> tuple[int, int]:
    return row["video_no"], row["pts"]


def _boxes(workspace: Workspace, key: str, catalog: Catalog) -> Found:
    """Boxes in pixels of the video, by video and time (videos are numbered in order of names)."""
    parts = []
    for shard in catalog.shards:
        path = workspace.shard("detections", key, shard.number)
        found = unpack(pq.read_table(path, partitioning=None), Layout.read(path), bulky=False)
        scale = 1920 / np.repeat(found.size_wh[:, 0], np.diff(found.offsets))
        conf = 1 / (1 + np.exp(-found.top_logit[:, 0]))
        parts.append((np.diff(found.offsets), found.xyxy * scale[:, None], found.top_class, conf))
    counts, xyxy, classes, conf = (np.concatenate(p) for p in zip(*parts, strict=True))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Found(offsets, xyxy, classes[:, 0].astype(np.int64), conf.astype(np.float32))


def compare(one: Delivered, other: Delivered) -> list[str]:
    """Lines that say how far both delivered the same.

    Raises:
        SystemExit: The frames are not the same, or pictures are missing: no ratio means anything.
    """
    if one.keys != other.keys:
        raise SystemExit(f"different frames: {len(one.keys)} and {len(other.keys)}")
    if (one.pictures, other.pictures) != (len(one.picks), len(other.picks)):
        raise SystemExit(f"pictures are missing: {one.pictures} and {other.pictures} are there")
    cos = (one.vectors * other.vectors).sum(axis=1)
    same: Agreement = agreement(one.boxes, other.boxes, 80)
    stands = [_nearest(one, one.keys, side.kept) >= TAU_COS for side in (one, other)]
    reach = [2 - 2 * _nearest(one, sorted(one.kept), side.picks).min() for side in (one, other)]
    near, far = [f"{s.mean():.1%}" for s in stands], [f"{max(r, 0) ** 0.5:.3f}" for r in reach]
    return [
        f"frames: {len(one.keys)}, the same on both sides",
        f"embeddings: cosine of both sides median {np.median(cos):.5f}, least {cos.min():.5f}",
        f"boxes of 0.25 and more: {same.boxes[0].sum()} and {same.boxes[1].sum()}, "
        f"F1 of one against the other {same.f1:.3f}, overlap {same.mean_iou:.3f}",
        f"kept: {len(one.kept)} and {len(other.kept)}; of all frames {near[0]} and {near[1]} have "
        f"a kept one within {TAU_COS} (which of many alike is kept is each side's own choice)",
        f"picks: {len(one.picks)} and {len(other.picks)}, as many pictures on disk each; farthest "
        f"kept frame from its nearest pick: {far[0]} and {far[1]}",
    ]


def _nearest(
    measure: Delivered, frames: Sequence[Key], among: frozenset[Key]
) -> npt.NDArray[np.float32]:
    """Cosine of each frame with the nearest of some, by the vectors of one side."""
    rows = {key: row for row, key in enumerate(measure.keys)}
    one, other = (measure.vectors[[rows[key] for key in keys]] for keys in (frames, sorted(among)))
    nearest: npt.NDArray[np.float32] = (one @ other.T).max(axis=1)
    return nearest
