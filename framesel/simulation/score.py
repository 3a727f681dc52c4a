"""How good a choice of frames is, counted against the truth."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from framesel.simulation.truth import FrameTruth, Truth, VideoTruth

Verdict = Literal["", "event", "repeat", "fault"]


@dataclass(frozen=True, slots=True)
class Pick:
    """A chosen frame: name of its video file, seconds from that video's first frame."""

    video: str
    t_s: float


@dataclass(frozen=True, slots=True)
class Score:
    """What a choice holds.

    Attributes:
        picks: How many frames it has.
        scenes: Different places among them.
        moments: Different pictures among them: a still stretch counts once, in all copies.
        events: Different rare events among them.
        repeats: Picks that show what an earlier pick showed.
        faults: Picks that are black or out of focus.
        verdicts: One for each pick; of several, the worst.
    """

    picks: int
    scenes: int
    moments: int
    events: int
    repeats: int
    faults: int
    verdicts: tuple[Verdict, ...]


def score(truth: Truth, picks: Iterable[Pick]) -> Score:
    """Looks up every pick, in order of rank, and counts."""
    scenes: set[int] = set()
    events: set[int] = set()
    seen: set[tuple[str, str, int]] = set()
    verdicts: list[Verdict] = []
    for pick in picks:
        video = truth.video(pick.video)
        frame = video.at(pick.t_s)
        shown = moment(video, frame)
        verdict: Verdict = "event" if frame.event is not None else ""
        if frame.fault in ("black", "blurred"):
            verdict = "fault"
        elif shown in seen:
            verdict = "repeat"
        if verdict != "fault":
            scenes.add(frame.scene)
            if frame.event is not None:
                events.add(frame.event)
        seen.add(shown)
        verdicts.append(verdict)
    return Score(
        picks=len(verdicts),
        scenes=len(scenes),
        moments=len(seen),
        events=len(events),
        repeats=verdicts.count("repeat"),
        faults=verdicts.count("fault"),
        verdicts=tuple(verdicts),
    )


def moment(video: VideoTruth, frame: FrameTruth) -> tuple[str, str, int]:
    """What a frame shows, equal for all frames that show the same up to noise and encoding."""
    content = video.copy_of or video.name
    if frame.state is not None:
        return content, "state", frame.state
    if frame.duplicate_of is not None:
        return content, "frame", frame.duplicate_of
    return content, "frame", frame.index
