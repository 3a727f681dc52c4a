"""The command line: one file for each family of commands."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command that was typed; errors become one message and an exit code."""
    from framesel.cli.app import app
    from framesel.errors import FrameselError

    try:
        app()
    except FrameselError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
