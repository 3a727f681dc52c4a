"""A finished workspace with a detector, and new videos beside it."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench
from tests.report.conftest import bench, finished, footage, looked, view, weights

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

__all__ = ["bench", "finished", "footage", "looked", "view", "weights"]


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> "Truth":
    """Videos of other places."""
    from framesel.simulation.footage import render
    from framesel.simulation.spec import Preset, VideoSpec

    spec = Preset(
        name="elsewhere",
        size_wh=(160, 120),
        videos=(
            VideoSpec(name="street", duration_s=4),
            VideoSpec(name="harbour", duration_s=4, night=True),
        ),
    )
    return render(tmp_path_factory.mktemp("elsewhere"), spec, seed=9)


@dataclass
class Site:
    """A workspace of one's own, and new videos."""

    bench: Bench
    new: Path

    @property
    def workspace(self) -> Workspace:
        return self.bench.workspace


@pytest.fixture
def site(tmp_path: Path, looked: Bench, elsewhere: "Truth") -> Site:
    shutil.copytree(looked.root, tmp_path / "ws")
    return Site(Bench(tmp_path / "ws", looked.videos), elsewhere.folder)
