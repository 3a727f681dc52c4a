"""Reads CVAT's XML whose annotations hang on images."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from framesel.annotation.checks import checked_size
from framesel.annotation.cvat.labels import ABOUT, BACKGROUND, is_tag
from framesel.annotation.cvat.meta import NO_META, Meta, Task, meta_of
from framesel.annotation.cvat.shapes import (
    BY_MACHINES,
    Declared,
    Left,
    attributes_of,
    box_of,
    note_others,
)
from framesel.annotation.files import safe_name
from framesel.annotation.outside.xml_file import elements, whole_number
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_KEY = re.compile(r"[0-9]{1,18}:-?[0-9]{1,18}")
_OF_VIDEO = re.compile(r"frame_[0-9]+")
"""How CVAT names the frames of a task that was made of a video."""

MOST_NAMED = 20


class Images:
    """What one file says, gathered image by image."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.left = Left()
        self.pictures: list[LabelledPicture] = []
        self._meta: Meta = NO_META
        self._classes = Declared(None, file)
        self._tasks: list[str] = []
        self._seen: set[tuple[object, ...]] = set()
        self._torn: list[str] = []

    def take_meta(self, element: Element) -> None:
        """Takes what the file declares."""
        self._meta = meta_of(element, self.file)
        self._classes = Declared(self._meta.classes, self.file)

    def take(self, image: Element) -> None:
        """Takes one image.

        Raises:
            LabelsError: It makes no sense, or its annotator said something of it before.
        """
        name = safe_name(image.get("name", ""), f"{self.file}: an image")
        where = f"{self.file}: image {name[:80]!r}"
        task = self._meta.task(image, where)
        size = checked_size(image.get("width"), image.get("height"), where)
        boxes, sources = self._boxes(image, size, where)
        tags = [tag.get("label", "") for tag in image.iter("tag")]
        empty = any(is_tag(tag, BACKGROUND) and tag in self._tags(tag) for tag in tags)
        if empty and boxes:
            self._torn.append(name)
        said = self._said(image, where)
        video, index = _of_video(image, name, task, where)
        picture = LabelledPicture(
            name="" if video else name,
            boxes=tuple(boxes),
            width=size[0],
            height=size[1],
            reviewed=True if empty or sources - BY_MACHINES else None,
            annotator=task.assignee,
            key=said["key"] if _KEY.fullmatch(said.get("key", "")) else "",
            video=video,
            index=index,
            split=image.get("subset", "") or said.get("split", ""),
        )
        self._once(picture, task, where)
        self.pictures.append(picture)
        self._tasks.append(task.number)

    def returned(self) -> Returned:
        """All that was said.

        Raises:
            LabelsError: Pictures are tagged as empty and have boxes.
        """
        if self._torn:
            named = ", ".join(repr(name[:80]) for name in self._torn[:MOST_NAMED])
            raise LabelsError(
                f"{self.file}: {len(self._torn)} pictures have the tag {BACKGROUND!r} and boxes; "
                f"remove the one or the other and export again: {named}"
            )
        return Returned("cvat", self._classes.names, self._told_apart(), self.left.lines())

    def _told_apart(self) -> tuple[LabelledPicture, ...]:
        """The pictures; those that several tasks of nobody have are each the word of a task."""
        shared = Counter(_shown(one) for one in self.pictures if not one.annotator)
        return tuple(
            replace(one, annotator=f"task {number}")
            if not one.annotator and shared[_shown(one)] > 1
            else one
            for one, number in zip(self.pictures, self._tasks, strict=True)
        )

    def _boxes(
        self, image: Element, size: tuple[int, int], where: str
    ) -> tuple[list[Box], frozenset[str]]:
        found: list[Box] = []
        sources: set[str] = set()
        for element in image.findall("box"):
            label = self._classes.checked(element, where)
            source = element.get("source", "")
            box = box_of(element, label, source, size, where)
            if box is None:
                self.left.note("box: it is turned", where)
            elif element.get("outside") != "1":
                found.append(box)
                sources.add(source)
        note_others(image, ("box", "tag"), self.left, where)
        return found, frozenset(sources)

    def _said(self, image: Element, where: str) -> dict[str, str]:
        """What the tag says that every picture was handed out with."""
        said: dict[str, str] = {}
        for tag in image.findall("tag"):
            label = tag.get("label", "")
            if is_tag(label, ABOUT):
                said = attributes_of(tag)
            elif not is_tag(label, BACKGROUND):
                self.left.note("tag: only boxes are taken", where)
        return said

    def _tags(self, tag: str) -> frozenset[str]:
        """The declared tags; a file that declares nothing may use any."""
        return self._meta.tags if self._meta.classes is not None else frozenset({tag})

    def _once(self, picture: LabelledPicture, task: Task, where: str) -> None:
        seen = (_shown(picture), picture.annotator or task.number)
        if seen in self._seen:
            who = f" by {picture.annotator[:40]!r}" if picture.annotator else ""
            raise LabelsError(f"{where} stands in it twice{who}: export one task at a time")
        self._seen.add(seen)


def read_images(file: Path) -> Returned:
    """Reads a file.

    Raises:
        LabelsError: Anything is wrong with it.
    """
    images = Images(file)
    for element in elements(file, ("meta", "image", "track")):
        if element.tag == "meta":
            images.take_meta(element)
        elif element.tag == "image":
            images.take(element)
        else:
            raise LabelsError(f"{file} has tracks: it is of the format cvat-video")
    return images.returned()


def _shown(picture: LabelledPicture) -> tuple[str, str, int | None]:
    return (picture.name, picture.video, picture.index)


def _of_video(image: Element, name: str, task: Task, where: str) -> tuple[str, int | None]:
    """Video and number of a frame, if its name is only a number that CVAT made up."""
    if not task.video or not _OF_VIDEO.fullmatch(name):
        return "", None
    return task.video, whole_number(image.get("id", ""), f"{where}: id")
