"""Tasks for the runner's tests; they live in a module because workers import them by name."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesel.errors import StageError
from framesel.task import Outcome, Takes


@dataclass(frozen=True)
class Numbers:
    """A piece of work: numbers, some of which are deadly."""

    key: str
    parts: tuple[int, ...]
    poison: tuple[tuple[int, str], ...] = ()

    def without(self, index: int, reason: str) -> "Numbers":
        return Numbers(self.key, self.parts, (*self.poison, (index, reason)))


@dataclass(frozen=True)
class Adder:
    """Adds numbers. A deadly number kills, hangs or raises; `once` lets it do so only once."""

    folder: Path
    deadly: int = -1
    how: str = "kill"
    once: bool = False
    title: str = "adder"

    @property
    def takes(self) -> Takes:
        return Takes(gb=0.1)

    def open(self) -> Any:
        if self.how == "open":
            os._exit(7)
        return self._one

    def _one(self, work: Numbers, say: Any) -> Outcome:
        poison = dict(work.poison)
        total = 0
        for index, number in enumerate(work.parts):
            if index in poison:
                continue
            say(index, 1)
            if number == self.deadly:
                self._die()
            total += number
        errors = tuple({"part": i, "error": why} for i, why in work.poison)
        with (self.folder / "pids").open("a") as file:
            file.write(f"{os.getpid()}\n")
        return Outcome(work.key, len(work.parts), errors, 0.0, payload=total)

    def _die(self) -> None:
        marker = self.folder / "died"
        if self.once and marker.exists():
            return
        marker.touch()
        if self.how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "hang":
            while True:
                time.sleep(60)
        if self.how == "disk":
            raise OSError(28, "No space left on device")
        if self.how == "ours":
            raise StageError("weights are missing")
        raise KeyError("a bug")
