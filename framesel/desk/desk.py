"""The desk's memory: one selection, everything that was said of it, and what a decision does.

Requests come from several threads, from several tabs, and beside other processes that review the
same workspace. What a request reads is one ``Decided``, which never changes; a decision is made
under a lock of the workspace, after what others said was heard, and makes the next one.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import filelock

from framesel.desk import words
from framesel.desk.background import Background
from framesel.desk.decided import Decided
from framesel.desk.pins import pinned_row
from framesel.desk.replacements import Replacements, make_replacer
from framesel.errors import UsageError, WorkspaceError
from framesel.report.cards import Card, cards
from framesel.report.view import FATES, View
from framesel.rounds import decisions, review, state
from framesel.rounds.decisions import Box, Decision, Key, Kind
from framesel.workspace import Workspace

PATIENCE_S = 10.0
"""How long one desk waits for another to write a decision down."""


class ConflictError(UsageError):
    """Something was said meanwhile that whoever decides has not seen yet."""


@dataclass(frozen=True)
class Wish:
    """What a reviewer wants to say of a frame."""

    kind: Kind
    row: int
    text: str = ""
    box: Box | None = None


@dataclass(frozen=True)
class Answer:
    """What a decision did.

    Attributes:
        view: The selection after it.
        made: What was written down.
        message: For the reviewer.
        replacement: Row of the frame that takes a rejected one's place.
        pending: Whether that frame is still being looked for.
    """

    view: Decided
    made: tuple[Decision, ...]
    message: str
    replacement: int | None = None
    pending: bool = False


class Desk:
    """One selection under review.

    Args:
        workspace: Where it lies.
        name: Round, or beginning of its folder's name; None for that of the latest round.

    Attributes:
        closing: Set once nobody shall wait for anything any more.
        waiting: Tabs that wait for news.
    """

    def __init__(self, workspace: Workspace, name: str | None = None) -> None:
        self.workspace = workspace
        self.background = Background()
        self.closing = threading.Event()
        self.waiting = 0
        self.base = View.of(workspace, name)
        self._now = Decided.on(self.base, decisions.read(workspace))
        self._hearing = threading.Lock()
        self._turns = threading.Lock()
        self._drawing = threading.Lock()
        self.replacements = Replacements(lambda: make_replacer(self.base), self.fill)

    def warm(self) -> None:
        """Reads what the first page needs; then gets ready to replace what is rejected."""
        view = self.now
        self.cards(view, [int(row) for row in view.pick_rows[:1] if row >= 0])
        if not self.readonly(view):
            self.replacements.begin()
        _ = self.base.vectors  # for the first search and the first pin

    def close(self) -> None:
        """Lets everybody go who waits for something to happen."""
        self.closing.set()

    @property
    def now(self) -> Decided:
        """The selection as it is, what other processes said included."""
        with self._hearing:
            last, known = decisions.last(self.workspace), self._now.history.last
            if last > known:
                self._now = self._now.after(decisions.read(self.workspace, after=known))
            elif last < known:  # `framesel forget` removes what was said of a video
                self._now = Decided.on(self.base, decisions.read(self.workspace))
            return self._now

    def readonly(self, view: Decided) -> str:
        """Why nothing can be decided; empty if it can."""
        mine = view.round
        if mine is None:
            return "this selection is of no round: it can be looked at, not reviewed"
        now = {r.number: r for r in state.rounds(self.workspace)}.get(mine.number)
        if now is None or now.closed:
            return f"round {mine.number} is closed: its picks do not change any more"
        if now.selection != mine.selection:
            return (
                f"`framesel run` has chosen round {mine.number} anew since this desk was opened: "
                "end it and start `framesel review` again"
            )
        return ""

    def unheard(self, view: Decided) -> list[str]:
        """What was said that only the next run can honour."""
        if view.round is None:
            return []
        said = [d for d in view.history.decisions if d.no <= view.round.heard]
        return review.unheard(decisions.verdicts(said, view.round.number), view.verdicts)

    def cards(self, view: Decided, rows: Sequence[int]) -> list[Card]:
        """Frames as JSON, with what a reviewer said of those that are no picks."""
        with self._drawing:  # the boxes are read by one thread at a time
            found = cards(view, rows)
        for card in found:
            key = (card["video_no"], card["pts"])
            if key in view.verdicts.rejected and card["rank"] is None:
                card["verdict"] = "rejected"
            card["not_duplicate"] = key in view.verdicts.not_duplicates
        return found

    def decide(self, seq: int, wish: Wish) -> Answer:
        """Writes a decision down.

        Args:
            seq: The last decision that whoever decides has heard of.
            wish: What is said.

        Raises:
            ConflictError: Something was said of the frame since.
            UsageError: It makes no sense, or nothing can be decided.
        """
        with self._turn() as view:
            _check_row(view, wish.row)
            if view.history.changed_by_others(view.key(wish.row), seq):
                raise ConflictError(
                    f"{words.named(view, wish.row)} was changed elsewhere meanwhile: look again"
                )
            if idle := _idle(view, wish):
                return Answer(view, (), idle)
            if wish.kind == "reject":
                return self._reject(view, wish)
            row = pinned_row(view, wish.row) if wish.kind == "pin" else None
            made = self._say(view, wish, row)
            return Answer(self.now, (made,), words.told(view, made))

    def undo(self, seq: int) -> Answer:
        """Takes back the last decision that stands. Errors as ``decide``."""
        with self._turn() as view:
            last = view.history.undone_next(_round(view))
            if last is None:
                return Answer(view, (), "there is nothing to take back")
            if view.history.origin(last) > seq:
                raise ConflictError("something was decided elsewhere meanwhile: look again")
            return self._take_back(view, last, f"taken back: {words.did(view, last)}")

    def redo(self, seq: int) -> Answer:
        """Takes back the last undo. Errors as ``decide``."""
        with self._turn() as view:
            undo = view.history.redone_next(_round(view))
            if undo is None:
                return Answer(view, (), "there is nothing to do again")
            if undo.no > seq:
                raise ConflictError("something was decided elsewhere meanwhile: look again")
            again = view.history.by_no[undo.undoes or 0]
            return self._take_back(view, undo, f"again {words.did(view, again)}")

    def fill(self) -> None:
        """Lets frames in for those that were rejected when nobody could tell yet who comes next."""
        with self._turn(checked=False) as view:
            if self.readonly(view):
                return
            for old in view.history.unfilled(_round(view)):
                row = self._next(view, old.key) if _has_place(view, old.key) else None
                if row is not None:
                    new = old.model_copy(update={"no": 0, "at": "", "row": row})
                    with self._hearing:  # no tab hears of one without the other
                        decisions.append(self.workspace, new)
                        # Last, so that a kill between the two leaves the frame rejected.
                        decisions.append(self.workspace, _undo(view, old))
                    view = self.now

    @contextmanager
    def _turn(self, *, checked: bool = True) -> Iterator[Decided]:
        """One decision at a time, here and in other processes; gives the selection as it is."""
        lock = filelock.FileLock(self.workspace.root / ".decisions.lock", timeout=PATIENCE_S)
        try:
            with self._turns, lock:
                view = self.now
                if checked and (why := self.readonly(view)):
                    raise UsageError(why)
                yield view
        except filelock.Timeout:
            raise WorkspaceError(
                f"another desk is writing in {self.workspace.root} and does not end: close it"
            ) from None

    def _say(self, view: Decided, wish: Wish, row: dict[str, Any] | None) -> Decision:
        video_no, pts = view.key(wish.row)
        said = Decision(
            round=_round(view),
            kind=wish.kind,
            video_no=video_no,
            pts=pts,
            text=wish.text,
            box=wish.box,
            row=row,
        )
        return decisions.append(self.workspace, said)

    def _take_back(self, view: Decided, decision: Decision, message: str) -> Answer:
        made = decisions.append(self.workspace, _undo(view, decision))
        return Answer(self.now, (made,), message)

    def _reject(self, view: Decided, wish: Wish) -> Answer:
        key = view.key(wish.row)
        has_place = _has_place(view, key)
        row = self._next(view, key) if has_place else None
        made = self._say(view, wish, row)
        said = words.did(view, made)
        if row is not None:
            enters = view.frames.row_of(row["video_no"], row["pts"])
            name = words.named(view, enters)
            reason = str(row["reason"]).rpartition("which was rejected: ")[2]
            message = f"{said}; {name} takes its place: {reason}"
            return Answer(self.now, (made,), message, enters)
        if not has_place:
            return Answer(self.now, (made,), said)
        pending = self.replacements.status == "working"
        return Answer(self.now, (made,), f"{said}; {self.replacements.why_nobody}", pending=pending)

    def _next(self, view: Decided, key: Key) -> dict[str, Any] | None:
        """The row of the frame that takes a rejected one's place."""
        stay = [other for other in view.pick_keys if other != key]
        gone = {key, *stay, *view.verdicts.rejected}
        return self.replacements.next(key, stay, gone)


def _round(view: Decided) -> int:
    assert view.round is not None  # else nothing can be decided
    return view.round.number


def _undo(view: Decided, decision: Decision) -> Decision:
    return Decision(round=_round(view), kind="undo", undoes=decision.no)


def _has_place(view: Decided, key: Key) -> bool:
    """Whether a frame takes a place of the budget; one that was only pinned does not."""
    entered = {(r["video_no"], r["pts"]) for r in view.verdicts.replacements.values()}
    return key in entered or key in view.own_keys


def _check_row(view: Decided, row: int) -> None:
    if not 0 <= row < len(view.frames):
        raise UsageError(f"there is no frame {row}: the desk knows {len(view.frames):,}")


def _idle(view: Decided, wish: Wish) -> str:
    """Why a decision would change nothing; empty if it does."""
    verdicts, key = view.verdicts, view.key(wish.row)
    if wish.kind == "not_duplicate" and FATES[view.fate[wish.row]] != "duplicate":
        raise UsageError(f"{words.named(view, wish.row)} is no near-duplicate of anything")
    done = {
        "keep": key in verdicts.kept,
        "reject": key in verdicts.rejected,
        "pin": key in verdicts.pinned,
        "tag": wish.text in verdicts.tags.get(key, ()),
        "untag": wish.text not in verdicts.tags.get(key, ()),
        "blur": wish.box in verdicts.blurs.get(key, ()),
        "unblur": key not in verdicts.blurs,
        "not_duplicate": key in verdicts.not_duplicates,
    }
    return "that is so already" if done.get(wish.kind, False) else ""
