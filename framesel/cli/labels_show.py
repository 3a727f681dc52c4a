"""`labels show`: what labels say about a round."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from framesel.cli.run import WorkspaceArgument
from framesel.cli.table import show
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.handover.round_edits import Said
    from framesel.labels.agreement import Agreement
    from framesel.labels.annotators import Annotator


def register(labels: typer.Typer) -> None:
    """Adds the command."""
    labels.command("show")(show_labels)


def show_labels(
    workspace: WorkspaceArgument,
    round_no: Annotated[
        int | None, typer.Option("--round", help="Whose picks; all that is labelled if not given.")
    ] = None,
    rule: Annotated[
        str,
        typer.Option(help="Several annotators: majority, union, newest or annotator:NAME."),
    ] = "majority",
) -> None:
    """Shows what was labelled, what it cost, who agrees, and what was changed about the guesses."""
    from framesel.handover.round_edits import said
    from framesel.labels.agreement import agreements, class_alpha

    found = said(Workspace.open(workspace), round_no, rule)
    for line in _summary(found):
        typer.echo(line)
    if found.edits is not None:
        _show_edits(found)
    if found.people:
        typer.echo("")
        columns = ("annotator", "frames", "empty", "boxes", "time", "s/frame", "s/box")
        show((*columns, "shared", "F1", "IoU", "class"), map(_person, found.people))
    pairs = agreements(found.labels)
    if pairs:
        typer.echo("")
        columns = ("agreement", "frames", "boxes", "matched", "F1", "IoU", "class kappa")
        show(columns, map(_pair, pairs))
        alpha = class_alpha(found.labels)
        typer.echo(f"Krippendorff's alpha of the classes: {_number(alpha)}")


def _summary(found: Said) -> Iterator[str]:
    frames, boxes = found.agreed.frames, found.agreed.boxes
    empty = frames["boxes"].to_pylist().count(0)
    yield (
        f"{found.title}: {frames.num_rows:,} of {found.asked:,} frames labelled, {empty:,} of them "
        f"empty, {boxes.num_rows:,} boxes"
    )
    timed = [(p.seconds, p.seconds_per_frame) for p in found.people if p.seconds is not None]
    spent = sum(seconds for seconds, _ in timed if seconds is not None)
    if timed:
        yield f"  {_clock(spent)} were spent on them, as far as the tools say"


def _show_edits(found: Said) -> None:
    if found.edits is None:
        return
    iou = _number(found.edits.mean_iou)
    typer.echo(
        f"\nof {found.edits.total.guessed:,} guesses in {found.edits.frames:,} frames "
        f"{found.edits.total.kept:,} stayed as they were; {found.edits.distance:,} edits, "
        f"{found.edits.untouched:,} frames without any, mean IoU {iou}"
    )
    columns = ("class", "guessed", "kept", "moved", "renamed", "removed", "added", "edits")
    counts = sorted(found.edits.classes.items(), key=lambda c: (-c[1].distance, c[0]))
    rows = [
        (name, *map(str, (c.guessed, c.kept, c.moved, c.renamed, c.removed, c.added, c.distance)))
        for name, c in (*counts, ("all", found.edits.total))
    ]
    show(columns, rows)


def _person(one: Annotator) -> tuple[str, ...]:
    return (
        one.name or "(not said)",
        str(one.frames),
        str(one.empty),
        str(one.boxes),
        "-" if one.seconds is None else _clock(one.seconds),
        _number(one.seconds_per_frame, 1),
        _number(one.seconds_per_box, 1),
        str(one.shared),
        _number(one.f1),
        _number(one.mean_iou),
        _number(one.same_class),
    )


def _pair(one: Agreement) -> tuple[str, ...]:
    names = " and ".join(name or "(not said)" for name in (one.one, one.other))
    boxes = f"{one.boxes[0]} and {one.boxes[1]}"
    figures = map(_number, (one.f1, one.mean_iou, one.kappa))
    return (names, str(one.frames), boxes, str(one.matched), *figures)


def _number(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d} h"
