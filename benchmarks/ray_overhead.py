"""What the Ray runner costs beside the local one on one machine, start-up told apart.

    python benchmarks/ray_overhead.py --clips 24 --runs 3

Whole commands on drone clips, local and Ray in turn, and the same on a few clips, just enough for a
worker on each of two cores: that is mostly start-up (imports, a cluster, workers for each stage).
What is left of the first when the second is taken away is compared. Prints medians.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from drone_clips import data_folder

RUNNERS = ("local", "ray")
FEW = 4  # clips; two are a piece of work


def main() -> None:
    """Prints a line for each run, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--fps", type=float, default=10.0, help="Frames per second of the clips.")
    options = parser.parse_args()
    clips = sorted((data_folder() / "drone" / "videos").glob("V_*.mp4"))[: options.clips]
    took: dict[tuple[str, int], list[float]] = {}
    for _ in range(options.runs):
        for number in (FEW, len(clips)):
            for runner in RUNNERS:
                seconds = run_s(runner, clips[:number], options.fps)
                took.setdefault((runner, number), []).append(seconds)
                print(f"{runner:<6}{number:>4} clips {seconds:7.1f} s", flush=True)
    beyond = {}
    for runner in RUNNERS:
        first, whole = (statistics.median(took[runner, n]) for n in (FEW, len(clips)))
        beyond[runner] = whole - first
        print(
            f"{runner:<6}{FEW} clips {first:.1f} s, {len(clips)} clips {whole:.1f} s, "
            f"the difference {beyond[runner]:.1f} s"
        )
    print(
        f"overhead beyond start-up: {beyond['ray'] / beyond['local'] - 1:+.1%} (goal: under 15 %)"
    )


def run_s(runner: str, clips: list[Path], fps: float) -> float:
    """Seconds of one whole command in a new workspace."""
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable, "-m", "framesel", "run", *map(str, clips), "-w", f"{folder}/ws",
            "--runner", runner, "--budget", "20", "--set", f"frames.sample.fps={fps:g}",
            "--set", "catalog.shard_videos=2",
        ]  # fmt: skip
        environment = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
        began = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return time.monotonic() - began


if __name__ == "__main__":
    main()
