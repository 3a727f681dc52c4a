"""What a reader does not take, counted: a line for each kind, not for each of a thousand."""

from __future__ import annotations

from framesel.annotation.checks import checked_box
from framesel.annotation.sheet import Box


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

    def take(self, box: Box, width: int | None, height: int | None, where: str) -> Box | None:
        """A box, checked as ``checked_box`` does; None for a point or a line, which is noted.

        Well-known datasets (COCO, BCCD) hold some: a slip of the mouse, not a damaged file.

        Raises:
            LabelsError: Anything else is wrong with it.
        """
        if box.x1 == box.x2 or box.y1 == box.y2:
            self.add("a point or line instead of a box: it has no width or no height", where)
            return None
        return checked_box(box, width, height, where)

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
