"""What becomes of the work of a worker that died: the same again, or without what killed it."""

from __future__ import annotations

import sys
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol, Self

from framesel.errors import FrameselError, StageError

LOADING_S = 600.0
"""How long a worker may take to import libraries and load models on a busy machine."""

CRASHED = "its process ended: out of memory, a crash in a library, or ended by hand"
KILLED = "SIGKILL: out of memory, hung, or ended by hand"

NODES = 5
"""So many nodes may die over one piece of work before it is suspected."""

Watch = Callable[[str, int], None]
"""Told about progress: (key of the piece of work, rows written since the last call)."""


class Work(Protocol):
    """A piece of work: named, and made of parts that can be left out one by one."""

    @property
    def key(self) -> str:
        """Its name in logs."""

    def without(self, index: int, reason: str) -> Self:
        """The same piece with one more part marked as poison."""


class Deaths:
    """Counts who died where."""

    def __init__(self) -> None:
        self._where: dict[tuple[str, int], list[str]] = {}
        self._lost: Counter[str] = Counter()

    def retry(self, work: Any, part: int, cause: str, *, node: str = "", hint: str = "") -> Any:
        """The same piece again, without the part that has now killed two workers.

        Args:
            work: What the worker had.
            part: The part that it was about to touch; -1: none yet.
            cause: Of its death.
            node: The machine that it ran on, where there are several.
            hint: What else may be the reason if it never ends.

        Raises:
            StageError: Workers keep dying whatever is left out.
        """
        died = self._where.setdefault((work.key, part), [])
        died.append(node)
        if len(died) < 2:
            return work
        if part < 0 or len(died) > 2:
            raise StageError(
                f"workers keep dying on {work.key} whatever is left out of it ({cause}). {hint}"
                "If memory ran out, lower run.workers; `framesel doctor` checks the installation."
            )
        return work.without(part, f"killed its worker twice ({cause})")

    def excuse(self, node: str) -> None:
        """Forgets all deaths on a machine that is dead itself: no work is to blame for them."""
        for died in self._where.values():
            died[:] = [other for other in died if other != node]

    def lost(self, work: Any) -> None:
        """A piece of work was on a machine that died.

        Raises:
            StageError: It was so often that it may well have killed them.
        """
        self._lost[work.key] += 1
        if self._lost[work.key] >= NODES:
            raise StageError(
                f"{NODES} nodes died while they worked on {work.key}. If they ran out of memory, "
                "lower run.workers or take nodes with more; the same command goes on."
            )


def fatal(title: str, error: Exception) -> FrameselError:
    """What no retry mends, as it is told to a person. Called where the error is handled."""
    if isinstance(error, FrameselError):
        return error
    if isinstance(error, OSError) and error.errno is not None:
        return StageError(
            f"{title}: {error}. What was finished is kept; run the same command to go on."
        )
    frames = "".join(traceback.format_exception(*sys.exc_info()))
    return StageError(f"{title}: {type(error).__name__}: {error}\n{frames}")
