"""Boxes and tags as CVAT's interface takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framesel.annotation.cvat.document import source_of
from framesel.annotation.cvat.files import to_label
from framesel.annotation.cvat.labels import SCORE, Tags, about, score_text
from framesel.annotation.sheet import Box, Picture, Sheet

AT_ONCE = 2000
"""Annotations in one request."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label as the server numbers it.

    Attributes:
        number: Its number.
        kind: What can be drawn with it: ``rectangle``, ``any``, ``tag``, ….
        attributes: Numbers of its attributes by name.
    """

    number: int
    kind: str
    attributes: Mapping[str, int]

    @property
    def draws(self) -> bool:
        """Whether boxes can be drawn with it."""
        return self.kind in ("rectangle", "any")


def labels_of(found: Sequence[Any]) -> dict[str, Label]:
    """The labels of a task or project by name."""
    return {
        one.name: Label(
            int(one.id), str(one.type), {a.name: int(a.id) for a in one.attributes or ()}
        )
        for one in found
        if one.get("parent_id") is None
    }


def batches(
    sheet: Sheet, labels: Mapping[str, Label], frames: Mapping[str, Sequence[int]]
) -> Iterator[Any]:
    """Requests that bring guesses and reasons into a task, a few thousand annotations each.

    Args:
        sheet: What is handed over.
        labels: Those of the task.
        frames: Numbers of the task's frames by name of their picture.
    """
    from cvat_sdk import models

    shapes: list[Any] = []
    tags: list[Any] = []
    names = Tags.beside(sheet.names)
    for picture in to_label(sheet):
        for frame in frames[picture.name]:
            if sheet.guesses or sheet.purpose == "train":
                shapes += [_shape(box, frame, labels[box.label]) for box in picture.boxes]
            if names.about in labels:
                tags.append(_tag(picture, frame, labels[names.about]))
        if len(shapes) + len(tags) >= AT_ONCE:
            yield models.PatchedLabeledDataRequest(shapes=shapes, tags=tags)
            shapes, tags = [], []
    if shapes or tags:
        yield models.PatchedLabeledDataRequest(shapes=shapes, tags=tags)


def spread(sheet: Sheet, count: int) -> tuple[str, ...]:
    """Names of so many pictures, evenly over the ranking: from the hardest to the easiest.

    Annotators are checked on what is informative and on what is plain.
    """
    names = [picture.name for picture in to_label(sheet)]
    count = min(count, len(names))
    if count < 2:
        return tuple(names[:count])
    return tuple(names[round(n * (len(names) - 1) / (count - 1))] for n in range(count))


def _shape(box: Box, frame: int, label: Label) -> Any:
    from cvat_sdk import models

    more = {} if box.score is None else {"score": float(box.score)}
    said = {SCORE: score_text(box.score)}
    return models.LabeledShapeRequest(
        type=models.ShapeType("rectangle"),
        label_id=label.number,
        frame=frame,
        points=[float(edge) for edge in box.xyxy],
        occluded=bool(box.occluded),
        source=source_of(box),
        attributes=_values(said, label),
        **more,
    )


def _tag(picture: Picture, frame: int, label: Label) -> Any:
    from cvat_sdk import models

    return models.LabeledImageRequest(
        label_id=label.number,
        frame=frame,
        source="auto",
        attributes=_values(about(picture), label),
    )


def _values(said: Mapping[str, str], label: Label) -> list[Any]:
    """Values of those attributes that the server knows; CVAT refuses others."""
    from cvat_sdk import models

    return [
        models.AttributeValRequest(spec_id=label.attributes[name], value=text)
        for name, text in said.items()
        if text and name in label.attributes
    ]
