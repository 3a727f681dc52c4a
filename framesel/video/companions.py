"""Decides which decoded frames are passed on: candidates, and companions beside them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from framesel.errors import DecodeError
from framesel.video.changes import Changes
from framesel.video.frame import Frame
from framesel.video.sampling import BoolArray, OnChange, Sampling


@dataclass
class _Held:
    """A frame that a later one may still ask for."""

    frame: Frame
    taken: bool
    wanted: bool


def with_companions(chosen: BoolArray, step: int) -> BoolArray:
    """Marks also the frames ``step`` before and after each one that is marked.

    Args:
        chosen: (n,) bool, in presentation order.
        step: Frames; 0 marks no others.
    """
    marked = chosen.copy()
    if 0 < step < len(chosen):
        marked[:-step] |= chosen[step:]
        marked[step:] |= chosen[:-step]
    return marked


def arrange(frames: Iterator[Frame], sampling: Sampling, chosen: set[int]) -> Iterator[Frame]:
    """Passes on what the sampling takes, and what stands ``sampling.companions`` beside it.

    Holds back at most ``companions`` frames, because a later frame may ask for an earlier one.

    Args:
        frames: Candidates and their possible companions, in presentation order.
        sampling: What decides among the candidates.
        chosen: pts of the candidates.

    Raises:
        DecodeError: What ``frames`` raises, after everything that came before it.
    """
    takes: Callable[[Frame], bool] = (
        Changes(sampling.threshold) if isinstance(sampling, OnChange) else lambda frame: True
    )
    step = sampling.companions
    held: deque[_Held] = deque()
    due: set[int] = set()
    failure: DecodeError | None = None
    try:
        for frame in frames:
            taken = frame.pts in chosen and takes(frame)
            held.append(_Held(frame, taken, frame.index in due))
            due.discard(frame.index)
            if taken and step:
                due.add(frame.index + step)
                for earlier in held:
                    earlier.wanted |= earlier.frame.index == frame.index - step
            while held and held[0].frame.index <= frame.index - step:
                yield from _released(held.popleft())
    except DecodeError as error:
        failure = error
    for rest in held:
        yield from _released(rest)
    if failure is not None:
        raise failure


def _released(held: _Held) -> Iterator[Frame]:
    if held.taken:
        yield held.frame
    elif held.wanted:
        yield replace(held.frame, companion=True)
