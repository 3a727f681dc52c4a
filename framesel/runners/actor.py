"""Workers on the nodes of a cluster, what their caller knows of them, and how they tell it."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from framesel.errors import FrameselError
from framesel.runners.deaths import fatal
from framesel.runners.sight import Sight
from framesel.task import Outcome, Say, Task

Said = tuple[int, str, int, int]
"""(number of the worker, its node, part, rows since the last time)."""

EVERY_S = 0.2
"""How often a worker says how far it is."""


class Board:
    """Where workers write what they are about to do."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def say(self, *said: Any) -> None:
        """Something that was ``Said``."""
        self.said.append(said)

    def take(self) -> list[Said]:
        """All that was said since the last time."""
        said, self.said = self.said, []
        return said


class Voice:
    """Writes at once which part is about to be touched, and now and then how far it is.

    Args:
        write: Writes on the board, and returns when it stands there.
    """

    def __init__(self, write: Say) -> None:
        self.write = write
        self.begin()

    def begin(self) -> None:
        """Another piece of work, of which nothing was said."""
        self.part: int | None = None
        self.rows, self.wrote = 0, 0.0

    def __call__(self, part: int, rows: int) -> None:
        """As ``Say``."""
        self.rows += rows
        if part != self.part or time.monotonic() > self.wrote + EVERY_S:
            self.part = part
            self._write(part)

    def rest(self) -> None:
        """What was not said yet."""
        if self.part is not None and self.rows:
            self._write(self.part)

    def _write(self, part: int) -> None:
        self.write(part, self.rows)
        self.rows, self.wrote = 0, time.monotonic()


class Worker:
    """Opens a task once, and does one piece of work at a time.

    Args:
        write: As for ``Voice``.
    """

    one: Callable[[Any, Say], Outcome]

    def __init__(self, write: Say) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the caller's to handle
        self.say = Voice(write)
        self.title = ""
        self.say(-1, 0)

    def open(self, task: Task, sight: Sight) -> FrameselError | bool:
        """Looks around, and loads models."""
        try:
            sight.check(socket.gethostname())
            self.title, self.one = task.title, task.open()
        except Exception as error:
            return fatal(task.title, error)
        return True

    def do(self, work: Any) -> Outcome | FrameselError:
        """One piece of work."""
        self.say.begin()
        try:
            outcome = self.one(work, self.say)
            self.say.rest()
            return outcome
        except Exception as error:
            return fatal(self.title, error)

    def answer(self) -> bool:
        """Says that it lives."""
        return True


@dataclass(eq=False)
class Member:
    """A worker as the caller knows it."""

    number: int
    actor: Any
    call: Any
    node: str = ""
    """Where it is; empty while it waits for room."""
    opened: bool = False
    work: Any = None
    part: int = -1
    heard: float = 0.0
    ended: bool = False
    strayed: bool = False
    """It was out of reach while it was called."""
