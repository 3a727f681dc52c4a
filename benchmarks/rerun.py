"""How long does a run take that finds everything done?

    framesel run ../shared/data/drone/videos -w ws --set 'frames.sample={mode: every_n, n: 1}'
    python benchmarks/rerun.py ws

Repeats the run of a finished workspace and prints the median; checks that nothing was computed.
`--vectors FILE.npy` also writes its embeddings and, beside them, FILE_video_no.npy for the other
benchmarks.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from framesel import planning, recipe
from framesel.catalog import Catalog
from framesel.stage import GatherInputs
from framesel.stages import gathered
from framesel.workspace import Workspace


def main() -> None:
    """Prints the median of several whole processes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--vectors", type=Path)
    options = parser.parse_args()
    if options.vectors:
        write_vectors(Workspace.open(options.workspace), options.vectors)
    settings = f"--recipe={options.workspace / 'recipe.yaml'}"
    command = [sys.executable, "-m", "framesel", "run", "-w", str(options.workspace), settings]
    times = []
    for _ in range(options.runs):
        began = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        times.append(time.monotonic() - began)
        assert "to do" not in done.stderr.replace("catalog", "", 1).partition("\n")[2], done.stderr
    rows = sum(1 for _ in options.workspace.glob("frames/*/*.parquet"))
    print(f"{rows} shards of frames, {options.runs} runs")
    print(
        f"no-op rerun: median {statistics.median(times):.2f} s, "
        f"{min(times):.2f} to {max(times):.2f}"
    )


def write_vectors(workspace: Workspace, path: Path) -> None:
    """Writes the embeddings of the last recipe as float32."""
    chosen = recipe.load(workspace.recipe)
    keys = {s.stage.name: s.key for s in planning.plan(workspace, chosen)}
    catalog = Catalog(workspace)
    inputs = GatherInputs(workspace, keys, catalog, catalog.sources.slice(0, 0))
    data = gathered.read(inputs, ["t_s"], chosen.run)
    np.save(path, data.in_memory())
    np.save(path.with_name(f"{path.stem}_video_no.npy"), data.columns["video_no"])
    print(f"{path}: {data.vectors.shape}")


if __name__ == "__main__":
    main()
