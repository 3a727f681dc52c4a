"""A task for nodes that die; it lives in a module because actors import it by name."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ray

from framesel.task import Outcome, Say, Takes
from tests.core.runner_tasks import Numbers


@dataclass(frozen=True)
class Waiter:
    """Adds numbers; of each number 5 it writes down its node, and waits for the death of it.

    Attributes:
        folder: Where it writes.
        deaths: So many nodes must die.
    """

    folder: Path
    deaths: int
    title: str = "waiter"

    @property
    def takes(self) -> Takes:
        return Takes(gb=0.1)

    def open(self) -> Callable[[Numbers, Say], Outcome]:
        return self._one

    def _one(self, work: Numbers, say: Say) -> Outcome:
        for index, number in enumerate(work.parts):
            if number == 5:
                self._wait_for_death(index, say)
            say(index, 1)
        errors = tuple({"part": i, "error": why} for i, why in work.poison)
        return Outcome(work.key, len(work.parts), errors, 0.0, payload=sum(work.parts))

    def _wait_for_death(self, index: int, say: Say) -> None:
        met = sorted(self.folder.glob("node-*"))
        if len(met) < self.deaths:
            node = ray.get_runtime_context().get_node_id()
            (self.folder / f"node-{len(met)}").write_text(node)
            say(index, 0)
            time.sleep(600)
