"""Reads CVAT's XML whose boxes hang on tracks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from framesel.annotation.checks import checked_size
from framesel.annotation.cvat.meta import FRAMES, NO_META, Meta, Task, meta_of
from framesel.annotation.cvat.shapes import BY_MACHINES, Declared, Left, box_of, note_others
from framesel.annotation.files import safe_name
from framesel.annotation.outside import json_values as values
from framesel.annotation.outside.json_file import load_json
from framesel.annotation.outside.xml_file import elements, whole_number
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Place = tuple[str, int]
"""Number of the task as the file has it, and number of the frame."""


@dataclass(slots=True)
class Drawn:
    """What was drawn in one frame."""

    boxes: list[Box]
    by_person: bool = False


class Tracks:
    """What one file says, gathered track by track."""

    def __init__(self, file: Path, frames: Mapping[int, LabelledPicture] | None) -> None:
        self.file = file
        self.left = Left()
        self._frames = frames
        self._meta: Meta = NO_META
        self._classes = Declared(None, file)
        self._drawn: dict[Place, Drawn] = {}
        self._tasks: dict[str, Task] = {}

    def take_meta(self, element: Element) -> None:
        """Takes what the file declares."""
        self._meta = meta_of(element, self.file)
        self._classes = Declared(self._meta.classes, self.file)

    def take(self, track: Element) -> None:
        """Takes one track.

        Raises:
            LabelsError: It makes no sense.
        """
        where = f"{self.file}: track {track.get('id', '')[:20]!r}"
        number = whole_number(track.get("id", ""), f"{where}: id")
        source = track.get("source", "")
        task_id = track.get("task_id", "")
        task = self._tasks[task_id] = self._meta.task(track, where)
        visible = [box for box in track.findall("box") if box.get("outside") != "1"]
        # one box is no track: what was never followed would seem to vanish
        followed = number if len(visible) > 1 else None
        seen: set[int] = set()
        for element in visible:
            label = self._classes.checked(track, where)
            frame = whole_number(element.get("frame", ""), f"{where}: frame")
            at = f"{where}: frame {frame}"
            if frame in seen:
                raise LabelsError(f"{at} stands in it twice")
            seen.add(frame)
            box = box_of(element, label, source, self._size(task, frame, at), at)
            if box is None:
                self.left.note("box: it is turned", at)
                continue
            drawn = self._drawn.setdefault((task_id, frame), Drawn([]))
            drawn.boxes.append(replace(box, track=followed))
            drawn.by_person |= source not in BY_MACHINES
        note_others(track, ("box",), self.left, where)

    def returned(self) -> Returned:
        """All that was said."""
        pictures = self._of_list(self._frames) if self._frames is not None else self._of_videos()
        return Returned("cvat-video", self._classes.names, pictures, self.left.lines())

    def _size(self, task: Task, frame: int, where: str) -> tuple[int, int] | None:
        if self._frames is None:
            return task.size
        if frame not in self._frames:
            raise LabelsError(f"{where} is not in {FRAMES}")
        picture = self._frames[frame]
        return (picture.width or 0, picture.height or 0)

    def _of_list(self, frames: Mapping[int, LabelledPicture]) -> tuple[LabelledPicture, ...]:
        if len(self._tasks) > 1:
            raise LabelsError(
                f"{self.file} holds several tasks, and {FRAMES} is of one: export them one by one"
            )
        task_id, task = next(iter(self._tasks.items()), ("", self._meta.tasks[""]))
        found = []
        for frame, picture in sorted(frames.items()):
            drawn = self._drawn.get((task_id, frame), Drawn([]))
            found.append(
                replace(
                    picture,
                    boxes=tuple(drawn.boxes),
                    reviewed=picture.reviewed or drawn.by_person or None,
                    annotator=task.assignee,
                )
            )
        return tuple(found)

    def _of_videos(self) -> tuple[LabelledPicture, ...]:
        found = []
        for (task_id, frame), drawn in sorted(self._drawn.items()):
            task = self._tasks[task_id]
            if not task.video:
                raise LabelsError(
                    f"{self.file} numbers the frames of a task made of pictures: put the {FRAMES} "
                    "of the export that the task was made of beside it, or export it as "
                    "'CVAT for images 1.1', which has names"
                )
            width, height = task.size or (None, None)
            found.append(
                LabelledPicture(
                    name="",
                    boxes=tuple(drawn.boxes),
                    width=width,
                    height=height,
                    reviewed=drawn.by_person or None,
                    annotator=task.assignee,
                    video=task.video,
                    index=frame,
                )
            )
        return tuple(found)


def read_tracks(file: Path) -> Returned:
    """Reads a file, and the list of frames beside it if there is one.

    Raises:
        LabelsError: Anything is wrong with it.
    """
    beside = file.parent / FRAMES
    tracks = Tracks(file, _listed(beside) if beside.is_file() else None)
    for element in elements(file, ("meta", "image", "track")):
        if element.tag == "meta":
            tracks.take_meta(element)
        elif element.tag == "track":
            tracks.take(element)
        else:
            raise LabelsError(f"{file} has images: it is of the format cvat")
    return tracks.returned()


def _listed(file: Path) -> dict[int, LabelledPicture]:
    """Which number is which picture."""
    content = values.mapping(load_json(file), str(file))
    found: dict[int, LabelledPicture] = {}
    for row in values.listed(content.get("frames"), f"{file}: frames"):
        said = values.mapping(row, f"{file}: a frame")
        number = values.whole(said.get("frame"), f"{file}: a frame: frame")
        if number in found:
            raise LabelsError(f"{file}: frame {number} stands in it twice")
        found[number] = _picture(said, f"{file}: frame {number}")
    if len({picture.name for picture in found.values()}) < len(found):
        raise LabelsError(f"{file}: two frames have one name")
    return found


def _picture(said: Mapping[str, Any], where: str) -> LabelledPicture:
    width, height = checked_size(said.get("width"), said.get("height"), where)
    return LabelledPicture(
        name=safe_name(values.text(said.get("name"), f"{where}: name"), where),
        boxes=(),
        width=width,
        height=height,
        reviewed=True if said.get("reviewed") is True else None,
        key=values.text(said.get("key", ""), f"{where}: key"),
        split=values.text(said.get("split", ""), f"{where}: split"),
    )
