"""How far each of our stages is from what this machine can do: the last part of newcomer.py.

Limits are measured here and now, on all cores: libav decoding the same packets to nothing, matrix
products of torch, a sum over memory, a file written and synced. A stage that starts workers and
loads models cannot reach them; on long footage that weighs less.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import torch
from newcomer_sides import ARCHITECTURE, Cost, Delivered, Task
from torch.utils.flop_counter import FlopCounterMode

from framesel.video import probe
from framesel.video.packets import read_index
from framesel.video.plan import Run, plan
from framesel.video.reader import PacketReader
from framesel.video.sampling import FpsSampling

CORES = len(os.sched_getaffinity(0))
SIDE = 3072
"""Of the square matrices."""
BUFFER = 256 << 20
"""Bytes that are summed, and written."""
TIMES = 5


def profile(task: Task, workspace: Path, costs: Sequence[Cost], delivered: Delivered) -> None:
    """Prints a line for each limit.

    Args:
        task: What was asked for.
        workspace: Of the last run.
        costs: Of our runs.
        delivered: What they gave.
    """
    torch.set_num_threads(CORES)
    stage = {n: statistics.median(c.stages[n] for c in costs) for n in costs[0].stages}
    frames, dim = delivered.vectors.shape
    print(f"{'framesel, seconds':<22}{'taken':>8}{'limit':>8}{'share':>8}  what limits")
    videos = sorted(task.videos.glob("*.mp4"))
    for skip, what in ((True, "the same packets to nothing"), (False, "all packets to nothing")):
        seconds = _drained(videos, skip=skip)
        _line("decode", stage["decode"], seconds, f"libav, {what}, {CORES} processes")
    peaks = {kind: _products(kind) for kind in (torch.float32, torch.bfloat16)}
    for name, gflop in (("embed", _vit_gflop()), ("detect", _yolo_gflop(task.detector))):
        for kind, peak in peaks.items():
            what = f"{gflop:.2f} GFLOP a frame; {str(kind)[6:]} products at {peak:.0f} GFLOP/s"
            _line(name, stage[name], frames * gflop / peak, what)
    rate = _summed()
    read = len(delivered.kept) * dim * 4 * task.picks / 1e9
    _line(
        "pick", stage["pick"], read / rate, f"k-center reads {read:.2f} GB; memory {rate:.1f} GB/s"
    )
    size = sum(p.stat().st_size for p in workspace.rglob("*") if p.is_file()) / 1e9
    rate = _written(workspace)
    whole = statistics.median(c.wall for c in costs)
    _line("whole", whole, size / rate, f"{size:.3f} GB left on disk; synced writes {rate:.2f} GB/s")
    busy = statistics.median(c.cpu for c in costs)
    _line("whole", whole, busy / CORES, f"{busy:.0f} s of processors shared by {CORES} cores")


def _line(name: str, taken: float, limit: float, what: str) -> None:
    share = f"{limit / taken:8.0%}" if taken > 0 else f"{'':8}"
    print(f"{name:<22}{taken:8.2f}{limit:8.2f}{share}  {what}", flush=True)


def _drained(videos: Sequence[Path], *, skip: bool) -> float:
    """Seconds until all videos were decoded, by one process of one thread for each core."""
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        list(pool.map(_ready, range(CORES)))
        began = time.perf_counter()
        list(pool.map(partial(_drain, skip=skip), videos))
        return time.perf_counter() - began


def _ready(_: int) -> None:
    """Has a worker import what it needs before the clock starts."""
    time.sleep(0.2)


def _drain(path: Path, *, skip: bool) -> int:
    """Decodes what 1 fps needs, or everything, and looks at nothing; returns how many pictures."""
    info = probe(path)
    index = read_index(path, info)
    rows = index.rows_of(index.timeline.pts[FpsSampling(fps=1).choose(index.timeline)])
    runs, feed = plan(rows, index.start, index.droppable, index.intra, index.leading)
    if not skip:
        runs, feed = [Run(0, len(feed))], feed | True
    count = 0
    with PacketReader(path, info, index, threads=1, strict=True) as reader:
        for run in runs:
            reader.approach(run.start)
            for row, packet in reader.packets(run.start, run.stop):
                if feed[row]:
                    count += len(reader.context.decode(packet))
            count += len(reader.context.decode(None))
            reader.context.flush_buffers()
    return count


def _vit_gflop() -> float:
    """Of one picture; torch's counter leaves out the fused attention, another 8 %."""
    import timm

    model = timm.create_model(ARCHITECTURE, pretrained=False, num_classes=0).eval()
    return _counted(partial(model, torch.zeros(1, 3, 224, 224)))


def _yolo_gflop(weights: Path) -> float:
    """Of a picture with the aspect of 1080p."""
    from ultralytics import YOLO

    model = YOLO(weights).model.eval()
    return _counted(partial(model, torch.zeros(1, 3, 384, 640)))


def _counted(run: Callable[[], object]) -> float:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        run()
    return float(counter.get_total_flops()) / 1e9


def _products(kind: torch.dtype) -> float:
    """GFLOP/s of the best of several matrix products."""
    one, other = (torch.randn(SIDE, SIDE).to(kind) for _ in range(2))
    return 2 * SIDE**3 / _best(lambda: one @ other) / 1e9


def _summed() -> float:
    """GB/s of the best of several sums over more memory than caches hold."""
    values = torch.ones(BUFFER // 4)
    return BUFFER / _best(values.sum) / 1e9


def _written(folder: Path) -> float:
    """GB/s of a file that is written and synced."""
    content = os.urandom(1 << 20) * (BUFFER >> 20)
    path = folder.with_name("written.tmp")

    def write() -> None:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    seconds = _best(write)
    path.unlink()
    return BUFFER / seconds / 1e9


def _best(run: Callable[[], object]) -> float:
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        run()
        took.append(time.perf_counter() - began)
    return min(took)
