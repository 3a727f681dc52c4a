"""The report as one file that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from framesel.report import shell, thumbnails
from framesel.report.columns import MOST_ROWS, evenly
from framesel.report.places import round_folder
from framesel.report.story import Story, linked, whole
from framesel.report.thumbnails import Thumbnails
from framesel.report.view import View
from framesel.workspace import write_bytes

MOST_BYTES = 28_000_000
"""About so much for a page with up to as many picks as the next line says."""
MANY_PICKS = 500
PICK_BYTES = 30_000
"""That each further pick may add."""
BESIDE_SHARE = 0.6
"""Of the room that picks leave, for what is shown beside them; the rest is for the map."""


@dataclass(frozen=True)
class Made:
    """A report that was written."""

    path: Path
    """What a browser opens."""
    size: int
    """Bytes, all files together."""
    pictures: int
    remarks: tuple[str, ...]


def write(view: View, path: Path) -> Made:
    """Writes a selection's page.

    Args:
        view: The selection.
        path: Where; what is there is replaced in one step.
    """
    story = whole(view, "inline", MOST_ROWS)
    linked(story.told, round_folder(view), path.parent)
    fixed = len(shell.html(story))
    most = MOST_BYTES + PICK_BYTES * max(0, len(story.picks) - MANY_PICKS)
    pictures = chosen_pictures(view, story, room=max(0, most - fixed) * 3 // 4)
    texts, place = thumbnails.blocks(pictures.made, [*story.picks.tolist(), *story.beside.tolist()])
    story.told["thumb_blocks"] = place
    story.remarks += missing(len(pictures.missing))
    content = shell.html(story, texts)
    write_bytes(path, content)
    return Made(path, len(content), len(pictures.made), tuple(story.remarks))


def chosen_pictures(view: View, story: Story, room: int | None) -> Thumbnails:
    """Pictures of picks, of what is shown beside them, and of points of the map, as room allows."""
    found = Thumbnails(view, room)
    found.add_picks(story.picks)
    if thumbnails.keeps_pixels(view):
        found.add(story.beside, thumbnails.NEIGHBOUR, BESIDE_SHARE)
        found.add(evenly(story.shown, thumbnails.MOST_POINTS), thumbnails.POINT)
    else:
        story.remarks.append(thumbnails.ONLY_PICKS)
    return found


def missing(count: int) -> list[str]:
    """What to say of frames without a picture."""
    if not count:
        return []
    return [
        f"No picture of {count:,} frame{'s' if count > 1 else ''} could be had: "
        "the video is gone, was changed, or is damaged there."
    ]
