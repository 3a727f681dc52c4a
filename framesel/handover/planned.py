"""All pictures of a handover before any is made: names, order, context, what is to be hidden."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesel.errors import UsageError
from framesel.handover.context import around
from framesel.handover.listing import Listed
from framesel.labels.labels import Key
from framesel.report.frames import Frames
from framesel.rounds.decision import Box as Share
from framesel.stages.export import picture_name


@dataclass(frozen=True, slots=True)
class Planned:
    """One picture.

    Attributes:
        name: Of its file in the handover; says which frame it is, and for context, of which.
        frame: What it shows.
        plain: Name of the frame's picture: the same for all pictures that show it.
        rank: From 1; 0 for context.
        context_of: Name of the picture that it gives context to.
        blurs: What must not be seen, as shares of the picture.
    """

    name: str
    frame: Listed
    plain: str
    rank: int
    context_of: str
    blurs: tuple[Share, ...]

    @property
    def key(self) -> Key:
        """The frame's identity."""
        return (self.frame.video_no, self.frame.pts)


@dataclass(frozen=True)
class Plan:
    """How pictures are planned.

    Attributes:
        videos: Rows of the catalog.
        suffix: Of the pictures.
        blurs: What a reviewer wants hidden in any frame, listed or context.
        context: Frames on each side.
        frames: Those that may give context; None where none is wanted.
        ranked: Whether names begin with the rank.
    """

    videos: Mapping[int, Mapping[str, Any]]
    suffix: str
    blurs: Mapping[Key, tuple[Share, ...]]
    context: int = 0
    frames: Frames | None = None
    ranked: bool = False

    def of(self, listed: Sequence[Listed]) -> list[Planned]:
        """The pictures by rank, each followed by its context. A frame is listed once.

        Raises:
            UsageError: A frame's video is not in the catalog.
        """
        found: list[Planned] = []
        once = {(frame.video_no, frame.pts): frame for frame in reversed(listed)}
        unique = [f for f in listed if once[f.video_no, f.pts] is f]
        digits = max(5, len(str(len(unique))))
        for rank, frame in enumerate(unique, 1):
            begin = f"{rank:0{digits}d}-" if self.ranked else ""
            mine = self._picture(frame, begin, rank, None)
            found.append(mine)
            if self.frames is not None and self.context:
                near = around(self.frames, frame, self.context)
                found += [self._picture(one, begin, 0, mine) for one in near]
        return found

    def _picture(self, frame: Listed, begin: str, rank: int, of: Planned | None) -> Planned:
        row = self.videos.get(frame.video_no)
        if row is None:
            raise UsageError(
                f"a frame of video {frame.video_no} is to be handed over, and the catalog knows no "
                "such video"
            )
        plain = picture_name(Path(row["path"]), frame.video_no, frame.pts, frame.t_s, self.suffix)
        name = plain
        if of is not None:
            name = f"{plain.removesuffix('.' + self.suffix)}_for-pts{of.frame.pts}.{self.suffix}"
        said = self.blurs.get((frame.video_no, frame.pts), ())
        hidden = tuple(dict.fromkeys((*frame.blurs, *said)))
        return Planned(begin + name, frame, plain, rank, "" if of is None else of.name, hidden)


@dataclass(frozen=True, slots=True)
class Shown:
    """One frame that needs a file, whoever shows it."""

    key: Key
    plain: str
    blurs: tuple[Share, ...]


def shown(planned: Iterable[Planned], hidden: Mapping[str, tuple[Share, ...]]) -> Iterator[Shown]:
    """Each frame once, with all that must not be seen in it.

    Args:
        planned: Pictures, some of the same frame.
        hidden: What a detector found that nobody may see, by the frame's plain name.
    """
    done: dict[str, Shown] = {}
    for one in planned:
        before = done[one.plain].blurs if one.plain in done else hidden.get(one.plain, ())
        blurs = tuple(dict.fromkeys((*one.blurs, *before)))
        done[one.plain] = Shown(one.key, one.plain, blurs)
    yield from done.values()
