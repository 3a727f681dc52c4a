"""Takes labels back: matched by identity, checked, kept as one more import, or nothing is taken."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from framesel.annotation.returned import LabelledPicture, Returned
from framesel.errors import LabelsError
from framesel.handover.class_names import checked_classes, known_classes
from framesel.handover.known_frames import Known, KnownFrames
from framesel.handover.matching import Matcher, Refused, called, readable
from framesel.handover.reviewed import Review, review
from framesel.handover.words import Word, one_each, word_of
from framesel.labels import store
from framesel.labels.changes import as_tables, news
from framesel.labels.labels import Key, Labels
from framesel.rounds import decisions, state
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.pipeline import Watch

MOST_TOLD = 20
"""Pictures that one message lists."""

FindFrame = Callable[[LabelledPicture], Known | Refused]
"""Says which frame a picture shows."""


@dataclass(frozen=True)
class How:
    """How labels are taken.

    Attributes:
        rename: Old names of classes to new ones.
        new_classes: Whether classes that nobody declared are welcome.
        only_known: Whether what agrees is taken where something does not.
        annotator: Who said it, where the labels do not say.
    """

    rename: Mapping[str, str] = field(default_factory=dict)
    new_classes: bool = False
    only_known: bool = False
    annotator: str = ""


@dataclass(frozen=True)
class Taken:
    """What became of labels that came in.

    Attributes:
        number: Of the new import; None where nothing was new.
        frames: Frames that it says something new of.
        boxes: In them.
        unchanged: Words of annotators that were known already.
        context: Pictures that only give context.
        review: Counts what was left as nobody looked at it.
        refused: What does not agree and was left, under ``How.only_known``.
        left: What the format holds and labels do not, a line each.
        classes: Names that nobody had declared.
        annotators: Who said something new.
        closed: The round that was closed, as its picks are labelled now.
    """

    number: int | None
    frames: int
    boxes: int
    unchanged: int
    context: int
    review: Review
    refused: tuple[Refused, ...]
    left: tuple[str, ...]
    classes: tuple[str, ...]
    annotators: tuple[str, ...]
    closed: int | None


def take(
    workspace: Workspace,
    returned: Returned,
    source: str,
    reviewed: str,
    watch: Watch,
    how: How | None = None,
    find: FindFrame | None = None,
) -> Taken:
    """Takes labels into a workspace. All of them, or nothing at all.

    What an annotator said of a frame before is replaced by what he says now, and kept as history.
    What is said again adds nothing. A round whose picks are labelled is closed.

    Args:
        workspace: Where. Its lock is taken.
        returned: What a format's reader, or a server, gave.
        source: Where it is from, for the history: a path or an address, never with a secret.
        reviewed: Which pictures count: ``auto``, ``all``, ``boxed``, or a file of names; see
            ``reviewed.Review``.
        watch: Who is told what happens.
        how: The rest.
        find: Says which frame a picture shows; None for ``Matcher``.

    Raises:
        LabelsError: A picture is no frame of this workspace, a box lies outside of its frame, a
            class was not declared, …: the message lists what does not agree. Nothing was taken.
        UsageError: What counts as reviewed cannot be told.
        WorkspaceError: It is damaged, or another framesel is working here.
    """
    began = time.monotonic()
    with workspace.locked():
        watch.begin("labels", len(returned.pictures), len(returned.pictures), "")
        taken = _Taking(workspace, returned, source, how or How()).taken(reviewed, find)
        watch.wrote("labels", taken.frames)
        watch.end("labels", time.monotonic() - began)
    return taken


@dataclass
class _Taking:
    """Labels on their way in."""

    workspace: Workspace
    returned: Returned
    source: str
    how: How
    words: list[Word] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    seen: set[Key] = field(default_factory=set)
    context: int = 0

    def taken(self, reviewed: str, find: FindFrame | None) -> Taken:
        known = KnownFrames(self.workspace)
        matcher = Matcher(known)
        counts = review(reviewed, matcher)
        self._match(find or matcher.find, counts)
        self._background(counts, known)
        words, torn = one_each(self.words)
        self.refused += torn
        if self.refused and not self.how.only_known:
            raise LabelsError(_refusal(self.source, self.refused, len(self.returned.pictures)))
        numbers = {no for word in words for no in word.known.handovers}
        declared = known_classes(
            self.workspace, [one for one in known.handovers if one.no in numbers]
        )
        classes = checked_classes(
            {box.label for word in words for box in word.boxes},
            declared,
            accept=self.how.new_classes,
            listed=[self.how.rename.get(name, name) for name in self.returned.classes],
        )
        labels = as_tables([(word.row, word.boxes) for word in words], classes)
        fresh = news(labels, store.current(self.workspace))
        number = self._kept(fresh, numbers, counts)
        closed = state.close_labelled(
            self.workspace, {word.known.key for word in words}, decisions.last(self.workspace)
        )
        return Taken(
            number,
            len(fresh.keys),
            fresh.boxes.num_rows,
            len(labels) - len(fresh),
            self.context,
            counts,
            tuple(self.refused),
            self.returned.left,
            classes[len(declared) :],
            fresh.annotators,
            None if closed is None else closed.number,
        )

    def _match(self, find: FindFrame, counts: Review) -> None:
        for picture in self.returned.pictures:
            known = find(picture)
            if isinstance(known, Refused):
                self.refused.append(known)
                continue
            if known.context_of:
                self.context += 1
                continue
            self.seen.add(known.key)
            if counts.counts(picture, known.key):
                try:
                    word = word_of(picture, known, self.how.rename, self.how.annotator)
                    self.words.append(word)
                except LabelsError as error:
                    self.refused.append(Refused(called(picture), str(error)))

    def _background(self, counts: Review, known: KnownFrames) -> None:
        """Frames that are listed as reviewed and of which the labels say nothing: empty ones."""
        missing = sorted(counts.listed - self.seen)
        who = {picture.annotator for picture in self.returned.pictures}
        annotator = who.pop() if len(who) == 1 else ""
        for key in missing:
            frame = known.frame(*key)
            self.words.append(Word(known.stem(*key), frame, annotator or self.how.annotator))

    def _kept(self, fresh: Labels, handovers: Iterable[int], counts: Review) -> int | None:
        """The number of the import; None where there is nothing new to keep."""
        if not len(fresh):
            return None
        told = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "source": _without_login(readable(self.source)),
            "read_as": self.returned.format,
            "reviewed": counts.rule,
            "rename": dict(self.how.rename),
            "handovers": sorted(handovers),
            "annotators": list(fresh.annotators),
            "frames": len(fresh.keys),
            "boxes": fresh.boxes.num_rows,
            "refused": len(self.refused),
            "left": [readable(line) for line in self.returned.left[:MOST_TOLD]],
        }
        return store.add(self.workspace, fresh, told).number


def _without_login(source: str) -> str:
    """An address without the name and the password that it may hold."""
    return re.sub(r"//[^/@]*@", "//", source)


def _refusal(source: str, refused: Sequence[Refused], pictures: int) -> str:
    listed = "\n".join(f"  {one}" for one in refused[:MOST_TOLD])
    more = len(refused) - MOST_TOLD
    return (
        f"{source}: {len(refused)} of {pictures} pictures do not agree with this workspace:\n"
        f"{listed}\n{f'  and {more} more' + chr(10) if more > 0 else ''}"
        "Nothing was taken. --only-known takes the others."
    )
