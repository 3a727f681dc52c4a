"""The notebooks run from top to bottom and hold no stored output."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "notebooks"
SAYS = {
    "first_selection": "8 picks of 8",
    "comparing_strategies": "walls, seed 2: 5,184 frames to choose from",
    "round_after_round": "round 2: 24 labels",
}
"""What each of them prints."""

REAL = {"round_after_round"}
"""Those that look at real footage."""


def test_all_are_known() -> None:
    assert {path.stem for path in FOLDER.glob("*.ipynb")} == SAYS.keys()


@pytest.mark.parametrize("name", sorted(SAYS.keys() - REAL))
def test_it_runs_and_stores_nothing(name: str, tmp_path: Path) -> None:
    assert SAYS[name] in executed(name, tmp_path, {})


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("name", sorted(REAL))
def test_it_runs_on_real_footage(name: str, tmp_path: Path, real_data: Path) -> None:
    assert SAYS[name] in executed(name, tmp_path, {"FRAMESEL_DATA": str(real_data)})


def executed(name: str, folder: Path, environment: dict[str, str]) -> str:
    """What a notebook prints."""
    content = json.loads((FOLDER / f"{name}.ipynb").read_text("utf-8"))
    cells = [c for c in content["cells"] if c["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    code = "import matplotlib\nmatplotlib.use('agg')\n"
    code += "\n".join("".join(cell["source"]) for cell in cells)
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
