"""`split` and `holdout`: what a model learns from, and what it is judged by."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.errors import UsageError
from framesel.workspace import Workspace, folder_of

if TYPE_CHECKING:
    from framesel.annotation.formats import Format as ToolFormat
    from framesel.splitting.split import Rules, Split


class By(StrEnum):
    """What is never parted."""

    video = "video"
    scene = "scene"
    component = "component"


Seed = Annotated[int, typer.Option("--seed", help="Another one searches elsewhere.")]
Tau = Annotated[
    float | None,
    typer.Option(
        "--tau",
        help="Cosine from which frames are near neighbours; if not given, that of the duplicates; "
        "above 1: likeness does not count.",
    ),
]
Gap = Annotated[
    float,
    typer.Option("--gap-s", help="Seconds within which frames of a video are; 0: does not count."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("split")(split)
    app.command("holdout")(holdout)


def split(
    workspace: Annotated[Path | None, typer.Argument(metavar="WORKSPACE", parser=folder_of)] = None,
    by: Annotated[By, typer.Option("--by", help="What is never parted.")] = By.component,
    share: Annotated[str, typer.Option("--share", help="Of train, val, test.")] = "0.7,0.15,0.15",
    tau: Tau = None,
    gap_s: Gap = 2.0,
    seed: Seed = 0,
    rule: Annotated[
        str, typer.Option("--rule", help="How several annotators become one word.")
    ] = "majority",
    keep: Annotated[
        bool,
        typer.Option("--keep", help="Frames that models know keep their sides."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A new folder for the dataset.")
    ] = None,
    formats: Annotated[
        str | None, typer.Option("--format", help="Of the dataset: yolo, coco, voc, …; several.")
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", help="Only measure a split: a CSV with the columns name, split."),
    ] = None,
    check_dataset: Annotated[
        Path | None,
        typer.Option("--check-dataset", help="Only measure the split of a dataset of others."),
    ] = None,
    fps: Annotated[
        float | None,
        typer.Option("--fps", help="With --check-dataset: of the frames that names count."),
    ] = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Splits labelled frames so that nothing in val or test has a near neighbour in train."""
    from framesel.handover.exporting import formats_named
    from framesel.splitting.split import Rules, parsed_shares

    if check is not None and check_dataset is not None:
        raise UsageError("give --check or --check-dataset, not both")
    if (out is None) != (formats is None):
        raise UsageError("--out takes a --format, and --format an --out")
    if fps is not None and (check_dataset is None or not fps > 0):
        raise UsageError("--fps goes with --check-dataset, and is above 0")
    if check_dataset is not None:
        _check_dataset(workspace, check_dataset, tau, gap_s, fps)
        return
    if workspace is None:
        raise UsageError("name a workspace: framesel split WORKSPACE")
    opened = Workspace.open(workspace)
    if check is not None:
        _check(opened, check, tau, gap_s, rule)
        return
    rules = Rules(by.value, parsed_shares(share), _tau(opened, tau), gap_s, seed)
    chosen = formats_named(formats) if formats is not None else ()
    found = _split(opened, rules, rule, keep)
    if out is not None:
        _write_dataset(opened, found, chosen, out, log_format)


def _split(opened: Workspace, rules: Rules, rule: str, keep: bool) -> Split:
    from framesel.exporting import last_recipe
    from framesel.splitting import labelled
    from framesel.splitting import split as splitting
    from framesel.splitting.kept import kept_sides

    with opened.locked():
        before = kept_sides(opened) if keep else None
        found = splitting.split(labelled.read(opened, last_recipe(opened), rule), rules, before)
        folder = found.write(opened)
    for line in found.lines():
        typer.echo(line)
    typer.echo(f"  table     {folder / 'split.parquet'}")
    return found


def _tau(opened: Workspace, tau: float | None) -> float:
    from framesel.exporting import last_recipe
    from framesel.splitting.stored import tau_of

    return tau_of(opened, last_recipe(opened)) if tau is None else tau


def _write_dataset(
    opened: Workspace,
    found: Split,
    formats: Sequence[ToolFormat],
    out: Path,
    log_format: LogFormat,
) -> None:
    from framesel.cli.export import handed_over
    from framesel.handover.exporting import write_out
    from framesel.handover.handing import Wanted
    from framesel.splitting.listing import labelled_listing

    listing = labelled_listing(opened, found)
    handed = handed_over(opened, listing, Wanted(guesses=False), log_format)
    write_out(handed, formats, out, opened)
    for one in formats:
        typer.echo(f"  {one.name:<10}{out / one.name}")


def _check(opened: Workspace, path: Path, tau: float | None, gap_s: float, rule: str) -> None:
    from framesel.exporting import last_recipe
    from framesel.splitting import labelled
    from framesel.splitting.leakage import leakage
    from framesel.splitting.named_split import named_split

    cosine = _tau(opened, tau)
    known = labelled.read(opened, last_recipe(opened), rule)
    names, strangers = named_split(path, opened, known)
    if strangers:
        typer.echo(f"{strangers:,} names are of no labelled frame and do not count")
    found = leakage(known.frames.footage, names, gap_s=gap_s, tau=cosine)
    if not found:
        raise UsageError(f"{path}: there is nothing to compare: it takes a train split and another")
    for one in found:
        typer.echo(one.line(gap_s, cosine))
        for mine, theirs in one.worst:
            other = "" if theirs < 0 else f"  most like {_key(known.keys[theirs])}"
            typer.echo(f"  {_key(known.keys[mine])}{other}")


def _key(key: tuple[int, int]) -> str:
    return f"{key[0]}:{key[1]}"


def _check_dataset(
    workspace: Path | None, folder: Path, tau: float | None, gap_s: float, fps: float | None
) -> None:
    from framesel import recipe as recipes
    from framesel.exporting import last_recipe
    from framesel.splitting.leakage import leakage
    from framesel.splitting.other_dataset import OtherDataset, embed

    opened = None if workspace is None else Workspace.open(workspace)
    recipe = recipes.load(None, []) if opened is None else last_recipe(opened)
    cosine = _tau(opened, tau) if opened is not None else tau
    if cosine is None:
        known = recipe.duplicates.tau_cos
        cosine = 0.95 if known == "auto" else float(known)
    dataset = OtherDataset.read(folder, "auto")
    with typer.progressbar(length=len(dataset.paths), label="pictures", file=sys.stderr) as bar:
        vectors = embed(dataset.paths, recipe, lambda done: bar.update(done - bar.pos))
    names = [_printed(path.relative_to(folder)) for path in dataset.paths]
    for one in leakage(dataset.footage(vectors, fps), dataset.split, gap_s=gap_s, tau=cosine):
        typer.echo(one.line(gap_s, cosine))
        for mine, theirs in one.worst:
            other = "" if theirs < 0 else f"  most like {names[theirs]}"
            typer.echo(f"  {names[mine]}{other}")


def _printed(path: Path) -> str:
    """A name of somebody else's, safe for a terminal."""
    return str(path) if str(path).isprintable() else ascii(str(path))


def holdout(
    workspace: WorkspaceArgument,
    share: Annotated[
        float | None, typer.Option("--share", help="Of the sampled footage; 0.1 if not given.")
    ] = None,
    frames: Annotated[
        int | None,
        typer.Option("--frames", help="To be labelled of it; at first 200, then as drawn before."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option("--seed", help="Of the first draw; it holds for all later ones.")
    ] = None,
    tau: Tau = None,
    videos: Annotated[
        list[str] | None,
        typer.Option("--videos", help="Hold these out as a whole and draw none; repeatable."),
    ] = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Holds videos out: no strategy may choose from them and nothing trains on them.

    They are drawn at random, or named with --videos; new ones join the input.
    """
    from framesel.cli.progress import display
    from framesel.exporting import last_recipe
    from framesel.looping.setting_aside import set_aside
    from framesel.splitting.holdout_draw import Wish, draw

    if videos and (share is not None or seed is not None or tau is not None):
        raise UsageError("--videos are held out as they are: leave out --share, --seed and --tau")
    opened = Workspace.open(workspace)
    if videos:
        with display(opened, log_format) as watch:
            found = set_aside(opened, last_recipe(opened), videos, frames, watch)
    else:
        with opened.locked():
            wish = Wish(0.1 if share is None else share, frames, seed, tau)
            found = draw(opened, last_recipe(opened), wish)
    for line in found.lines():
        typer.echo(line)
    typer.echo(f"  pictures  framesel export {workspace} --what holdout --format … --out …")
