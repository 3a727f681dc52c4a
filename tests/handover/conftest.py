"""A finished workspace with a detector, and copies of it to hand frames over from."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from framesel.handover.handing import Handed, Wanted, hand_over
from framesel.handover.listing import Listing
from framesel.handover.picks import picks_listing
from framesel.report.view import View
from framesel.workspace import Workspace
from tests.handover.incoming_bench import into, scanned
from tests.handover.label_studio_host import label_studio
from tests.pipeline.conftest import Bench, Recorder
from tests.report.conftest import bench, finished, footage, looked, view, weights
from tests.resume.faults import Inline

__all__ = [
    "bench",
    "finished",
    "footage",
    "into",
    "label_studio",
    "looked",
    "scanned",
    "view",
    "weights",
]


@dataclass
class Desk:
    """A workspace of one's own to hand frames over from."""

    workspace: Workspace

    @property
    def view(self) -> View:
        return View.of(self.workspace)

    @property
    def picks(self) -> Listing:
        return picks_listing(self.view)

    def hand(
        self,
        listing: Listing | None = None,
        watch: Recorder | None = None,
        wanted: Wanted | None = None,
        **how: object,
    ) -> Handed:
        """Hands picks over, or what is listed."""
        asked = wanted or Wanted(**how)  # type: ignore[arg-type]
        return hand_over(self.workspace, listing or self.picks, asked, watch or Recorder(), Inline)


@pytest.fixture
def desk(tmp_path: Path, looked: Bench) -> Desk:
    """A copy of the finished workspace; the videos are those of all tests."""
    shutil.copytree(looked.root, tmp_path / "ws")
    return Desk(Workspace.open(tmp_path / "ws"))
