"""The last words of a run: what its selection is worth."""

from __future__ import annotations

import sys

import typer

from framesel.errors import FrameselError
from framesel.workspace import Workspace


def sum_up(workspace: Workspace) -> None:
    """Prints the summary of the latest round; that this fails does not undo the run."""
    from framesel.report.summary import BARS, summary
    from framesel.report.view import View

    try:
        lines = summary(View.of(workspace), bars=_can_show(BARS))
    except FrameselError as error:
        lines = [f"  no summary: {error}"]
    typer.echo("\n".join(["", *lines]))


def _can_show(text: str) -> bool:
    """Whether the terminal has these characters."""
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
