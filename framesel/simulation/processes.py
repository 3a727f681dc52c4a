"""Worker processes that end with the process that started them."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.process import BaseProcess


def processes(workers: int) -> ProcessPoolExecutor:
    """A pool of fresh processes. However their parent ends, they do not outlive it."""
    return ProcessPoolExecutor(workers, get_context("spawn"), initializer=_follow_parent)


def _follow_parent() -> None:
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    """An idle worker waits for work in a pipe that it holds open itself: nothing else tells it."""
    parent.join()
    os._exit(1)
