"""What stands of all that a reviewer said, once what was taken back is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from framesel.rounds.decision import Box, Decision, Key

T = TypeVar("T")


@dataclass(frozen=True)
class Verdicts:
    """What holds for frames.

    Attributes:
        rejected: Frames that are not to be picked.
        pinned: Frames that are to be picked whatever it costs, in the order of pinning, each with
            its row of ``tables.SELECTION``.
        kept: Picks that a reviewer wants to keep.
        tags: Words about frames.
        blurs: What must not be seen in a frame's picture.
        not_duplicates: Frames that are no near-duplicates, whatever vectors say.
        replacements: A rejected frame to the row of the frame that takes its place.
        remarks: A rejected frame to why it was rejected; frames without a reason are not in it.
    """

    rejected: frozenset[Key] = frozenset()
    pinned: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    kept: frozenset[Key] = frozenset()
    tags: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    blurs: Mapping[Key, tuple[Box, ...]] = field(default_factory=dict)
    not_duplicates: frozenset[Key] = frozenset()
    replacements: Mapping[Key, Mapping[str, Any]] = field(default_factory=dict)
    remarks: Mapping[Key, str] = field(default_factory=dict)


def verdicts(decisions: Iterable[Decision], round_no: int | None = None) -> Verdicts:
    """Replays decisions.

    A rejection, a blur, a tag and "not a duplicate" are about the frame itself and hold for all
    later rounds; keeping, pinning and replacing are about one round's picks and end with it.

    Args:
        decisions: In the order of their numbers.
        round_no: The round that is asked about: later rounds' decisions are not heard. None: all
            decisions are of one round.
    """
    heard = [d for d in decisions if round_no is None or d.round <= round_no]
    replay = _Replay()
    for decision in standing(heard):
        replay.hear(decision, now=round_no is None or decision.round == round_no)
    return replay.found()


def standing(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions that were not taken back, without the undos. An undo of an undo is a redo."""
    gone: set[int] = set()
    found = []
    for decision in sorted(decisions, key=lambda d: d.no, reverse=True):
        if decision.no in gone:
            continue
        if decision.undoes is not None:
            gone.add(decision.undoes)
        else:
            found.append(decision)
    return found[::-1]


class _Replay:
    """The state between two decisions."""

    def __init__(self) -> None:
        self.rejected: set[Key] = set()
        self.pinned: dict[Key, Mapping[str, Any]] = {}
        self.kept: set[Key] = set()
        self.tags: dict[Key, tuple[str, ...]] = {}
        self.blurs: dict[Key, tuple[Box, ...]] = {}
        self.not_duplicates: set[Key] = set()
        self.replacements: dict[Key, Mapping[str, Any]] = {}
        self.remarks: dict[Key, str] = {}

    def hear(self, decision: Decision, *, now: bool) -> None:
        """Takes one decision in. ``now``: it was made in the round that is asked about."""
        key = decision.key
        if decision.kind == "reject":
            self._reject(key, decision, now=now)
        elif decision.kind in ("keep", "pin"):
            self._take_back_rejection(key)
            if now and decision.kind == "keep":
                self.kept.add(key)
            elif now and decision.row is not None:
                self.pinned.setdefault(key, decision.row)
        elif decision.kind == "not_duplicate":
            self.not_duplicates.add(key)
        else:
            self._describe(key, decision)

    def _reject(self, key: Key, decision: Decision, *, now: bool) -> None:
        # said twice, the second adds a reason or a replacement to the first
        self.rejected.add(key)
        self.kept.discard(key)
        self.pinned.pop(key, None)
        if decision.text:
            self.remarks[key] = decision.text
        if now and decision.row is not None:
            self.replacements[key] = decision.row

    def _take_back_rejection(self, key: Key) -> None:
        self.rejected.discard(key)
        self.replacements.pop(key, None)
        self.remarks.pop(key, None)

    def _describe(self, key: Key, decision: Decision) -> None:
        box, word = decision.box, decision.text
        if decision.kind == "blur" and box is not None:
            _set(self.blurs, key, (*(b for b in self.blurs.get(key, ()) if b != box), box))
        elif decision.kind == "unblur":
            rest = tuple(b for b in self.blurs.get(key, ()) if box is not None and b != box)
            _set(self.blurs, key, rest)
        elif decision.kind == "tag" and word not in self.tags.get(key, ()):
            _set(self.tags, key, (*self.tags.get(key, ()), word))
        elif decision.kind == "untag":
            _set(self.tags, key, tuple(t for t in self.tags.get(key, ()) if t != word))

    def found(self) -> Verdicts:
        """What stands."""
        return Verdicts(
            rejected=frozenset(self.rejected),
            pinned=self.pinned,
            kept=frozenset(self.kept),
            tags=self.tags,
            blurs=self.blurs,
            not_duplicates=frozenset(self.not_duplicates),
            replacements=self.replacements,
            remarks=self.remarks,
        )


def _set(values: dict[Key, tuple[T, ...]], key: Key, value: tuple[T, ...]) -> None:
    """Frames of which nothing is left to say are not in the mapping."""
    if value:
        values[key] = value
    else:
        values.pop(key, None)
