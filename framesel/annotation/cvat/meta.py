"""What CVAT's XML says of its tasks before the first annotation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from framesel.annotation.checks import checked_name, checked_size
from framesel.annotation.cvat.labels import ABOUT, BACKGROUND, is_tag
from framesel.annotation.outside.xml_file import root_of, starts, text_at
from framesel.errors import LabelsError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

FRAMES = "frames.json"
"""Says which frame number of a task made of pictures is which picture."""


@dataclass(frozen=True, slots=True)
class Task:
    """One task or job of an export.

    Attributes:
        number: Its number, as a text; empty where the file does not say.
        assignee: Who was to do it; empty where nobody was.
        video: File name of the video that the task was made of; empty for one of pictures.
        size: Width and height of that video.
    """

    number: str = ""
    assignee: str = ""
    video: str = ""
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Meta:
    """What an export declares.

    Attributes:
        classes: Labels that can be drawn, in order; None where the file declares none at all.
        tags: Labels that are tags.
        tasks: By their number as a text; a file of one task has it under the empty text too.
    """

    classes: tuple[str, ...] | None
    tags: frozenset[str]
    tasks: Mapping[str, Task]

    def task(self, element: Element, where: str) -> Task:
        """The task that an image or a track is of.

        Raises:
            LabelsError: The file does not declare it.
        """
        number = element.get("task_id", "")
        if number not in self.tasks:
            raise LabelsError(f"{where} is of task {number[:20]!r}, which the file does not list")
        return self.tasks[number]


NO_META = Meta(None, frozenset(), {"": Task()})


def meta_of(element: Element, file: Path) -> Meta:
    """Reads the element ``meta``.

    Raises:
        LabelsError: It makes no sense.
    """
    classes: list[str] = []
    tags: list[str] = []
    labels = [label for labels in element.iter("labels") for label in labels if not _is_part(label)]
    for label in labels:
        name = checked_name(label.findtext("name"), f"{file}: meta")
        kind = text_at(label, "type")
        untyped = not kind and (is_tag(name, BACKGROUND) or is_tag(name, ABOUT))
        listed = tags if kind == "tag" or untyped else classes
        if name not in listed:
            listed.append(name)
    tasks = {"": Task()}
    for task in (one for kind in ("task", "job") for one in element.iter(kind)):
        read = _task(task, element, file)
        tasks[read.number] = read
        tasks[""] = read
    return Meta(tuple(classes) if labels else None, frozenset(tags), tasks)


def cvat_file(path: Path) -> Path:
    """The XML file of an export.

    Raises:
        LabelsError: There is none, or there are several.
    """
    found = _candidates(path)
    if len(found) != 1:
        said = "several XML files of CVAT's" if found else "no XML file of CVAT's"
        raise LabelsError(f"{path} has {said}: name the file")
    return found[0]


def kind_of(path: Path) -> str:
    """``image`` or ``track``: what the annotations of an export hang on; empty if it is none."""
    found = _candidates(path)
    if len(found) != 1:
        return ""
    try:
        for depth, element in starts(found[0]):
            if depth == 2 and element.tag in ("image", "track"):
                return str(element.tag)
    except LabelsError:
        return ""
    return "track" if (found[0].parent / FRAMES).is_file() else "image"


def _candidates(path: Path) -> list[Path]:
    files = [path]
    if path.is_dir():
        named = path / "annotations.xml"
        files = [named] if named.is_file() else sorted(path.glob("*.xml"))
    found = []
    for file in files[:100]:
        if file.suffix.lower() == ".xml" and file.is_file():
            root = root_of(file)
            if root is not None and root.tag == "annotations":
                found.append(file)
    return found


def _is_part(label: Element) -> bool:
    """Whether a label is a point of a skeleton, which is no class of its own."""
    return label.tag != "label" or bool(text_at(label, "parent"))


def _task(task: Element, meta: Element, file: Path) -> Task:
    # older exports have the video's name and size beside the task
    video = text_at(task, "source") or text_at(meta, "source")
    size = task.find("original_size")
    sides = None
    if size is not None:
        place = f"{file}: original_size"
        sides = checked_size(text_at(size, "width"), text_at(size, "height"), place)
    return Task(text_at(task, "id"), text_at(task, "assignee/username"), video, sides)
