"""Where work runs, as the recipe says."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from framesel.errors import MissingExtraError
from framesel.runners.local import LocalRunner
from framesel.settings import RunSettings
from framesel.task import Outcome, Task


class Runner(Protocol):
    """Where work runs."""

    def map(
        self, task: Task, pieces: Sequence[Any], watch: Callable[[str, int], None]
    ) -> Iterator[Outcome]:
        """Runs the task on every piece of work; outcomes come as they are done."""


RunnerOf = Callable[[int, float], Runner]
"""Makes a runner from a number of workers and the seconds after which a silent one hangs."""


def runner_of(run: RunSettings, root: Path) -> RunnerOf:
    """Makes runners as the `run:` section says. A cluster is joined when there is work for it.

    Args:
        run: The section.
        root: Of the workspace.

    Raises:
        MissingExtraError: The package that a cluster needs is not installed.
    """
    if run.here:
        return LocalRunner
    if importlib.util.find_spec("ray") is None:
        raise MissingExtraError("ray", "ray", "run.runner: ray")
    return partial(_cluster, run, root)


def _cluster(run: RunSettings, root: Path, workers: int, hang_s: float) -> Runner:
    """How many workers this machine could have says nothing of a cluster."""
    from framesel.runners.ray import RayRunner

    del workers
    return RayRunner(run, root, hang_s)
