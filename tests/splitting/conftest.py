"""A finished workspace, and one of one's own in which every sampled frame is labelled."""

import shutil
from pathlib import Path

import pytest

from framesel.exporting import last_recipe
from framesel.splitting import stored
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench, finished, footage
from tests.splitting.labelling import label

__all__ = ["finished", "footage"]


@pytest.fixture
def workspace(tmp_path: Path, finished: Bench) -> Workspace:
    """A copy of the finished workspace."""
    shutil.copytree(finished.root, tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


@pytest.fixture
def labelled_workspace(workspace: Workspace) -> Workspace:
    """The same; people labelled all that was sampled."""
    frames = stored.read(workspace, last_recipe(workspace))
    label(workspace, zip(frames.video_no.tolist(), frames.pts.tolist(), strict=True))
    return workspace
