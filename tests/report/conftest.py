"""A finished workspace with a detector, for those who look at it and change nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from framesel.report.view import View
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.pipeline.conftest import Bench, bench, finished, footage
from tests.sharing import shared

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

__all__ = ["bench", "finished", "footage"]


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small detector that sees three kinds of nothing in particular."""

    def make(folder: Path) -> Path:
        return save_yolo(folder / "small.pt", yolo_model("v8", 3, seed=0))

    return shared(tmp_path_factory, "small", make)


@pytest.fixture(scope="session")
def looked(tmp_path_factory: pytest.TempPathFactory, footage: "Truth", weights: Path) -> Bench:
    """A finished run that nobody may change; one of its videos is damaged, one file is no video."""

    def make(folder: Path) -> Bench:
        bench = Bench(folder / "ws", footage.folder)
        bench.run(
            f"detections.weights={weights}",
            f"detections.size_px={SIZE_PX}",
            "detections.precision=fp32",
            "detections.top_classes=2",
            "selection.strategy={name: cover, rare: 0.2}",  # nine picks, of all slices
        )
        return bench

    return shared(tmp_path_factory, "looked", make)


@pytest.fixture(scope="session")
def view(looked: Bench) -> View:
    """Its selection, opened for reading."""
    return View.of(looked.workspace)
