"""Readers whose dependencies collide with ours live in environments of their own."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.requirements import demand

ROOT = Path(__file__).resolve().parent.parent.parent
TIMEOUT_S = 300


def python_of(name: str) -> Path:
    """The interpreter of one of them: ``readers`` (datumaro) or ``label-studio``.

    ``make test`` makes them; where one is missing, the test skips.
    """
    path = ROOT / ".venv" / name / "bin" / "python"
    demand(name, path.exists(), f"{path.relative_to(ROOT)} is missing: `make test` makes it")
    return path


def answer(name: str, script: str, *arguments: str) -> Any:
    """Runs a script of this folder in one of them; it prints one JSON value as its last line."""
    command = [str(python_of(name)), str(Path(__file__).parent / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads(done.stdout.splitlines()[-1])
