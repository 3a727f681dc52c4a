"""`export`: the picks as pictures and lists, or for annotation tools."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.errors import UsageError
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.handover.handing import Handed, Wanted
    from framesel.handover.listing import Listing


class What(StrEnum):
    """Which frames go out."""

    picks = "picks"
    holdout = "holdout"


Round = Annotated[int | None, typer.Option("--round", help="Whose picks; the latest if not given.")]
Guesses = Annotated[
    bool,
    typer.Option("--pre-annotations/--no-pre-annotations", help="The detector's boxes go along."),
]
Least = Annotated[float, typer.Option("--confidence", help="Lowest confidence of such a box.")]
Context = Annotated[
    int, typer.Option(min=0, help="Sampled frames before and after each, not to be labelled.")
]
Blur = Annotated[
    str | None, typer.Option(help="Classes to make unrecognisable before anything leaves.")
]
BlurWeights = Annotated[
    str | None, typer.Option(help="The detector that finds them; if not given, the recipe's.")
]
RankNames = Annotated[
    bool, typer.Option("--rank-names", help="Names begin with the rank, for tools that sort.")
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("export")(export)


def export(
    workspace: WorkspaceArgument,
    formats: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="cvat, cvat-video, label-studio, coco, yolo, voc, kitti, labelbox, fiftyone, csv; "
            "several with commas between. None: pictures and lists in the round's own folder.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A new folder for the formats.")
    ] = None,
    what: Annotated[What, typer.Option(help="Which frames.")] = What.picks,
    round_no: Round = None,
    pre_annotations: Guesses = True,
    confidence: Least = 0.25,
    context: Context = 0,
    blur: Blur = None,
    blur_weights: BlurWeights = None,
    rank_names: RankNames = False,
    log_format: Format = LogFormat.text,
) -> None:
    """Writes the picks as they were reviewed: pictures and lists, or files for annotation tools."""
    opened = Workspace.open(workspace)
    wanted = wanted_of(pre_annotations, confidence, context, blur, blur_weights, rank_names)
    if formats is None:
        if out is not None or what is not What.picks or round_no is not None or not _plain(wanted):
            raise UsageError("name what to write with --format; `framesel export --help` lists all")
        _own(opened, log_format)
        return
    from framesel.handover.exporting import formats_named

    chosen = formats_named(formats)
    if out is None:
        raise UsageError("say with --out which folder the formats go to")
    _refuse(out)
    handed = handed_over(opened, listing_of(opened, what, round_no), wanted, log_format)
    _write(opened, handed, [one.name for one in chosen], out)


def wanted_of(
    guesses: bool,
    least: float,
    context: int,
    blur: str | None,
    blur_weights: str | None,
    ranked: bool,
) -> Wanted:
    """What the options say."""
    from framesel.handover.handing import Wanted

    hidden = tuple(part.strip() for part in (blur or "").split(",") if part.strip())
    return Wanted(guesses, least, context, hidden, blur_weights, ranked)


def listing_of(workspace: Workspace, what: What, round_no: int | None) -> Listing:
    """The frames that are asked for.

    Raises:
        UsageError: There is no such round, or a round was named for what is of none.
        WorkspaceError: There are none of that kind.
    """
    if what is What.holdout:
        from framesel.exporting import last_recipe
        from framesel.splitting.listing import holdout_listing

        if round_no is not None:
            raise UsageError("a holdout is of no round: leave --round away")
        return holdout_listing(workspace, last_recipe(workspace))
    from framesel.handover.picks import picks_listing
    from framesel.report.view import View
    from framesel.rounds import state

    if round_no is None:
        return picks_listing(View.of(workspace))
    known = [this.number for this in state.rounds(workspace) if this.selection is not None]
    if round_no not in known:
        there = ", ".join(str(number) for number in known) or "none yet"
        raise UsageError(f"there is no round {round_no} with picks; there is {there}")
    return picks_listing(View.of(workspace, str(round_no)))


def handed_over(
    workspace: Workspace, listing: Listing, wanted: Wanted, log_format: LogFormat
) -> Handed:
    """Makes a handover, says what it holds and what could not be made."""
    from framesel.cli.progress import display
    from framesel.handover.handing import hand_over

    with display(workspace, log_format) as watch:
        handed = hand_over(workspace, listing, wanted, watch)
    told = handed.told
    near = f" and {told['context']} around them" if told["context"] else ""
    typer.echo(f"handover {handed.no}: {told['pictures']} pictures{near}")
    if not handed.classes:
        typer.echo("  no class may be drawn: list some under `classes:` in the recipe")
    if told["hidden"]:
        number = sum(text != "" for text in handed.table()["blurs"].to_pylist())
        names = ", ".join(told["hidden"]["classes"])
        typer.echo(f"  hidden ({names}) in {number} of them: look before you pass them on")
    if handed.missing:
        typer.echo(f"  {handed.missing} could not be made:")
    for row in told["errors"][:10]:
        typer.echo(f"  {row['path']}: {row['error']}")
    return handed


def _plain(wanted: Wanted) -> bool:
    from framesel.handover.handing import Wanted as Default

    return wanted == Default()


def _refuse(out: Path) -> None:
    """A mistake in the folder's name is told before hours of work."""
    from framesel.handover.exporting import marker_of

    full = out.exists() and (not out.is_dir() or any(out.iterdir()))
    if full and (not out.is_dir() or marker_of(out) is None):
        raise UsageError(f"{out} exists and is no export: give --out a new or an empty folder")


def _write(workspace: Workspace, handed: Handed, formats: list[str], out: Path) -> None:
    from framesel.annotation.formats import FORMATS
    from framesel.handover.exporting import write_out

    write_out(handed, [FORMATS[name] for name in formats], out, workspace)
    for name in formats:
        typer.echo(f"  {name:<14}{out / name}")
    typer.echo(f"  {'what to do':<14}{out / 'README.txt'}")
    typer.echo(f"  {'check':<14}framesel verify {workspace.root} {out}")


def _own(workspace: Workspace, log_format: LogFormat) -> None:
    """Pictures and lists in the folder of the latest round."""
    from framesel import exporting
    from framesel.cli.progress import display

    this = exporting.exported_round(workspace)
    with display(workspace, log_format) as watch:
        errors = exporting.export_now(workspace, watch)
    for row in errors:
        typer.echo(f"  {row['path']}: {row['error']}")
    folder = this.folder(workspace) / "export"
    typer.echo(f"round {this.number}: {this.picks(workspace).num_rows} picks")
    typer.echo(f"  pictures  {folder / 'images'}\n  list      {folder / 'picks.csv'}")
    for reason in this.unheard(workspace):
        typer.echo(f"  {reason}: `framesel run` chooses again")
