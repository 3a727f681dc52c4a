"""Jobs that a page starts and asks after: one export at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from framesel.desk.background import start
from framesel.errors import FrameselError
from framesel.task import Outcome


@dataclass
class Job:
    """One export; it is told what happens as a pipeline's watch is."""

    number: int
    done: int = 0
    of: int = 0
    result: Future[str] = field(default_factory=Future)

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        """It is known how many videos there are to open."""
        del stage, todo, why
        self.of = total

    def wrote(self, key: str, rows: int) -> None:
        """Nobody counts pictures."""

    def finished(self, outcome: Outcome) -> None:
        """The picks of a video are written."""
        del outcome
        self.done += 1

    def end(self, stage: str, seconds: float) -> None:
        """All are written."""

    def note(self, remark: str) -> None:
        """Nothing is said that the page shows."""

    def told(self) -> dict[str, Any]:
        """How far it is."""
        content = {"done": self.done, "of": self.of, "message": ""}
        if not self.result.done():
            return {"state": "working", **content}
        error = self.result.exception()
        if error is None:
            return {"state": "done", **content, "message": self.result.result()}
        message = str(error) if isinstance(error, FrameselError) else f"it broke: {error!r}"
        return {"state": "failed", **content, "message": message}


class Jobs:
    """All exports of a desk."""

    def __init__(self) -> None:
        self._jobs: list[Job] = []
        self._lock = threading.Lock()

    def begin(self, work: Callable[[Job], str]) -> Job:
        """Starts a job; while one is at work, that one is the answer.

        Args:
            work: Does it and returns what a person should hear.
        """
        with self._lock:
            if self._jobs and not self._jobs[-1].result.done():
                return self._jobs[-1]
            job = Job(len(self._jobs) + 1)
            self._jobs.append(job)
        start(f"export-{job.number}", lambda: work(job), job.result)
        return job

    def get(self, number: int) -> Job | None:
        """A job by its number."""
        with self._lock:
            return self._jobs[number - 1] if 0 < number <= len(self._jobs) else None
