"""Predictions without processes: every stage works here, and nothing takes a second."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from framesel.foresight import ahead, bench, sample
from framesel.foresight.foresee import foresee
from framesel.foresight.prediction import Prediction
from framesel.task import Outcome, Task
from tests.pipeline.conftest import Bench, finished, footage
from tests.pipeline.conftest import bench as own_bench
from tests.resume.faults import Inline
from tests.sharing import shared

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

__all__ = ["finished", "footage", "own_bench"]


class InThisProcess(Inline):
    """As the runner that it stands for, also where nobody watches."""

    def map(
        self,
        task: Task,
        pieces: Sequence[Any],
        watch: Callable[[str, int], None] = lambda key, rows: None,
    ) -> Iterator[Outcome]:
        yield from super().map(task, pieces, watch)


def without_processes(patch: pytest.MonkeyPatch) -> None:
    """Puts it in the place of processes wherever something is measured."""
    for module in (ahead, sample, bench):
        patch.setattr(module, "LocalRunner", InThisProcess)


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    without_processes(monkeypatch)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory, footage: "Truth", finished: Bench) -> Prediction:
    """What is predicted for the footage that the finished run had, with the same recipe."""

    def make(folder: Path) -> Prediction:
        del folder
        with pytest.MonkeyPatch.context() as patch:
            without_processes(patch)
            return foresee([str(footage.folder)], finished.recipe(), measure_s=2.0)

    return shared(tmp_path_factory, "told", make)
