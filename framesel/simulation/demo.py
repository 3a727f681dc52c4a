"""`make demo`: renders footage with known content, chooses frames, and counts what was found."""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import framesel
from framesel import recipe as recipes
from framesel import table_files
from framesel.catalog import Catalog
from framesel.planning import plan
from framesel.rounds import state
from framesel.simulation import contact_sheet
from framesel.simulation.footage import render
from framesel.simulation.presets import PRESETS
from framesel.simulation.score import Pick, Score, score
from framesel.simulation.truth import TRUTH_FILE, Truth, read_truth
from framesel.workspace import Workspace

RECIPE = Path(__file__).parents[2] / "pipelines" / "quickstart.yaml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the demonstration; returns the exit code of the part that failed, or 0."""
    wanted = _arguments(arguments)
    console = Console(highlight=False)
    began = time.monotonic()
    truth = footage(wanted.folder / "videos", wanted.preset, wanted.seed, console)
    root = wanted.folder / "ws"
    settings = [f"--set={text}" for text in wanted.set]
    where = [f"--workspace={root}", f"--recipe={RECIPE}", f"--budget={wanted.budget}"]
    run = ["run", str(truth.folder), *where, *settings]
    for command in (run, ["verify", str(root)], ["report", str(root)]):
        console.print(f"\n[bold]framesel {' '.join(command)}[/bold]", soft_wrap=True)
        line = [sys.executable, "-m", "framesel", *command]
        code = subprocess.run(line, check=False).returncode  # noqa: S603 - our own program
        if code:
            console.print(f"framesel {command[0]} ended with exit code {code}")
            return code
    report(truth, Workspace.open(root), wanted.folder / "picks.jpg", console)
    console.print(f"  all of it took {time.monotonic() - began:.0f} s")
    return 0


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m framesel.simulation.demo")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where all of it goes")
    parser.add_argument("--preset", choices=sorted(PRESETS), default="demo")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=int, default=40)
    # The rare events last for 0.3 to 1.5 s: at one frame a second most would never be looked at.
    parser.add_argument("--set", action="append", default=["frames.sample.fps=5"])
    return parser.parse_args(arguments)


def footage(folder: Path, preset: str, seed: int, console: Console) -> Truth:
    """Renders the videos, or takes those that an earlier call left."""
    if (folder / TRUTH_FILE).exists():
        truth = read_truth(folder)
        if (truth.preset, truth.seed) == (preset, seed):
            console.print(f"{folder} holds the footage already")
            return truth
        for name in (*(video.name for video in truth.videos), *truth.unreadable):
            (folder / name).unlink(missing_ok=True)
    began = time.monotonic()
    console.print(f"Rendering footage into {folder} …")
    length_s = sum(spec.duration_s for spec in PRESETS[preset].videos)
    # Starting processes takes longer than rendering half a minute.
    workers = min(os.cpu_count() or 1, 4) if length_s > 60 else 1
    truth = render(folder, PRESETS[preset], seed, workers=workers)
    frames = sum(len(video.frames) for video in truth.videos)
    console.print(
        f"{len(truth.videos)} videos, {frames:,} frames in {time.monotonic() - began:.0f} s: "
        f"{len(truth.scenes())} places, {len(truth.events())} rare events"
    )
    return truth


def report(truth: Truth, workspace: Workspace, sheet: Path, console: Console) -> None:
    """Prints what the open round's picks hold beside what uniform sampling would have held."""
    export = state.current(workspace).folder(workspace) / "export"
    rows = table_files.read(export / "picks.parquet").to_pylist()
    ours = score(truth, [Pick(Path(row["video"]).name, row["t_s"]) for row in rows])
    uniform = score(truth, spread_evenly(sampled(workspace), len(rows)))
    console.print()
    console.print(comparison(truth, ours, uniform))
    pictures = [contact_sheet.load(export / "images" / row["image"]) for row in rows]
    contact_sheet.save(sheet, contact_sheet.contact_sheet(pictures, ours.verdicts, columns=8))
    console.print("\n[bold]Where to look[/bold]")
    for what, where in (
        ("the page that explains it", export.parent / "report.html"),
        ("the desk to review it at", f"framesel review {workspace.root}"),
        ("all picks on one picture", sheet),
        ("the picks", export / "images"),
        ("why each was chosen", export / "picks.csv"),
        ("what the footage shows", truth.folder / TRUTH_FILE),
        ("what was done, what failed", f"framesel status {workspace.root}"),
    ):
        console.print(f"  {what:<27} {where}", soft_wrap=True)
    console.print(f"  rims in {sheet.name}: magenta a rare event, yellow a repeat, red a fault")


def comparison(truth: Truth, ours: Score, uniform: Score) -> Table:
    """The two choices side by side."""
    table = Table(title=f"{ours.picks} frames to label", title_justify="left")
    table.add_column("")
    table.add_column("framesel", justify="right")
    table.add_column("evenly spread", justify="right")
    table.add_column("there are", justify="right")
    for name, field, most in (
        ("different places", "scenes", str(len(truth.scenes()))),
        ("rare events caught", "events", str(len(truth.events()))),
        ("different moments", "moments", ""),
        ("picks that repeat another", "repeats", ""),
        ("picks that are black or blurred", "faults", ""),
    ):
        table.add_row(name, str(getattr(ours, field)), str(getattr(uniform, field)), most)
    return table


def sampled(workspace: Workspace) -> list[Pick]:
    """All frames that the last run looked at, in order of video and time."""
    steps = plan(workspace, recipes.load(workspace.recipe))
    (key,) = (step.key for step in steps if step.name == "frames")
    names = {number: Path(row["path"]).name for number, row in Catalog(workspace).videos.items()}
    found = []
    for path in sorted(workspace.stage("frames", key).glob("*.parquet")):
        table = table_files.read(path, columns=["video_no", "t_s"])
        found += [Pick(names[row["video_no"]], row["t_s"]) for row in table.to_pylist()]
    return sorted(found, key=lambda pick: (pick.video, pick.t_s))


def spread_evenly(frames: Sequence[Pick], budget: int) -> list[Pick]:
    """What people do without framesel: the same share of frames from every video, evenly spaced."""
    videos = sorted({frame.video for frame in frames})
    groups = [videos.index(frame.video) for frame in frames]
    # This strategy looks at no vector.
    same = np.tile(np.array([1.0, 0.0], np.float32), (len(frames), 1))
    chosen = framesel.select(
        same, budget, "stratified", groups=groups, pts_s=[frame.t_s for frame in frames]
    )
    return [frames[index] for index in chosen.indices.tolist()]


if __name__ == "__main__":
    sys.exit(main())
