"""Work that takes longer than an answer may: done in threads, one for each thing that is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Background:
    """Computes things once, each in a thread of its own that ends with the process.

    A daemon thread: whoever ends the desk does not wait for a map that nobody will look at.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[Any, Future[Any]]] = {}
        self._lock = threading.Lock()

    def get(self, name: str, make: Callable[[], Any], state: Any = None) -> Future[Any]:
        """What ``make`` returns or raises, some day.

        Args:
            name: What is wanted; it is made once.
            make: Makes it.
            state: What it is made from; for another state it is made anew.
        """
        with self._lock:
            known = self._known.get(name)
            if known is not None and known[0] == state:
                return known[1]
            future: Future[Any] = Future()
            self._known[name] = (state, future)
        start(name, make, future)
        return future

    def forget(self, name: str) -> None:
        """Makes it anew the next time."""
        with self._lock:
            self._known.pop(name, None)


def start(name: str, make: Callable[[], Any], future: Future[Any]) -> None:
    """Runs ``make`` in a thread that keeps nobody from leaving."""

    def work() -> None:
        try:
            found = make()
        except BaseException as error:
            future.set_exception(error)
        else:
            future.set_result(found)

    threading.Thread(target=work, name=f"desk-{name}", daemon=True).start()
