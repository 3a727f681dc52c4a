"""What undo and redo take back, and which frames some decisions touch.

A rejection that was made while nobody could tell yet what comes next is *filled* later: the same
rejection again with its replacement, then the old one taken back. To a person the two are one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from framesel.rounds.decisions import Decision, Key


class History:
    """All that was said in a workspace, in order.

    Args:
        decisions: By number.

    Attributes:
        by_no: Each of them by its number.
    """

    def __init__(self, decisions: Sequence[Decision]) -> None:
        self.decisions = tuple(decisions)
        self.by_no = {d.no: d for d in self.decisions}
        self._fills = dict(self._filled())
        self._silent = {undo for undo, _ in self._fills.values()}
        self._standing = {d.no for d in self._stand()}

    @property
    def last(self) -> int:
        """Number of the last decision; 0 where nothing was said."""
        return self.decisions[-1].no if self.decisions else 0

    def origin(self, decision: Decision) -> int:
        """The number of what a person did: for a filled rejection, that of the first one."""
        while decision.no in self._fills:
            decision = self.by_no[self._fills[decision.no][1]]
        return decision.no

    def undone_next(self, round_no: int) -> Decision | None:
        """What undo takes back: the last thing a person did in this round that stands."""
        open_ = [d for d in self._stand() if d.round == round_no and d.kind != "undo"]
        return max(open_, key=self.origin, default=None)

    def redone_next(self, round_no: int) -> Decision | None:
        """The undo that redo takes back; None once something else was done after it."""
        for decision in reversed(self.decisions):
            if decision.round != round_no or self._is_fill(decision):
                continue
            if decision.undoes is None:
                return None
            undone = self.by_no.get(decision.undoes)
            if undone is not None and undone.undoes is None and decision.no in self._standing:
                return decision
        return None

    def unfilled(self, round_no: int) -> list[Decision]:
        """Rejections that stand and whose place nothing took."""
        return [
            d for d in self._stand() if d.round == round_no and d.kind == "reject" and d.row is None
        ]

    def touched(self, after: int) -> set[Key]:
        """Frames about which something may be different since a number."""
        keys = {key for d in self.decisions if d.no > after for key in self._frames_of(d)}
        # what takes the place of a frame that comes back leaves again, and so on down the chain
        before = -1
        while before != len(keys):
            before = len(keys)
            keys |= {
                _entering(d) for d in self.decisions if d.row is not None and _said_of(d, keys)
            }
        return keys

    def changed_by_others(self, key: Key, after: int) -> bool:
        """Whether something was said of a frame, or it entered, since a number."""
        return any(
            key in self._frames_of(d)
            for d in self.decisions
            if d.no > after and not self._is_fill(d)
        )

    def _is_fill(self, decision: Decision) -> bool:
        return decision.no in self._fills or decision.no in self._silent

    def _frames_of(self, decision: Decision) -> set[Key]:
        """The frame that is spoken of, and the one that enters or leaves."""
        while decision.undoes is not None:
            undone = self.by_no.get(decision.undoes)
            if undone is None:
                return set()
            decision = undone
        return {decision.key} | ({_entering(decision)} if decision.row is not None else set())

    def _stand(self) -> list[Decision]:
        """Everything that was not taken back, undos among it."""
        gone: set[int] = set()
        found = []
        for decision in reversed(self.decisions):
            if decision.no not in gone:
                found.append(decision)
                if decision.undoes is not None:
                    gone.add(decision.undoes)
        return found[::-1]

    def _filled(self) -> Iterator[tuple[int, tuple[int, int]]]:
        """For each rejection that fills another: the undo of the other, and the other."""
        for undo in self.decisions:
            fill, old = self.by_no.get(undo.no - 1), self.by_no.get(undo.undoes or 0)
            if fill is None or old is None or fill.kind != "reject" or old.kind != "reject":
                continue
            if fill.row is not None and old.row is None and fill.key == old.key:
                yield fill.no, (undo.no, old.no)


def _said_of(decision: Decision, keys: set[Key]) -> bool:
    return decision.undoes is None and decision.key in keys


def _entering(decision: Decision) -> Key:
    assert decision.row is not None
    return int(decision.row["video_no"]), int(decision.row["pts"])
