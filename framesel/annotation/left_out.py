"""What a reader does not take, counted: a line for each kind, not for each of a thousand."""

from __future__ import annotations


class LeftOut:
    """Counts what is not taken."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._first: dict[str, str] = {}

    def add(self, what: str, where: str) -> None:
        """Notes one.

        Args:
            what: Its kind and why it is not taken, in words.
            where: File and place.
        """
        self._counts[what] = self._counts.get(what, 0) + 1
        self._first.setdefault(what, where)

    @property
    def count(self) -> int:
        """How many there were so far."""
        return sum(self._counts.values())

    @property
    def lines(self) -> tuple[str, ...]:
        """A line for each kind, with its number and the first place."""
        return tuple(
            f"{count} x {what}; the first: {self._first[what]}"
            for what, count in self._counts.items()
        )
