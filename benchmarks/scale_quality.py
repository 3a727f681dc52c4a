"""What choosing in parts costs, beside choosing of all candidates together.

    python benchmarks/scale_quality.py --work DIR [--frames 1000000] [--exact-below 100000 ...]

Takes a workspace of `scale.py` (and makes it where it is missing). For `cover` and `k_center` it
chooses 10,000 frames, first of all candidates together, then with `selection.exact_below` lowered,
and prints of both choices

- the radius: the largest distance of a frame that may be chosen from the nearest that is, and
- the coverage: how much of all frames is covered, by a Gaussian kernel of the natural width,
  computed here by plain products.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from big_workspace import Quiet
from scale import made_workspace

from framesel import planning, recipe
from framesel.catalog import Catalog
from framesel.pipeline import Pipeline
from framesel.selection.coverage.widths import natural_width
from framesel.stage import GatherInputs, Rows
from framesel.stages import pool
from framesel.stages.pool import Pool
from framesel.stages.selection import Selection
from framesel.workspace import Workspace, write_table

Vectors = npt.NDArray[np.float32]
STRATEGIES = ("cover", "k_center")
ALL = 10**9
_NUMBERS_AT_ONCE = 2**24


def main() -> None:
    """Prints a line for each strategy and size of parts."""
    options = _options()
    root = options.work / f"n{options.frames}"
    settings = [f"selection.budget={options.budget}", f"run.memory_gb={options.memory}"]
    made_workspace(root, recipe.load(None, settings), options.frames)
    for strategy in options.strategy or STRATEGIES:
        together: tuple[float, float] | None = None
        for part in (ALL, *options.exact_below):
            told = [f"selection.strategy.name={strategy}", f"selection.exact_below={part}"]
            found, rows, seconds = _chosen(root, [*settings, *told])
            radius, covered = _judged(found, rows)
            together = together or (radius, covered)
            print(
                f"{strategy:9} of {len(found.rows):,} candidates, "
                f"{'together' if part == ALL else f'exact below {part:,}'}: {seconds:.0f} s, "
                f"radius {radius:.4f} ({radius / together[0]:.3f}x), "
                f"coverage {covered:.4f} ({covered / together[1]:.3f}x)",
                flush=True,
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--budget", type=int, default=10_000)
    parser.add_argument("--exact-below", type=int, action="append")
    parser.add_argument("--strategy", action="append", choices=STRATEGIES)
    parser.add_argument("--memory", type=float, default=12.0, help="GB: all are looked at together")
    options = parser.parse_args()
    options.exact_below = options.exact_below or [100_000, 50_000]
    return options


def _chosen(root: Path, settings: Sequence[str]) -> tuple[Pool, npt.NDArray[np.int64], float]:
    """All that may be chosen, the rows that a strategy chooses of it, and its seconds."""
    workspace, chosen = Workspace.open(root), recipe.load(None, settings)
    Pipeline(workspace, chosen, Quiet()).run(None, before="selection")
    keys = {step.name: step.key for step in planning.plan(workspace, chosen)}
    catalog = Catalog(workspace)
    folder = workspace.stage("selection", keys["selection"])

    def beside(name: str, table: pa.Table | Rows) -> None:
        if isinstance(table, pa.Table):
            write_table(folder / f"{name}.parquet", table.schema, table.to_batches())

    inputs = GatherInputs(workspace, keys, catalog, _nothing_before(), beside=beside)
    stage: Any = chosen.stages()["selection"]
    assert isinstance(stage, Selection)
    found = pool.build(stage.wants(), inputs, chosen.run)
    began = time.monotonic()
    picks = stage.run(inputs, chosen.run)
    seconds = time.monotonic() - began
    return found, found.data.rows(picks["video_no"], picks["pts"]), seconds


def _nothing_before() -> pa.Table:
    return pa.table({"video_no": pa.array([], pa.int32()), "pts": pa.array([], pa.int64())})


def _judged(found: Pool, rows: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Radius and coverage of a choice."""
    vectors, mass = found.candidates.vectors, found.weight.astype(np.float64)
    sigma = natural_width(vectors, vectors[:0])
    near = _nearest(vectors, found.data.vectors[rows])
    square = np.maximum(2.0 - 2.0 * near.astype(np.float64), 0.0)
    covered = np.exp(-square / (2.0 * sigma**2))
    return float(np.sqrt(square.max())), float((covered * mass).sum() / mass.sum())


def _nearest(vectors: Vectors, chosen: Vectors) -> Vectors:
    """(n,) the largest cosine of each row with a chosen one."""
    step = max(1, _NUMBERS_AT_ONCE // len(chosen))
    parts = [
        (vectors[low : low + step] @ chosen.T).max(axis=1) for low in range(0, len(vectors), step)
    ]
    return np.concatenate(parts)


if __name__ == "__main__":
    main()
