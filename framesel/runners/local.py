"""Runs a task in processes of this machine, and survives the death of each of them.

A worker that dies (codec crash, out of memory) or hangs leaves no file. Its piece of work is
tried again in a fresh process; a worker says which part it is about to touch, so the part on
which a second one dies is known: it is marked as poison and the rest of the piece goes on.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.process import BaseProcess
from typing import Any, Protocol, Self

from framesel.errors import FrameselError, StageError
from framesel.runners import processes
from framesel.task import Outcome, Task

GUARD = (
    'If a script of yours called framesel, put the call under `if __name__ == "__main__":`: every '
    "worker imports the script. "
)

LOADING_S = 600.0
"""How long a worker may take to import libraries and load models on a busy machine."""

Watch = Callable[[str, int], None]
"""Told about progress: (key of the piece of work, rows written since the last call)."""


class Work(Protocol):
    """A piece of work: named, and made of parts that can be left out one by one."""

    @property
    def key(self) -> str:
        """Its name in logs."""

    def without(self, index: int, reason: str) -> Self:
        """The same piece with one more part marked as poison."""


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    work: Any
    part: int = -1
    heard: float = 0.0
    ready: bool = False


class LocalRunner:
    """Worker processes on this machine.

    Args:
        workers: How many at once.
        hang_s: Silence after which a worker is ended.
    """

    def __init__(self, workers: int, hang_s: float = 600.0) -> None:
        self.workers = workers
        self.hang_s = hang_s

    def map(
        self, task: Task, pieces: Sequence[Any], watch: Watch = lambda key, rows: None
    ) -> Iterator[Outcome]:
        """Runs the task on every piece of work. Outcomes come as they are done.

        Raises:
            FrameselError: The task failed in a way that no retry mends (a full disk, missing
                weights, a bug). What was finished before is on disk.
        """
        todo = deque(pieces)
        deaths: dict[tuple[str, int], int] = {}
        active: list[_Worker] = []
        try:
            while todo or active:
                while todo and len(active) < self.workers:
                    active.append(_start(task, todo.popleft()))
                for worker in self._ready(active):
                    outcome = _listen(worker, watch)
                    if outcome is None:
                        continue
                    if isinstance(outcome, str):
                        active.remove(worker)
                        todo.appendleft(_retry(worker, outcome, deaths))
                        continue
                    yield outcome
                    if todo:
                        _feed(worker, todo.popleft())
                    else:
                        active.remove(worker)
                        _stop(worker)
        finally:
            for worker in active:
                worker.process.kill()
                worker.process.join()

    def _ready(self, active: Sequence[_Worker]) -> list[_Worker]:
        """Workers that have something to say, died, or have been silent for too long."""
        spoke = wait([w.pipe for w in active], timeout=min(1.0, self.hang_s))
        now = time.monotonic()
        for worker in active:
            patience = self.hang_s if worker.ready else max(self.hang_s, LOADING_S)
            if worker.pipe not in spoke and now - worker.heard > patience:
                worker.process.kill()  # its pipe closes: read as a death below
        return [w for w in active if w.pipe in spoke]


def _start(task: Task, work: Any) -> _Worker:
    ours, theirs = Pipe()
    process = processes.start(_main, task, theirs)
    theirs.close()
    worker = _Worker(process, ours, work)
    _feed(worker, work)
    return worker


def _feed(worker: _Worker, work: Any) -> None:
    worker.work, worker.part, worker.heard = work, -1, time.monotonic()
    try:
        worker.pipe.send(work)
    except OSError:
        return  # it died before it was fed: its closed pipe says so when it is listened to


def _listen(worker: _Worker, watch: Watch) -> Outcome | str | None:
    """One message: an outcome, None for mere progress, or the cause of a death."""
    try:
        kind, *content = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join()
        return _cause(worker.process.exitcode)
    worker.heard, worker.ready = time.monotonic(), True
    if kind == "ready":
        return None
    if kind == "at":
        worker.part = content[0]
        watch(worker.work.key, content[1])
        return None
    if kind == "error":
        raise content[0]
    outcome = content[0]
    assert isinstance(outcome, Outcome)
    return outcome


def _retry(worker: _Worker, cause: str, deaths: dict[tuple[str, int], int]) -> Any:
    """The same piece again, without the part that has now killed two workers."""
    place = (worker.work.key, worker.part)
    deaths[place] = deaths.get(place, 0) + 1
    if deaths[place] < 2:
        return worker.work
    if worker.part < 0 or deaths[place] > 2:
        # a script's own calls run again in a worker that imports it, and end it before it is ready
        hint = "" if worker.ready else GUARD
        raise StageError(
            f"workers keep dying on {worker.work.key} whatever is left out of it ({cause}). {hint}"
            "If memory ran out, lower run.workers; `framesel doctor` checks the installation."
        )
    return worker.work.without(worker.part, f"killed its worker twice ({cause})")


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        hint = ": out of memory, hung, or ended by hand" if name == "SIGKILL" else ""
        return f"{name}{hint}"
    return f"exit code {exitcode}"


def _stop(worker: _Worker) -> None:
    worker.pipe.send(None)
    worker.process.join()
    worker.pipe.close()


def _main(task: Task, pipe: Connection) -> None:
    """A worker's life: load, then do what comes down the pipe until it says None or closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    inbox: deque[Any] = deque()
    arrived = threading.Semaphore(0)
    threading.Thread(target=_receive, args=(pipe, inbox, arrived), daemon=True).start()
    try:
        one = task.open()
        pipe.send(("ready",))
        arrived.acquire()
        while (work := inbox.popleft()) is not None:
            pipe.send(("done", one(work, lambda part, rows: pipe.send(("at", part, rows)))))
            arrived.acquire()
    except FrameselError as error:
        pipe.send(("error", error))
    except Exception as error:
        pipe.send(("error", StageError(_told(task.title, error))))
    pipe.close()


def _receive(pipe: Connection, inbox: deque[Any], arrived: threading.Semaphore) -> None:
    """Takes work from the pipe; ends the process at once when the parent is gone."""
    while True:
        try:
            inbox.append(pipe.recv())
        except (EOFError, OSError):
            os._exit(1)
        arrived.release()


def _told(title: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno is not None:
        return f"{title}: {error}. What was finished is kept; run the same command to go on."
    frames = traceback.format_exception(*sys.exc_info())
    return f"{title}: {type(error).__name__}: {error}\n{''.join(frames)}"
