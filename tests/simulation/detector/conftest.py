"""A material of small clips, made once."""

from pathlib import Path

import pytest

from framesel.simulation.detector.material import Material
from tests.simulation.detector.recordings import recorded


@pytest.fixture(scope="session")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Material:
    """Ten clips for the pool, four to judge by, two for the last look."""
    return recorded(tmp_path_factory.mktemp("squares"), ["pool"] * 10 + ["dev"] * 4 + ["test"] * 2)


@pytest.fixture(scope="session")
def albums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of albums, shared by all tests."""
    return tmp_path_factory.mktemp("albums")
