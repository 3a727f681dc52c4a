"""`push cvat` and `labels pull cvat`: straight into a running CVAT, and back."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from framesel.cli.export import (
    Blur,
    BlurWeights,
    Context,
    Guesses,
    Least,
    Round,
    What,
    handed_over,
    listing_of,
    wanted_of,
)
from framesel.cli.labels import Annotator, NewClasses, OnlyKnown, Rename, Reviewed, say
from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.errors import UsageError
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.handover.servers.cvat_client import Login
    from framesel.handover.servers.cvat_task import Check

Url = Annotated[str, typer.Option("--url", help="Address of the server.")]


def register(push: typer.Typer, pull: typer.Typer) -> None:
    """Adds the two commands."""
    push.command("cvat")(push_cvat)
    pull.command("cvat")(pull_cvat)


def push_cvat(
    workspace: WorkspaceArgument,
    url: Url,
    project: Annotated[
        str, typer.Option("--project", help="Number or name; made if there is none of that name.")
    ] = "",
    what: Annotated[What, typer.Option(help="Which frames.")] = What.picks,
    round_no: Round = None,
    pre_annotations: Guesses = True,
    confidence: Least = 0.25,
    context: Context = 0,
    blur: Blur = None,
    blur_weights: BlurWeights = None,
    job_size: Annotated[
        int, typer.Option("--job-size", min=0, help="Frames in a job; 0: one job.")
    ] = 0,
    ground_truth: Annotated[
        int, typer.Option(min=0, help="So many frames are a ground truth job too.")
    ] = 0,
    honeypots: Annotated[
        int,
        typer.Option(min=0, help="So many frames check every job. CVAT shuffles all frames then."),
    ] = 0,
    honeypots_each_job: Annotated[int, typer.Option(min=1, help="How many each job gets.")] = 1,
    again: Annotated[
        bool, typer.Option("--again", help="Make a second task of the same name.")
    ] = False,
    log_format: Format = LogFormat.text,
) -> None:
    """Makes a task in CVAT: the most informative frame first, with guesses and reasons.

    The login is taken from CVAT_TOKEN, or from CVAT_USERNAME and CVAT_PASSWORD, or asked for.
    """
    from framesel.handover.servers.cvat_client import checked_address
    from framesel.handover.servers.cvat_server import push

    opened = Workspace.open(workspace)
    check = _check(ground_truth, honeypots, honeypots_each_job)
    wanted = wanted_of(pre_annotations, confidence, context, blur, blur_weights, False)
    address, login = checked_address(url), login_of()
    handed = handed_over(opened, listing_of(opened, what, round_no), wanted, log_format)
    done = push(
        handed.sheet(),
        address,
        login,
        project=project,
        segment_size=job_size,
        check=check,
        again=again,
    )
    typer.echo(f"task {done.task}: {done.pictures} pictures, {done.boxes} boxes")
    typer.echo(f"  open  {done.url}")
    typer.echo(f"  back  framesel labels pull cvat {workspace} --url {address} --task {done.task}")


def pull_cvat(
    workspace: WorkspaceArgument,
    url: Url,
    task: Annotated[list[int], typer.Option("--task", help="Number of a task; repeatable.")],
    reviewed: Reviewed = "auto",
    rename: Rename = None,
    new_classes: NewClasses = False,
    only_known: OnlyKnown = False,
    annotator: Annotator = "",
    log_format: Format = LogFormat.text,
) -> None:
    """Takes labels from CVAT. Frames of completed jobs count, and those tagged as background.

    The login is taken from CVAT_TOKEN, or from CVAT_USERNAME and CVAT_PASSWORD, or asked for.
    """
    from framesel.cli.progress import display
    from framesel.handover.class_names import renaming
    from framesel.handover.incoming import How, take
    from framesel.handover.servers.cvat_client import checked_address
    from framesel.handover.servers.cvat_server import pull

    opened = Workspace.open(workspace)
    how = How(renaming(rename or ()), new_classes, only_known, annotator)
    address = checked_address(url)
    returned = pull(address, login_of(), task)
    source = ", ".join(f"{address}/tasks/{number}" for number in task)
    with display(opened, log_format) as watch:
        taken = take(opened, returned, source, reviewed, watch, how)
    say(taken, workspace)


def login_of() -> Login:
    """Who asks, from the environment or a prompt: never from a recipe or the command line.

    Raises:
        UsageError: The environment says nothing, and there is nobody to ask.
    """
    from framesel.handover.servers.cvat_client import Login

    token = os.environ.get("CVAT_TOKEN", "")
    user, password = (os.environ.get(f"CVAT_{name}", "") for name in ("USERNAME", "PASSWORD"))
    if token:
        return Login(token=token)
    if user and password:
        return Login(user=user, password=password)
    if not sys.stdin.isatty():
        raise UsageError("set CVAT_TOKEN, or CVAT_USERNAME and CVAT_PASSWORD, in the environment")
    if user:
        return Login(user=user, password=typer.prompt("CVAT password", hide_input=True, err=True))
    return Login(token=typer.prompt("CVAT access token", hide_input=True, err=True))


def _check(ground_truth: int, honeypots: int, each_job: int) -> Check | None:
    from framesel.handover.servers.cvat_task import Check

    if ground_truth and honeypots:
        raise UsageError("--ground-truth and --honeypots exclude each other: CVAT has one check")
    if honeypots:
        return Check("gt_pool", honeypots, each_job)
    return Check("gt", ground_truth) if ground_truth else None
