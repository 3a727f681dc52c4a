"""Coarse to fine: a stage that goes on from what the same stage did in a coarse pass before it.

The coarse pass holds instances of the same stages, such as ``frames@coarse``. What it did need not
be done again: its rows are taken over (``taken_over.py``).
"""

from __future__ import annotations

from typing import Final, Self

from pydantic import PrivateAttr

from framesel.stage import ShardStage

COARSE: Final = "@coarse"
"""Ends the names of the stages of a coarse pass."""


class Refining(ShardStage):
    """A stage that may come after a coarse pass."""

    _refines: bool = PrivateAttr(default=False)

    def refining(self) -> Self:
        """The same stage, which knows that there was a coarse pass."""
        found = self.model_copy()
        found._refines = True
        return found

    @property
    def coarse(self) -> str:
        """Name of its instance in the coarse pass; empty where there is none."""
        return f"{self.name}{COARSE}" if self._refines else ""
