"""What a decision did, in words."""

from __future__ import annotations

from framesel.desk.decided import Decided
from framesel.rounds.decisions import Decision


def clock(t_s: float) -> str:
    """Seconds as a person reads them: 62.3 is 1:02.3."""
    minutes, tenths = divmod(round(max(0.0, t_s) * 10), 600)
    hours, minutes = divmod(minutes, 60)
    head = f"{hours}:{minutes:02d}" if hours else f"{minutes}"
    return f"{head}:{tenths / 10:04.1f}"


def named(view: Decided, row: int) -> str:
    """A frame by its video and time."""
    video = view.video_name(int(view.frames.video_no[row]))
    return f"{video} at {clock(float(view.frames.t_s[row]))}"


_DID = {
    "keep": "kept",
    "reject": "rejected",
    "pin": "pinned",
    "tag": "tagged",
    "untag": "tag taken off",
    "blur": "blurred",
    "unblur": "blur taken off",
    "not_duplicate": "no duplicate",
}


def did(view: Decided, decision: Decision) -> str:
    """A decision by what it did, and to which frame."""
    row = view.frames.row_of(*decision.key)
    frame = named(view, row) if row >= 0 else f"a frame of video {decision.key[0]} that is gone"
    text = f" {decision.text}" if decision.kind in ("tag", "untag") else ""
    return f"{_DID[decision.kind]}{text}: {frame}"


def told(view: Decided, decision: Decision) -> str:
    """What a person hears after a decision; ``view`` is the selection before it."""
    said = did(view, decision)
    if decision.kind == "pin":
        return f"{said}; it is picked whatever the budget"
    if decision.kind == "not_duplicate":
        return f"{said}; the next `framesel run` gives it a place of its own"
    return said
