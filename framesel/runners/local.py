"""Runs a task in processes of this machine, and survives the death of each of them.

A worker that dies (codec crash, out of memory) or hangs leaves no file. Its piece of work is
tried again in a fresh process; a worker says which part it is about to touch, so the part on
which a second one dies is known: it is marked as poison and the rest of the piece goes on.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.process import BaseProcess
from typing import Any

from framesel import memory
from framesel.runners import processes
from framesel.runners.deaths import KILLED, LOADING_S, Deaths, Watch, fatal
from framesel.task import Outcome, Task

GUARD = (
    'If a script of yours called framesel, put the call under `if __name__ == "__main__":`: every '
    "worker imports the script. "
)


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
        deaths = Deaths()
        active: list[_Worker] = []
        memory.give_back()
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


def _retry(worker: _Worker, cause: str, deaths: Deaths) -> Any:
    # a script's own calls run again in a worker that imports it, and end it before it is ready
    return deaths.retry(worker.work, worker.part, cause, hint="" if worker.ready else GUARD)


def _cause(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        name = signal.Signals(-exitcode).name
        return KILLED if name == "SIGKILL" else name
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
    except Exception as error:
        pipe.send(("error", fatal(task.title, error)))
    pipe.close()


def _receive(pipe: Connection, inbox: deque[Any], arrived: threading.Semaphore) -> None:
    """Takes work from the pipe; ends the process at once when the parent is gone."""
    while True:
        try:
            inbox.append(pipe.recv())
        except (EOFError, OSError):
            os._exit(1)
        arrived.release()
