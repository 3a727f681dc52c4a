"""Peak memory per process of `framesel run`, and whether both cores work.

    python benchmarks/decoding.py --hour hour.mp4 && python benchmarks/memory.py hour.mp4
    python benchmarks/memory.py --clips 2000 ../shared/data/drone/videos

The second cuts two-second clips by stream copy first.

`--kill S` kills the run after S seconds and starts it again, to see it resume in the middle.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import av
import psutil


def main() -> None:
    """Runs, watches, prints."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("sources", nargs="+")
    parser.add_argument("--clips", type=int, default=0, help="cut so many two-second clips first")
    parser.add_argument("--kill", type=float, default=0.0)
    parser.add_argument("--budget", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sources = options.sources
        if options.clips:
            sources = [str(cut(options.sources, options.clips, Path(folder) / "clips"))]
        command = [sys.executable, "-m", "framesel", "run", *sources]
        command += ["-w", str(Path(folder) / "ws"), "--budget", str(options.budget)]
        if options.kill:
            process = subprocess.Popen(command)
            watch(process, options.kill)
            process.kill()
            process.wait()
            print(f"killed after {options.kill:.0f} s")
        began, cpu = time.monotonic(), os.times()
        process = subprocess.Popen(command)
        peaks = watch(process)
        assert process.returncode == 0, f"exit code {process.returncode}"
        wall_s = time.monotonic() - began
        spent = os.times()
        cpu_s = spent.children_user + spent.children_system - cpu.children_user
        print(f"wall {wall_s:.1f} s, cpu {cpu_s - cpu.children_system:.1f} s")
        for kind, peak in sorted(peaks.items()):
            print(f"peak memory of one {kind}: {peak / 1e9:.2f} GB")


def watch(process: subprocess.Popen[bytes], until_s: float = float("inf")) -> dict[str, int]:
    """Largest resident memory seen of the parent and of any worker."""
    peaks: dict[str, int] = {}
    end = time.monotonic() + until_s
    parent = psutil.Process(process.pid)
    while process.poll() is None and time.monotonic() < end:
        for kind, found in (("parent", [parent]), ("worker", _children(parent))):
            for one in found:
                try:
                    peaks[kind] = max(peaks.get(kind, 0), one.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue
        time.sleep(0.1)
    return peaks


def _children(parent: psutil.Process) -> Sequence[psutil.Process]:
    try:
        return list(parent.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def cut(folders: Sequence[str], clips: int, target: Path) -> Path:
    """Cuts two-second clips at keyframes by stream copy, from as many videos as it takes."""
    target.mkdir(parents=True)
    made = 0
    while made < clips:
        for source in sorted(p for f in folders for p in Path(f).iterdir()):
            if made == clips:
                break
            _copy(source, target / f"{made:05d}_{source.stem}.mkv", 2.0, number=made)
            made += 1
    return target


def _copy(source: Path, target: Path, seconds: float, number: int) -> None:
    with av.open(str(source)) as inside, av.open(str(target), "w") as outside:
        stream = inside.streams.video[0]
        copy = outside.add_stream_from_template(stream)
        # a tag of its own makes each clip other bytes: equal clips would count as one video
        outside.metadata["comment"] = str(number)
        first = None
        for packet in inside.demux(stream):
            if packet.dts is None:
                continue
            first = packet.dts if first is None else first
            if float((packet.dts - first) * packet.time_base) > seconds:
                break
            packet.stream = copy
            outside.mux(packet)


if __name__ == "__main__":
    main()
