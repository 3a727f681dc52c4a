"""Where work runs, as the recipe says."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from framesel.errors import MissingExtraError
from framesel.runners.local import LocalRunner
from framesel.settings import RunSettings
from framesel.storage.working_copy import url_of
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
    return partial(_Cluster, run, root)


@dataclass(frozen=True)
class _Cluster:
    """A cluster, and this machine for what others do not see."""

    run: RunSettings
    root: Path
    workers: int
    """That this machine could have; it says nothing of a cluster."""
    hang_s: float

    def map(
        self, task: Task, pieces: Sequence[Any], watch: Callable[[str, int], None]
    ) -> Iterator[Outcome]:
        """See ``Runner``."""
        from framesel.runners.ray import RayRunner

        if task.takes.here and url_of(self.root) is not None:
            return LocalRunner(self.workers, self.hang_s).map(task, pieces, watch)
        return RayRunner(self.run, self.root, self.hang_s).map(task, pieces, watch)
