"""Hears what happens and says nothing."""

from __future__ import annotations

from framesel.task import Outcome


class Silent:
    """A ``Watch`` for those who want none."""

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        """A stage starts."""

    def wrote(self, key: str, rows: int) -> None:
        """Rows were finished."""

    def finished(self, outcome: Outcome) -> None:
        """A piece of work is done."""

    def end(self, stage: str, seconds: float) -> None:
        """A stage is done."""

    def note(self, remark: str) -> None:
        """Something that a person should hear."""
