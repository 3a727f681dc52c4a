"""The command line: one file for each family of commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Runs the command that was typed; errors become one message and an exit code."""
    # OpenMP's threads burn their cores while they wait, unless this is set before the first of its
    # libraries is loaded: beside another program a step of training took seven times as long.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from framesel.cli.app import app
    from framesel.disk import room_for
    from framesel.errors import FrameselError

    try:
        with room_for(Path.cwd()):
            try:
                app()
            finally:
                _leave()
    except FrameselError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def _leave() -> None:
    """Sends what was changed in working copies of this process and did not go there at once."""
    from framesel.errors import WorkspaceError
    from framesel.storage import working_copy
    from framesel.workspace import Workspace

    for root in working_copy.opened:
        try:
            with Workspace(root).alone():
                working_copy.push(root)
        except WorkspaceError:
            continue  # whoever works there sends it
