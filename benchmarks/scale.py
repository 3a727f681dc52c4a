"""Near-duplicates and selection in footage that fits into no memory: time, memory, bytes read.

    python benchmarks/scale.py --work DIR [--frames 100000 --frames 300000 ...] [--added 0.01]

Makes workspaces whose frames and embeddings stages are done, of vectors that behave like video:
cameras that stand, pan or drive, some of which come back to where another was, and videos that
are stored twice. Then it runs the stages behind them, each call of framesel in a process of its
own, and prints for each: seconds, the peak of memory that is not the page cache's (what forked
workers share counts once), and what was read. With --added, so much new footage comes after that
and is run, too. With --detector there are boxes as of a detector (scale_boxes.py), so that frames
are scored and near-duplicates revived. The last line fits time to frames ** exponent. What is done
is not done again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psutil
import pyarrow as pa
import scale_boxes
from scipy.signal import lfilter

from framesel import catalog, planning, recipe, tables, vector_column
from framesel.catalog import Catalog, Shard
from framesel.recipe import Recipe
from framesel.stages.stored_boxes import Layout
from framesel.workspace import Workspace, write_bytes, write_json, write_table

DIM = 384
LENGTHS = (100, 500)
"""Frames of a video."""
VIDEOS_PER_SHARD = 64
TOPICS = 256
SPREAD = 0.7
"""Length of what sets a video apart from others of its topic, beside a topic of length 1."""
STEPS = (0.01, 0.8)
"""Length of a step from frame to frame: a camera that stands, one that drives."""
ROAM = 0.8
"""Length of what sets frames of a video apart that are far from each other in time."""
NOISE = 0.05
AGAIN = 0.1
"""Share of videos that begin where an earlier one did."""
COPIES = 0.03
"""Share of videos that are an earlier one, encoded anew."""
CODEC = 0.01
"""Length of what encoding adds."""

Vectors = npt.NDArray[np.float32]


def main() -> None:
    """Prints a line for each number of frames, and the exponent."""
    options = _options()
    measured, seen = [], []
    if options.detector:
        seen = [f"detections.weights={options.detector}", "detections.features=false"]
    for frames in options.frames:
        root = options.work / f"n{frames}"
        chosen = recipe.load(None, [f"selection.budget={options.budget}", *seen, *options.set])
        made = made_workspace(root, chosen, frames)
        found = _run(root, options, "measured")
        measured.append((made, found["seconds"]))
        _print(f"{made:>10,} frames", found)
        if options.added:
            more = made_workspace(root, chosen, frames, options.added) - made
            _print(f"{more:>10,} more", _run(root, options, f"measured-{options.added:g}-more"))
    if len(measured) > 1:
        n, seconds = np.log(np.array(measured)).T
        print(f"time grows as frames ** {np.polyfit(n, seconds, 1)[0]:.2f}")


def _print(what: str, found: dict[str, float]) -> None:
    print(f"{what:<18}" + "  ".join(f"{k} {v:.4g}" for k, v in found.items()), flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--frames", type=int, action="append", required=True)
    parser.add_argument("--budget", type=int, default=10_000)
    parser.add_argument("--added", type=float, default=0.0, help="share of the frames, as 0.01")
    parser.add_argument("--detector", type=Path, help="YOLO weights: whose boxes are made up")
    parser.add_argument("--before", default="", help="end before this stage")
    parser.add_argument("--set", action="append", default=[], help="settings of the recipe")
    return parser.parse_args()


def made_workspace(root: Path, chosen: Recipe, frames: int, added: float = 0.0) -> int:
    """Makes a workspace with about so many frames, or adds some to it; returns how many it has."""
    workspace = Workspace.create(root)
    lengths = np.random.default_rng(frames).integers(*LENGTHS, size=frames // LENGTHS[0])
    ends = np.cumsum(lengths)
    lengths = lengths[: int(np.searchsorted(ends, frames * (1 + added))) + 1]
    write_bytes(workspace.recipe, chosen.to_yaml().encode("utf-8"))
    if len(Catalog(workspace).live) < len(lengths):
        _write_catalog(workspace, lengths)
    for step in planning.plan(workspace, chosen):
        if step.name in ("frames", "embeddings", "detections"):
            folder = workspace.stage(step.name, step.key)
            write_json(folder / "stage.json", step.identity)
            schema = tables.FRAMES
            if step.name == "embeddings":
                schema = vector_column.embeddings_schema(DIM, "builtin")
            elif step.name == "detections" and step.todo:
                schema, beside = scale_boxes.opened(chosen, workspace)
                for name, content in beside.items():
                    write_bytes(folder / name, content)
            for shard in step.todo:
                write_table(
                    workspace.shard(step.name, step.key, shard.number),
                    schema,
                    _rows(step.name, schema, shard, lengths),
                    entries=lambda shard=shard: {"parts": shard.parts, "errors": []},  # type: ignore[misc]
                )
    return int(lengths.sum())


def _write_catalog(workspace: Workspace, lengths: npt.NDArray[np.int64]) -> None:
    """Adds the videos that it does not hold; they lie in shards of their own."""
    there = Catalog(workspace)
    known, shards = len(there.live), len(there.shards)
    segments, sources = [], []
    for number, length in enumerate(lengths.tolist()):
        told = {"path": f"/none/{number:08d}.mp4", "bytes": length, "mtime_ns": 0}
        if number >= known:
            row = dict.fromkeys(tables.CATALOG.names) | told
            row |= {"video_no": number, "shard": shards + (number - known) // VIDEOS_PER_SHARD}
            row |= {"digest": f"{number:032x}", "kind": "video", "duration_s": float(length)}
            row |= {"frames": length, "time_base_num": 1, "time_base_den": 1}
            segments.append(row)
        sources.append({**told, "video_no": number, "error": None, "metadata": None})
    catalog.append(workspace, segments)
    catalog.write_sources(workspace, sources)


def _rows(
    stage: str, schema: pa.Schema, shard: Shard, lengths: npt.NDArray[np.int64]
) -> Iterator[pa.RecordBatch]:
    for part in shard.parts:
        length = int(lengths[part.video_no])
        if stage == "detections":
            layout = Layout.of_schema(schema)
            yield from scale_boxes.rows_of(part.video_no, length, layout, schema).to_batches()
            continue
        keys = [pa.array(np.full(length, part.video_no), pa.int32()), pa.array(np.arange(length))]
        if stage == "embeddings":
            rest: list[Any] = [vector_column.pack_vectors(_seen(part.video_no, length))]
        else:
            rest = _looks(np.random.default_rng([part.video_no, 1]), length)
        yield from pa.Table.from_arrays([*keys, *rest], schema=schema).to_batches(max_chunksize=128)


def _seen(video_no: int, length: int) -> Vectors:
    """(length, DIM) unit vectors of a video."""
    rng = np.random.default_rng([video_no, 0])
    if video_no and rng.random() < COPIES:
        found = _seen(int(rng.integers(video_no)), length)
        found = found + rng.standard_normal(found.shape) * CODEC / np.sqrt(DIM)
    else:
        found = _start(video_no) + _walk(rng, length)
    return np.asarray(found / np.linalg.norm(found, axis=1, keepdims=True), np.float32)


def _start(video_no: int) -> Vectors:
    """(DIM,) where a video begins: somewhere in its topic, or where an earlier one does."""
    rng = np.random.default_rng([video_no, 2])
    if video_no and rng.random() < AGAIN:
        return _start(int(rng.integers(video_no)))
    topic = np.random.default_rng([int(rng.integers(TOPICS)), 3]).standard_normal(DIM)
    found: Vectors = (topic + SPREAD * rng.standard_normal(DIM)) / np.sqrt(DIM)
    return found


def _walk(rng: np.random.Generator, length: int) -> Vectors:
    """(length, DIM) away from the start, by a step of the camera's own from frame to frame."""
    step = np.exp(rng.uniform(*np.log(STEPS)))
    stays = 1.0 - 0.5 * (step / ROAM) ** 2
    drawn = rng.standard_normal((length, DIM)) * np.sqrt((1.0 - stays**2) / DIM) * ROAM
    noise = rng.standard_normal((length, DIM)) * NOISE / np.sqrt(DIM)
    return np.asarray(lfilter([1.0], [1.0, -stays], drawn, axis=0) + noise)


def _looks(rng: np.random.Generator, length: int) -> list[Any]:
    """The columns of the frames table behind the key: good pictures that nobody stores."""
    number = np.arange(length)
    floats = [
        rng.uniform(low, high, length) for low, high in ((50, 99), (90, 160), (30, 60), (1, 9))
    ]
    return [
        pa.array(number, pa.int32()),
        pa.array(number.astype(np.float64)),
        pa.array(np.zeros(length, bool)),
        pa.array(np.zeros(length, bool)),
        *(pa.array(values, pa.float32()) for values in floats),
        pa.nulls(length, pa.int64()),
        *(pa.nulls(length, pa.float64()) for _ in range(2)),
        pa.array([""] * length).dictionary_encode().cast(tables.FRAMES.field("region").type),
        pa.nulls(length, pa.binary()),
    ]


def _run(root: Path, options: argparse.Namespace, name: str) -> dict[str, float]:
    """Runs the stages; measures the process and its children."""
    done = root / f"{name}.json"
    if done.exists():
        return dict(json.loads(done.read_text("utf-8")))
    code = (
        "import sys; from pathlib import Path; from framesel import recipe; "
        "from framesel.pipeline import Pipeline; from framesel.workspace import Workspace; "
        "sys.path.insert(0, sys.argv[4]); from big_workspace import Quiet; "
        "from framesel.runners.local import LocalRunner\n"
        "if __name__ == '__main__':\n"
        "    chosen = recipe.load(Path(sys.argv[1]) / 'recipe.yaml', sys.argv[3:4])\n"
        "    pipeline = Pipeline(Workspace.open(Path(sys.argv[1])), chosen, Quiet())\n"
        "    pipeline.run(None, before=sys.argv[2])\n"
    )
    began = time.monotonic()
    here = str(Path(__file__).parent)
    script = root / "run.py"
    script.write_text(code, "utf-8")
    command = [sys.executable, str(script), str(root), options.before, "run.memory_gb=4", here]
    process = subprocess.Popen(command)
    peak, read = 0.0, 0.0
    parent = psutil.Process(process.pid)
    seen: dict[int, float] = {}
    while process.poll() is None:
        total = 0.0
        for one in [parent, *_children(parent)]:
            try:
                total += _own_bytes(one.pid)
                seen[one.pid] = float(one.io_counters().read_chars)
            except (psutil.NoSuchProcess, OSError):
                continue
        peak = max(peak, total)
        time.sleep(0.2)
    if process.returncode:
        raise SystemExit(f"framesel ended with {process.returncode}")
    read = sum(seen.values())
    found = {"seconds": time.monotonic() - began, "peak_gb": peak / 1e9, "read_gb": read / 1e9}
    if not options.before:
        done.write_text(json.dumps(found), "utf-8")
    return found


def _own_bytes(pid: int) -> float:
    """What a process holds that is not of files; pages of several count for each in part."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8")
    sizes = {line.split()[0]: int(line.split()[1]) for line in told.splitlines()[1:]}
    return 1024.0 * (sizes["Pss_Anon:"] + sizes["Pss_Shmem:"])


def _children(parent: psutil.Process) -> list[psutil.Process]:
    try:
        return list(parent.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


if __name__ == "__main__":
    main()
