"""Labels that are suspected of being mistakes, the most suspicious first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from framesel.checking.disagreement import disagreements
from framesel.checking.labelled import Labelled, read
from framesel.checking.seen import seen
from framesel.checking.suspect import KINDS, Suspect
from framesel.checking.tracks import odd_in_time
from framesel.errors import UsageError
from framesel.recipe import Recipe
from framesel.workspace import Workspace

BY_TIME = ("vanished", "jumped", "renamed")


@dataclass(frozen=True)
class Asked:
    """What is looked for.

    Attributes:
        kinds: Names of ``KINDS``.
        how: Whose scores hold labels against detections, see ``disagreement.HOWS``.
        least: Suspicions under it are not told.
        gap_s: Labelled frames of a video that lie further apart are no neighbours.
        rule: How several annotators become one word.

    Raises:
        UsageError: There is no such kind, or a number is out of its range.
    """

    kinds: tuple[str, ...] = tuple(KINDS)
    how: str = "learned"
    least: float = 0.5
    gap_s: float = 1.0
    rule: str = "majority"

    def __post_init__(self) -> None:
        for name in self.kinds:
            if name not in KINDS:
                raise UsageError(f"there is no type {name!r} of suspicion; {', '.join(KINDS)}")
        if not self.kinds:
            raise UsageError(f"name a type of suspicion: {', '.join(KINDS)}")
        if not 0 <= self.least <= 1 or not self.gap_s > 0:
            raise UsageError("the least suspicion lies between 0 and 1, and a gap is above 0 s")


@dataclass(frozen=True)
class Suspects:
    """What was found.

    Attributes:
        labelled: All labelled frames.
        found: The suspects, the worst first.
        compared: How many frames were held against detections.
        neighbours: How many frames have a labelled neighbour in time.
    """

    labelled: Labelled
    found: tuple[Suspect, ...]
    compared: int
    neighbours: int

    def frames(self) -> list[tuple[int, list[Suspect]]]:
        """Frames with their suspects, those with the worst first."""
        of: dict[int, list[Suspect]] = {}
        for one in self.found:
            of.setdefault(one.frame, []).append(one)
        return list(of.items())


def suspects(workspace: Workspace, recipe: Recipe, asked: Asked) -> Suspects:
    """Looks at every labelled frame.

    Raises:
        WorkspaceError: Nothing is labelled, or tables are missing or damaged.
        UsageError: There is no such rule.
    """
    labelled = read(workspace, recipe, asked.rule)
    found: list[Suspect] = []
    compared = neighbours = 0
    if set(asked.kinds) - set(BY_TIME):
        beside = seen(labelled, recipe)
        if beside is not None:
            compared = len(beside.at)
            found += disagreements(labelled, beside, asked.how, asked.least)
    if set(asked.kinds) & set(BY_TIME):
        odd, neighbours = odd_in_time(labelled, asked.gap_s, asked.least)
        found += odd
    return Suspects(labelled, ranked(found, asked.kinds), compared, neighbours)


def ranked(found: Iterable[Suspect], kinds: Sequence[str]) -> tuple[Suspect, ...]:
    """Those of some kinds, the worst first."""
    wanted = [one for one in found if one.kind in kinds]
    return tuple(sorted(wanted, key=lambda one: (-one.score, one.frame, one.kind, one.xyxy)))
