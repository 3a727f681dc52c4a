"""The last words of a run: what its selection is worth."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import typer

from framesel.errors import FrameselError
from framesel.workspace import Workspace


def sum_up(workspace: Workspace) -> None:
    """Prints the summary of the latest round; that this fails does not undo the run."""
    from framesel.report.summary import BARS, summary
    from framesel.report.view import View

    try:
        lines = [*summary(View.of(workspace), bars=_can_show(BARS)), *round_lines(workspace)]
    except FrameselError as error:
        lines = [f"  no summary: {error}"]
    typer.echo("\n".join(["", *lines]))


def round_lines(workspace: Workspace) -> Iterator[str]:
    """What the newest model is worth, and whether to go on; nothing where none was trained.

    Raises:
        FrameselError: Something on disk is damaged.
    """
    from framesel.exporting import last_recipe
    from framesel.history.history import history
    from framesel.rounds import models

    if models.latest(workspace) is None:
        return
    found = history(workspace, last_recipe(workspace))
    if found.curve:
        last = found.curve[-1]
        yield (
            f"  model       of round {last.round}: mAP50 {last.metrics.map50} on the {found.on} "
            f"frames, {last.frames:,} labels"
        )
    if found.advice is not None:
        yield f"  rounds      {found.advice.why}"


def _can_show(text: str) -> bool:
    """Whether the terminal has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
