"""What a runner runs, and what it says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from framesel import threads

Say = Callable[[int, int], None]
"""Reports progress: (index of the part being worked on, rows written since the last call)."""


@dataclass(frozen=True)
class Outcome:
    """What became of one piece of work."""

    key: str
    rows: int
    errors: tuple[dict[str, Any], ...]
    seconds: float
    payload: Any = None
    """What does not go to disk but back to whoever asked; small."""


@dataclass(frozen=True)
class Takes:
    """What one worker takes of the machine that it runs on.

    Attributes:
        gb: Memory, about.
        cpus: Cores that it keeps busy.
        gpus: GPUs that it has for itself.
        here: It works in folders of the caller's machine, which others do not see where the
            workspace is a working copy of an object store.
    """

    gb: float = 0.5
    cpus: int = 1
    gpus: int = 0
    here: bool = False


class Task(Protocol):
    """What a runner runs. It is pickled to a fresh process, opened once, and fed with work."""

    @property
    def title(self) -> str:
        """What a person calls it."""

    @property
    def takes(self) -> Takes:
        """What each of its workers takes."""

    def open(self) -> Callable[[Any, Say], Outcome]:
        """Loads models; returns the function that does one piece of work."""


class Computation(Task, Protocol):
    """A task that computes with as many threads as it is given."""

    def with_threads(self, threads: int) -> Self:
        """The same with so many for each worker."""


Spread = Callable[[Computation, Sequence[Any], float], Iterator[Outcome]]
"""Runs a computation on pieces of work, beside a caller that holds so many GB."""


def in_this_process(
    task: Computation, pieces: Sequence[Any], held_gb: float = 0.0
) -> Iterator[Outcome]:
    """A ``Spread`` for those who have no runner: one piece after the other."""
    del held_gb
    work = task.with_threads(threads.count()).open()
    for piece in pieces:
        yield work(piece, lambda part, rows: None)
