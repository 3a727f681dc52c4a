"""Suspicious frames as a list to hand over: with their labels, and the suspicion as the reason."""

from __future__ import annotations

from framesel.checking.suspect import Suspect
from framesel.checking.suspects import Suspects
from framesel.errors import UsageError
from framesel.handover.listing import Listed, Listing

_MOST_TOLD = 3


def suspects_listing(found: Suspects, top: int) -> Listing:
    """The most suspicious frames.

    Args:
        found: All suspects.
        top: How many frames at most.

    Raises:
        UsageError: Nothing is suspicious.
    """
    labelled = found.labelled
    frames = found.frames()[:top]
    if not frames:
        raise UsageError("no label is that suspicious: there is nothing to hand over")
    listed = tuple(_listed(found, at, some) for at, some in frames)
    title = f"{labelled.workspace.root.name}: labels to check"
    return Listing("suspicious", title, listed, classes=labelled.labels.classes or None)


def _listed(found: Suspects, at: int, some: list[Suspect]) -> Listed:
    labelled = found.labelled
    told = [one.why for one in some[:_MOST_TOLD]]
    if len(some) > _MOST_TOLD:
        told.append(f"{len(some) - _MOST_TOLD} more")
    return Listed(
        *labelled.keys[at],
        index=labelled.index(at),
        t_s=float(labelled.t_s[at]),
        score=round(some[0].score, 6),
        reason="; ".join(told),
        boxes=labelled.boxes[at],
        fields={"suspicion": ", ".join(dict.fromkeys(one.kind for one in some))},
    )
