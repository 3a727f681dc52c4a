"""The notebooks run from top to bottom and hold no stored output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


SAYS = {
    "first_selection": "8 picks of 8",
    "comparing_strategies": "walls, seed 2: 5,184 frames to choose from",
}
"""What each of them prints."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_it_runs_and_stores_nothing(path: Path, tmp_path: Path) -> None:
    cells = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    assert not any(cell["outputs"] or cell["execution_count"] for cell in cells)
    code = "import matplotlib\nmatplotlib.use('agg')\n"
    code += "\n".join("".join(cell["source"]) for cell in cells)
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert SAYS[path.stem] in done.stdout
