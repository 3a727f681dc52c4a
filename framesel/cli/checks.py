"""`verify`, `tau`, `doctor`: is it right, and is it well?"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from framesel.cli.run import Set, WorkspaceArgument, settings_of
from framesel.errors import FrameselError
from framesel.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("verify")(verify)
    app.command("tau")(tau)
    app.command("calibrate")(calibrate)
    app.command("doctor")(doctor)


def verify(
    workspace: WorkspaceArgument,
    folder: Annotated[
        Path | None, typer.Argument(help="What `framesel export --out` wrote; none: all that went.")
    ] = None,
) -> None:
    """Proves by plain sequential decoding that each exported picture is the frame it claims."""
    from framesel.handover.verifying import verify_all, verify_folder

    opened = Workspace.open(workspace)
    counts: Counter[str] = Counter()
    for check in verify_all(opened) if folder is None else verify_folder(opened, folder):
        counts[check.verdict] += 1
        if check.verdict in ("wrong", "missing"):
            typer.echo(f"  {check.verdict}: {check.image}: {check.detail} ({check.video})")
    listed = ", ".join(
        f"{counts[kind]} {kind}" for kind in ("ok", "indistinguishable", "wrong", "missing")
    )
    typer.echo(f"{sum(counts.values())} pictures: {listed}")
    if counts["wrong"] or counts["missing"]:
        raise FrameselError("some pictures are not the frames that they claim to be")


def tau(
    workspace: WorkspaceArgument,
    samples: Annotated[int, typer.Option(help="Frames to make duplicates of.")] = 300,
    settings: Set = None,
) -> None:
    """Suggests duplicates.tau_cos from the workspace's own frames."""
    from framesel.calibration import calibrate

    opened = Workspace.open(workspace)
    found = calibrate(opened, settings_of(opened, settings, None), samples)
    for line in found.lines():
        typer.echo(line)


def calibrate(
    workspace: WorkspaceArgument,
    labels: Annotated[
        Path, typer.Option(help="CSV: video,index,label,x,y,w,h; no label: nothing is there.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="For scores.calibration.")],
    score: Annotated[str, typer.Option(help="Which; empty: the one that tells errors best.")] = "",
    settings: Set = None,
) -> None:
    """Learns from labelled frames how likely an error is at each value of a score."""
    from framesel.frame_labels import calibrate as learn

    opened = Workspace.open(workspace)
    for line in learn(opened, settings_of(opened, settings, None), labels, out, score):
        typer.echo(line)
    typer.echo(f"use it: --set scores.calibration={out}")


def doctor() -> None:
    """Prints versions, devices, codecs, what is missing and how to get it."""
    from framesel.doctor import examine

    for line in examine():
        typer.echo(line)
