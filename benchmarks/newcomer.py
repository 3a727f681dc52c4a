"""End to end: `framesel run` against a careful newcomer's script, on 1080p footage at 1 fps.

    python benchmarks/newcomer.py --work DIR [--minutes 30] [--repeats 3] [--gop long --gop short]
    python benchmarks/newcomer.py --work DIR --profile
    python benchmarks/newcomer.py --work DIR --coarse

Footage is made once from the clips below --data (newcomer_footage.py) and kept in --work, with
keyframes every 250 frames (long) and every second (short). Each side is a process of its own and
starts from nothing; they take turns, and every second pair begins with the other side. Both must
deliver the same: frames, embeddings, boxes, near-duplicates, picks and their pictures; how far they
do is printed before the table. Times are medians; the ratio is the newcomer's time over framesel's,
pair by pair. With --coarse, framesel also takes its turn coarse to fine, with the default settings
of that; what its picks lose is printed first (newcomer_coarse.py). `--coarse --skip 30 --repeats 0`
prints that for the other half of the clips.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

from newcomer_coarse import losses
from newcomer_footage import GOPS, footage
from newcomer_profile import profile
from newcomer_sides import (
    STAGES,
    Cost,
    Task,
    compare,
    like_the_newcomer,
    newcomers,
    ours,
    run_newcomer,
    run_ours,
    write_backbone,
)

NEWCOMER, OURS, COARSE = "newcomer", "framesel", "coarse"
PICKS_A_MINUTE = 200 / 30
GOALS = {"long": 2.3, "short": 4.0}
COARSE_GOAL = 10.0


def main() -> None:
    """Prints what both deliver, a table of stages and the ratio for each kind of footage."""
    options = _options()
    backbone = options.work / "vit_small.pth"
    folders = footage(options.data, options.work, options.minutes, options.skip)
    if not backbone.exists():
        write_backbone(backbone)
    picks = options.picks or round(PICKS_A_MINUTE * options.minutes)
    for gop in options.gop or GOPS:
        detector = options.detector or options.data / "weights" / "yolov8n-approx.pt"
        task = Task(folders[gop], backbone, detector, picks)
        print(f"\n{options.minutes:g} minutes, {gop} GOPs ({GOPS[gop]} frames), {picks} picks")
        home = options.work / "runs" / gop
        if options.coarse:
            print("\n".join(losses(task, home)), flush=True)
        if not options.repeats:
            continue
        costs = measure(task, home, options.repeats, coarse=options.coarse)
        for name, mine in costs.items():
            if name != NEWCOMER:
                goal = COARSE_GOAL if name == COARSE else GOALS[gop]
                print_table(costs[NEWCOMER], mine, name, goal)
        if options.profile:
            profile(task, home / OURS / "ws", costs[OURS], ours(home / OURS))


def measure(task: Task, home: Path, repeats: int, *, coarse: bool) -> dict[str, list[Cost]]:
    """Runs all sides in turn."""
    settings = like_the_newcomer(task)
    runs: dict[str, Callable[[Path], Cost]] = {
        NEWCOMER: lambda out: run_newcomer(task, out),
        OURS: lambda out: run_ours(task, out, settings),
    }
    if coarse:
        runs[COARSE] = lambda out: run_ours(task, out, {**settings, "coarse": {}})
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for turn in range(repeats):
        for name in runs if turn % 2 == 0 else reversed(runs):
            shutil.rmtree(home / name, ignore_errors=True)
            os.sync()
            cost = runs[name](home / name)
            costs[name].append(cost)
            told = f"{cost.wall:.1f} s, {cost.cpu:.1f} s of processors"
            print(f"  {name}: {told}", flush=True)
        if turn == 0:
            print("\n".join(compare(newcomers(home / NEWCOMER), ours(home / OURS))))
    return costs


def print_table(theirs: Sequence[Cost], mine: Sequence[Cost], name: str, goal: float) -> None:
    """A line for each stage, for the whole, and for the ratio of each pair."""
    print(f"{'median seconds':<16}{NEWCOMER:>10}{name:>10}{'ratio':>8}")
    for stage in STAGES:
        _line(stage, [c.stages[stage] for c in theirs], [c.stages[stage] for c in mine])
    _line("start and rest", [c.rest for c in theirs], [c.rest for c in mine])
    _line("whole", [c.wall for c in theirs], [c.wall for c in mine])
    _line("of processors", [c.cpu for c in theirs], [c.cpu for c in mine])
    ratios = [a.wall / b.wall for a, b in zip(theirs, mine, strict=True)]
    middle = statistics.median(ratios)
    print(
        f"ratio of whole runs: median {middle:.2f}, {min(ratios):.2f} to {max(ratios):.2f} in "
        f"{len(ratios)} pairs; goal {goal}: {'reached' if middle >= goal else 'MISSED'}"
    )


def _line(name: str, theirs: Sequence[float], mine: Sequence[float]) -> None:
    a, b = statistics.median(theirs), statistics.median(mine)
    ratio = f"{a / b:8.2f}" if b > 0 else ""
    print(f"{name:<16}{a:10.2f}{b:10.2f}{ratio}")


def _options() -> argparse.Namespace:
    data = os.environ.get("FRAMESEL_DATA") or Path(__file__).parents[2] / "shared" / "data"
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="footage and results go there")
    parser.add_argument("--data", type=Path, default=Path(data), help="clips and weights")
    parser.add_argument("--detector", type=Path, help="YOLO weights; default: those of --data")
    parser.add_argument("--minutes", type=float, default=30.0, help="of footage")
    parser.add_argument("--picks", type=int, help="default: 200 in 30 minutes")
    parser.add_argument("--skip", type=float, default=0.0, help="minutes of clips: other footage")
    parser.add_argument("--repeats", type=int, default=3, help="0: only what --coarse loses")
    parser.add_argument("--gop", choices=list(GOPS), action="append", help="default: both")
    parser.add_argument("--coarse", action="store_true", help="keyframes first, as well")
    parser.add_argument("--profile", action="store_true", help="what limits each of our stages")
    return parser.parse_args()


if __name__ == "__main__":
    main()
