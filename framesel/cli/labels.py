"""`labels`: what people said of frames."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framesel.cli import labels_show
from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.cli.table import show
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.handover.incoming import Taken

labels = typer.Typer(help="Take labels back, and look at them.", no_args_is_help=True)

Reviewed = Annotated[
    str,
    typer.Option(
        "--reviewed",
        help="Which pictures count: auto (as the format says; where it cannot say, those with "
        "boxes), all (empty ones are background), boxed, or a text file with their names.",
    ),
]
Rename = Annotated[
    list[str] | None,
    typer.Option("--rename", metavar="OLD=NEW", help="Rename a class; repeatable."),
]
NewClasses = Annotated[
    bool, typer.Option("--new-classes", help="Accept classes that nobody declared.")
]
OnlyKnown = Annotated[
    bool, typer.Option("--only-known", help="Take what agrees where something does not.")
]
Annotator = Annotated[
    str, typer.Option("--annotator", help="Who drew it, where the labels do not say.")
]


@labels.command("import")
def import_(
    workspace: WorkspaceArgument,
    path: Annotated[Path, typer.Argument(help="A file, a folder, or a zip of either.")],
    format_name: Annotated[
        str, typer.Option("--format", help="auto, or a format's name: cvat, coco, yolo, …")
    ] = "auto",
    reviewed: Reviewed = "auto",
    rename: Rename = None,
    new_classes: NewClasses = False,
    only_known: OnlyKnown = False,
    annotator: Annotator = "",
    log_format: Format = LogFormat.text,
) -> None:
    """Takes labels from a file. They are matched by identity; all are taken, or none."""
    from framesel.annotation.opening import open_labels
    from framesel.cli.progress import display
    from framesel.handover.class_names import renaming
    from framesel.handover.incoming import How, take
    from framesel.handover.known_frames import KnownFrames
    from framesel.handover.matching import Matcher

    opened = Workspace.open(workspace)
    how = How(renaming(rename or ()), new_classes, only_known, annotator)
    returned = open_labels(path, format_name, Matcher(KnownFrames(opened)).size)
    with display(opened, log_format) as watch:
        taken = take(opened, returned, str(path), reviewed, watch, how)
    say(taken, workspace)


def say(taken: Taken, workspace: Path) -> None:
    """Prints what became of labels that came in."""
    for line in _told(taken, workspace):
        typer.echo(line)


def _told(taken: Taken, workspace: Path) -> Iterator[str]:
    from framesel.handover.matching import readable

    if taken.number is None:
        yield f"nothing new: {taken.unchanged:,} words were known as they are"
    else:
        who = f" by {', '.join(filter(None, taken.annotators))}" if any(taken.annotators) else ""
        yield f"import {taken.number}: {taken.frames:,} frames, {taken.boxes:,} boxes{who}"
        if taken.unchanged:
            yield f"  {taken.unchanged:,} words were known as they are"
    if taken.classes:
        yield f"  new classes: {', '.join(taken.classes)}"
    counts = taken.review
    left = {
        "are empty, or as they went out, and the format does not say whether anyone "
        "looked at them: if so, --reviewed all takes them (empty ones as background)": (
            counts.undecided
        ),
        "are not done, the tool says": counts.unreviewed,
        "are not on the list of what was reviewed": counts.unlisted,
        "only give context": taken.context,
    }
    for why, count in left.items():
        if count:
            yield f"  left out: {count:,} pictures that {why}"
    for line in (*map(str, taken.refused), *map(readable, taken.left)):
        yield f"  left out: {line}"
    if taken.closed is not None:
        yield f"round {taken.closed} is closed, as its picks are labelled:"
        yield f"  what they say   framesel labels show {workspace} --round {taken.closed}"
        yield f"  choose more     framesel next {workspace}"


@labels.command("list")
def list_(workspace: WorkspaceArgument) -> None:
    """Lists every import, oldest first."""
    from framesel.labels import store

    rows = [_row(one.number, one.told) for one in store.imports(Workspace.open(workspace))]
    show(("no", "at", "format", "frames", "boxes", "annotators", "source"), rows)


def _row(number: int, told: Any) -> tuple[str, ...]:
    plain = [str(told.get(name, "")) for name in ("at", "read_as", "frames", "boxes")]
    who = ", ".join(name or "-" for name in told.get("annotators", ()))
    return (str(number), *plain, who, str(told.get("source", "")))


labels_show.register(labels)
