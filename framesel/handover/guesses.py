"""What the detector guesses, as boxes of the classes that may be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from framesel.annotation.checks import checked_name
from framesel.annotation.classes import color_of, declared
from framesel.annotation.sheet import Box, Class
from framesel.errors import UsageError
from framesel.handover.listing import Listed, Listing
from framesel.recipe import Recipe
from framesel.report.view import View


def sheet_classes(recipe: Recipe, view: View | None, listing: Listing) -> tuple[Class, ...]:
    """What may be drawn: what the listing says, else the recipe, else the detector.

    Raises:
        UsageError: The recipe names a class of the detector that it does not have, or the listing
            holds boxes of a class that it does not name.
        LabelsError: A name is none that a tool shows.
    """
    detector = () if view is None else view.classes
    known = {c.name: c for c in declared(recipe.classes, detector)}
    if listing.classes is None:
        found = tuple(known.values())
    else:
        found = tuple(
            known.get(name) or Class(name, color_of(n), (name,) if name in detector else ())
            for n, name in enumerate(listing.classes)
        )
    for one in found:
        checked_name(one.name, "classes")
    drawn = {box.label for frame in listing.frames for box in frame.boxes or ()}
    strange = sorted(drawn - {one.name for one in found})
    if strange:
        raise UsageError(
            f"boxes of the class {strange[0]!r} are to be handed over, and nobody declared it: "
            "name it under `classes:` in the recipe"
        )
    return found


@dataclass(frozen=True)
class Guesser:
    """Looks up what the detector saw when the frames were chosen.

    Attributes:
        view: The selection whose detections count.
        classes: What may be drawn. Boxes of a class of the detector that feeds none are dropped.
        least: Lowest confidence.
    """

    view: View
    classes: tuple[Class, ...]
    least: float

    def of(self, frame: Listed, width: int, height: int) -> tuple[Box, ...]:
        """Boxes in one frame, most confident first, inside the picture.

        Args:
            frame: One that was sampled; of others nothing is known.
            width: Of its picture.
            height: Likewise.
        """
        row = self.view.frames.row_of(frame.video_no, frame.pts)
        if row < 0:
            return ()
        (seen,) = self.view.boxes([row], self.least)
        found = []
        for box in seen:
            label = self._feeds.get(self.view.classes[box.class_no])
            x1, y1 = max(0.0, box.x1 * width), max(0.0, box.y1 * height)
            x2, y2 = min(float(width), box.x2 * width), min(float(height), box.y2 * height)
            if label is not None and x1 < x2 and y1 < y2:
                score = min(1.0, max(0.0, box.confidence))
                found.append(Box(label, x1, y1, x2, y2, score=score, source="auto"))
        return tuple(found)

    @cached_property
    def _feeds(self) -> dict[str, str]:
        """A class of the detector to the first that it feeds."""
        pairs = [(fed, one.name) for one in self.classes for fed in one.feeds]
        return dict(reversed(pairs))
