"""How a worker process begins: forked from a server that has imported what workers import.

Where a system offers no such server, each worker imports everything anew.
"""

from __future__ import annotations

import multiprocessing as mp
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from multiprocessing.process import BaseProcess
from typing import Any

from framesel import threads
from framesel.task import Task

PRELOADED = (
    "numpy",
    "pyarrow.parquet",
    "pandas",  # pyarrow does at its first array
    "av",
    "cv2",
    "torch",
    "numba",
    "framesel.stage",
    "framesel.stages.frames",
    "framesel.stages.embeddings",
    "framesel.stages.shots",
)
"""What costs time to import and does nothing but define things: no thread, no device."""

Life = Callable[[Task, Connection], None]
"""What a worker does from its birth to its end."""


def start(life: Life, task: Task, pipe: Connection) -> BaseProcess:
    """Starts one worker, with one thread for each numeric library."""
    context: Any = _context()
    with _one_thread_each(), _undisturbed():
        process: BaseProcess = context.Process(
            target=_begin, args=(life, task, pipe, dict(os.environ)), daemon=True
        )
        process.start()
    return process


def _context() -> BaseContext:
    if "forkserver" not in mp.get_all_start_methods():
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))  # heeded by a server that is still to start
    return context


def _begin(life: Life, task: Task, pipe: Connection, environment: Mapping[str, str]) -> None:
    """A server may be older than what its parent's environment says now."""
    os.environ.clear()
    os.environ.update(environment)
    life(task, pipe)


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Libraries size their thread pools when they are loaded: each worker gets one thread."""
    before = {name: os.environ.get(name) for name in threads.VARIABLES}
    os.environ.update(dict.fromkeys(threads.VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Holds Ctrl-C back while a worker is born: half a birth ends in its traceback.

    By a handler of our own, because a mask holds it back from this thread only and libraries have
    others that take it; and by a mask, because the worker inherits it: on a terminal Ctrl-C goes
    to all processes, and this one alone decides.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[Any] = []
    before = signal.signal(signal.SIGINT, lambda *caught: came.append(caught))
    masks = hasattr(signal, "pthread_sigmask")
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if masks else set()
    try:
        yield
    finally:
        if masks:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(signal.SIGINT, before)
    if came and callable(before):
        before(*came[0])
