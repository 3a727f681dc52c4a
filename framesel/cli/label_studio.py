"""`push label-studio` and `labels pull label-studio`: straight into a running server, and back."""

from __future__ import annotations

import os
import sys
from typing import Annotated

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

TOKEN = "LABEL_STUDIO_API_KEY"  # noqa: S105 - the name of a variable

Url = Annotated[str, typer.Option("--url", help="Address of the server.")]


def register(push: typer.Typer, pull: typer.Typer) -> None:
    """Adds the two commands."""
    push.command("label-studio")(push_label_studio)
    pull.command("label-studio")(pull_label_studio)


def push_label_studio(
    workspace: WorkspaceArgument,
    url: Url,
    project: Annotated[
        str, typer.Option("--project", help="Number or title; made if there is none of that title.")
    ],
    what: Annotated[What, typer.Option(help="Which frames.")] = What.picks,
    round_no: Round = None,
    pre_annotations: Guesses = True,
    confidence: Least = 0.25,
    context: Context = 0,
    blur: Blur = None,
    blur_weights: BlurWeights = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Adds tasks to a project in Label Studio: the most informative frame first, with guesses.

    What the project has already is not added again. The token, legacy or personal, is taken from
    LABEL_STUDIO_API_KEY or asked for.
    """
    from framesel.cli.progress import display
    from framesel.handover.servers.label_studio_server import greet, push

    opened = Workspace.open(workspace)
    wanted = wanted_of(pre_annotations, confidence, context, blur, blur_weights, False)
    token = token_of()
    greet(url, token)
    handed = handed_over(opened, listing_of(opened, what, round_no), wanted, log_format)
    with display(opened, log_format) as watch:
        done = push(
            handed.sheet(), url, project, token, lambda now, of: watch.note(f"pushed {now} of {of}")
        )
    there = f"; {done.there} were there" if done.there else ""
    typer.echo(f"project {done.project}: {done.added} pictures added{there}")
    if done.hidden:
        typer.echo("  guesses are hidden there: Settings > Annotation > Prelabeling, framesel")
    typer.echo(f"  open  {done.url}")
    back = f"framesel labels pull label-studio {workspace} --url {url} --project {done.project}"
    typer.echo(f"  back  {back}")


def pull_label_studio(
    workspace: WorkspaceArgument,
    url: Url,
    project: Annotated[str, typer.Option("--project", help="Its number or title.")],
    reviewed: Reviewed = "auto",
    rename: Rename = None,
    new_classes: NewClasses = False,
    only_known: OnlyKnown = False,
    annotator: Annotator = "",
    log_format: Format = LogFormat.text,
) -> None:
    """Takes labels from a project in Label Studio. What was submitted counts, also if it is empty.

    The token, legacy or personal, is taken from LABEL_STUDIO_API_KEY or asked for.
    """
    from framesel.cli.progress import display
    from framesel.handover.class_names import renaming
    from framesel.handover.incoming import How, take
    from framesel.handover.servers.label_studio_server import pull

    opened = Workspace.open(workspace)
    how = How(renaming(rename or ()), new_classes, only_known, annotator)
    returned = pull(url, project, token_of())
    with display(opened, log_format) as watch:
        taken = take(opened, returned, f"{url}, project {project}", reviewed, watch, how)
    say(taken, workspace)


def token_of() -> str:
    """The token, from the environment or a prompt: never from a recipe or the command line.

    Raises:
        UsageError: The environment has none, and there is nobody to ask.
    """
    token = os.environ.get(TOKEN, "")
    if token:
        return token
    if not sys.stdin.isatty():
        raise UsageError(f"set {TOKEN} in the environment, to a token from Account & Settings")
    return str(typer.prompt("Label Studio access token", hide_input=True, err=True))
