"""`labels check`: which labels may be mistakes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.cli.table import show
from framesel.errors import UsageError
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.checking.suspects import Asked, Suspects

SHOWN = 20
"""Suspects that are listed on the screen."""


class How(StrEnum):
    """Whose scores hold labels against detections."""

    learned = "learned"
    objectlab = "objectlab"
    mistakenness = "mistakenness"


def register(labels: typer.Typer) -> None:
    """Adds the command."""
    labels.command("check")(check)


def check(
    workspace: WorkspaceArgument,
    kinds: Annotated[
        str | None,
        typer.Option(
            "--type",
            help="Only these, with commas between: overlooked, located, swapped, spurious (the "
            "detector disagrees), vanished, jumped, renamed (neighbours in time disagree).",
        ),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, help="Frames at most.")] = 100,
    least: Annotated[
        float, typer.Option("--least", help="Lowest suspicion, 0 to 1, that is told.")
    ] = 0.5,
    how: Annotated[
        How, typer.Option("--how", help="learned: ours; or as ObjectLab or FiftyOne score.")
    ] = How.learned,
    gap_s: Annotated[
        float, typer.Option("--gap-s", help="Seconds within which labelled frames are neighbours.")
    ] = 1.0,
    rule: Annotated[
        str, typer.Option("--rule", help="How several annotators become one word.")
    ] = "majority",
    formats: Annotated[
        str | None,
        typer.Option("--format", help="Hand the suspicious frames over: cvat, coco, csv, …"),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A new folder for them.")] = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Ranks labels that the detector or neighbouring frames contradict."""
    from framesel.checking.suspects import Asked, suspects
    from framesel.exporting import last_recipe

    if (out is None) != (formats is None):
        raise UsageError("--out takes a --format, and --format an --out")
    opened = Workspace.open(workspace)
    asked = Asked(_kinds(kinds), how.value, least, gap_s, rule)
    found = suspects(opened, last_recipe(opened), asked)
    for line in _summary(found, asked):
        typer.echo(line)
    if found.found:
        show(("score", "type", "frame", "why"), _rows(found, top))
    if out is not None and formats is not None:
        _hand_over(opened, found, top, formats, out, log_format)


def _kinds(text: str | None) -> tuple[str, ...]:
    from framesel.checking.suspect import KINDS

    if text is None:
        return tuple(KINDS)
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def _summary(found: Suspects, asked: Asked) -> Iterator[str]:
    labelled = found.labelled
    yield f"{len(labelled):,} labelled frames, {len(labelled.flat):,} boxes"
    if labelled.gone:
        yield f"  {labelled.gone:,} more belong to videos that are gone"
    if not found.compared:
        yield "  held against no detections: there are none of these frames"
    elif found.compared < len(labelled):
        left = len(labelled) - found.compared
        yield f"  {left:,} were not seen by a detector, and are only held against their neighbours"
    yield f"  {found.neighbours:,} have a labelled neighbour within {asked.gap_s:g} s"
    counts = Counter(one.kind for one in found.found)
    told = ", ".join(f"{counts[kind]:,} {kind}" for kind in asked.kinds if counts[kind])
    yield f"suspicious: {told or 'nothing'} in {len(found.frames()):,} frames"


def _rows(found: Suspects, top: int) -> Iterator[tuple[str, ...]]:
    labelled = found.labelled
    frames = {at for at, _ in found.frames()[:top]}
    for one in [each for each in found.found if each.frame in frames][:SHOWN]:
        video_no, _ = labelled.keys[one.frame]
        name = Path(labelled.catalog.videos[video_no]["path"]).name
        where = f"{name}@{labelled.t_s[one.frame]:.2f}"
        yield f"{one.score:.3f}", one.kind, where, one.why


def _hand_over(
    opened: Workspace, found: Suspects, top: int, formats: str, out: Path, log_format: LogFormat
) -> None:
    from framesel.checking.listing import suspects_listing
    from framesel.cli.export import handed_over
    from framesel.handover.exporting import formats_named, write_out
    from framesel.handover.handing import Wanted

    chosen = formats_named(formats)
    handed = handed_over(opened, suspects_listing(found, top), Wanted(), log_format)
    write_out(handed, chosen, out, opened)
    for one in chosen:
        typer.echo(f"  {one.name:<14}{out / one.name}")
    typer.echo(f"  {'take back':<14}framesel labels import {opened.root} PATH")
