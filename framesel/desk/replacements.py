"""Who takes a rejected frame's place: ready some seconds after the desk was opened."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Future
from typing import Any, Protocol

from framesel.desk.background import start
from framesel.errors import FrameselError
from framesel.report.view import View
from framesel.rounds.decisions import Key

Row = dict[str, Any]


FURTHER_EVERY = 20
"""Replacements after which it is looked further ahead: long before nothing is left."""


class Replacer(Protocol):
    """Knows what a strategy would take next. May be asked while it looks further."""

    def next(self, rejected: Key, stay: Collection[Key], gone: Collection[Key]) -> Row | None:
        """The row of the next best frame that fits beside the picks that stay; None if none."""
        ...

    def more(self) -> bool:
        """Looks further ahead, which takes seconds; whether there was more."""
        ...


class Replacements:
    """Makes a replacer in the background and tells how far it is.

    Args:
        make: Makes it; takes seconds.
        ready: Called once it is there, in the thread that made it.
    """

    def __init__(self, make: Callable[[], Replacer], ready: Callable[[], None]) -> None:
        self._make = make
        self._ready = ready
        self._future: Future[Replacer] | None = None
        self._asked = 0

    def begin(self) -> None:
        """Starts making it, once."""
        if self._future is None:
            self._future = Future()
            self._future.add_done_callback(self._told)
            start("replacements", self._make, self._future)

    def _told(self, future: Future[Replacer]) -> None:
        if future.exception() is None:
            self._ready()

    @property
    def status(self) -> str:
        """``none``, ``working``, ``ready``, or ``failed: …``."""
        if self._future is None:
            return "none"
        if not self._future.done():
            return "working"
        error = self._future.exception()
        if error is None:
            return "ready"
        reason = str(error) if isinstance(error, FrameselError) else type(error).__name__
        return f"failed: {reason}"

    @property
    def replacer(self) -> Replacer | None:
        """None while it is not there."""
        done = self._future is not None and self._future.done()
        return self._future.result() if done and self.status == "ready" else None  # type: ignore[union-attr]

    @property
    def why_nobody(self) -> str:
        """Why nobody takes a place now, for the reviewer."""
        if self.status == "ready":
            return "no other frame fits the limits"
        if self.status == "working":
            return "the next best frame is being looked for"
        return f"no frame takes its place ({self.status})"

    def next(self, rejected: Key, stay: Collection[Key], gone: Collection[Key]) -> Row | None:
        """The row of the frame that takes a rejected one's place; None while nobody can tell.

        Args:
            rejected: The frame whose place is free.
            stay: The other picks.
            gone: Frames that must not enter.
        """
        replacer = self.replacer
        if replacer is None:
            return None
        self._asked += 1
        if self._asked % FURTHER_EVERY == 0:
            start("further", replacer.more, Future())
        return replacer.next(rejected, stay, gone)


def make_replacer(view: View) -> Replacer:
    """Reads what a selection chose from. Takes seconds."""
    # Loaded late, in the thread that needs it: the first page does without.
    from framesel import replacer

    recipe = view.recipe.model_copy(update={"run": view.run})
    return replacer.Replacer.of(view.workspace, view.keys, recipe, view.chosen)
