"""What is told while a training runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from framesel.task import Outcome

if TYPE_CHECKING:
    from framesel.pipeline import Watch
    from framesel.training.progress import Progress

TIMES = 10
"""How often the loss is told on the way."""


class Teller:
    """Passes the steps of a training on to whoever watches.

    Args:
        watch: Who.
        batch: Pictures in a step.
    """

    def __init__(self, watch: Watch, batch: int) -> None:
        self._watch = watch
        self._batch = batch
        self._last_s = time.monotonic()
        self._begun = False

    def step(self, progress: Progress) -> None:
        """A step is done."""
        done, all_of_them = progress.iteration, progress.iterations
        if not self._begun:
            self._begun = True
            left = all_of_them - progress.resumed_at
            self._watch.begin("train", left, all_of_them, progress.remark)
        now_s = time.monotonic()
        self._watch.wrote("train", self._batch)
        spent_s, self._last_s = now_s - self._last_s, now_s
        self._watch.finished(Outcome(f"iteration {done}", self._batch, (), spent_s))
        if progress.score is not None:
            self._watch.note(
                f"iteration {done}: mAP50-95 {progress.score:.3f} on what is kept apart"
            )
        elif done % max(1, all_of_them // TIMES) == 0:
            self._watch.note(f"iteration {done} of {all_of_them}: loss {progress.loss:.3f}")

    def end(self, seconds: float) -> None:
        """The training is over."""
        if self._begun:
            self._watch.end("train", seconds)
