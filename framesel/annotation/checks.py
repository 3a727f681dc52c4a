"""Numbers and names from outside: boxes that make sense, or a clear word."""

from __future__ import annotations

import math
from dataclasses import replace

from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

SLACK_PX = 2.0
"""How far a box may reach over the picture's edge and be clipped: rounding, not a mistake."""

LONGEST_NAME = 100
LARGEST_SIDE = 1_000_000


def checked_name(name: object, where: str) -> str:
    """The name of a class.

    Raises:
        LabelsError: It is no text, empty, longer than 100 characters, begins or ends with a space,
            or holds control characters.
    """
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise LabelsError(f"{where}: a class needs a name of 1 to {LONGEST_NAME} characters")
    if not name.isprintable() or name != name.strip():
        raise LabelsError(f"{where}: the class {name!r} has characters that no tool shows")
    return name


def checked_box(box: Box, width: int | None, height: int | None, where: str) -> Box:
    """A box that lies in its picture.

    What reaches up to ``SLACK_PX`` over the edge is clipped.

    Args:
        box: Its numbers may be anything.
        width: Of the picture; None where that is not known: then only its own sense is checked.
        height: Likewise.
        where: File and place, for the message.

    Raises:
        LabelsError: It is not finite, without area, or outside the picture.
    """
    edges = box.xyxy
    told = f"{where}: the box {tuple(round(e, 3) if math.isfinite(e) else e for e in edges)}"
    if not all(math.isfinite(e) and abs(e) <= LARGEST_SIDE for e in edges):
        raise LabelsError(f"{told} has edges that are no pixels")
    if box.x1 >= box.x2 or box.y1 >= box.y2:
        raise LabelsError(f"{told} has no area")
    if box.score is not None and not 0 <= box.score <= 1:
        raise LabelsError(f"{told} has the score {box.score}, which is not between 0 and 1")
    if width is None or height is None:
        return box
    over = max(-box.x1, -box.y1, box.x2 - width, box.y2 - height)
    if over > SLACK_PX or box.x1 >= width or box.y1 >= height or box.x2 <= 0 or box.y2 <= 0:
        raise LabelsError(f"{told} lies outside its picture of {width} x {height} pixels")
    if over <= 0:
        return box
    x1, y1 = max(0.0, box.x1), max(0.0, box.y1)
    return replace(box, x1=x1, y1=y1, x2=min(float(width), box.x2), y2=min(float(height), box.y2))


def checked_size(width: object, height: object, where: str) -> tuple[int, int]:
    """A picture's size.

    Raises:
        LabelsError: It is no pair of positive whole numbers.
    """
    sides = []
    for side in (width, height):
        try:
            number = int(str(side)) if not isinstance(side, float) else int(side)
        except (ValueError, OverflowError):
            number = 0
        if not 0 < number <= LARGEST_SIDE:
            raise LabelsError(f"{where}: {width!r} x {height!r} is no size of a picture")
        sides.append(number)
    return sides[0], sides[1]
