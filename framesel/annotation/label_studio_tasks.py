"""Label Studio's tasks and labeling interface, made of a sheet.

Written by hand: labelformat writes no Label Studio, and Label Studio's own SDK pins an OpenCV build
that collides with the one used here and brings nltk and a code generator along. The tests check
everything with that SDK's validator and with a real server.

Boxes are in percent of the picture. A task has one prediction with all boxes: Label Studio shows
one at a time. A prediction's score orders the queue of projects that sample by uncertainty, where
low goes first: it falls with how informative the picture is. Each box has the detector's own score.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.annotation.sheet_parts import boxes_of, split_of
from framesel.errors import UsageError

FROM, TO = "label", "image"
"""Names of the tools for boxes and of the picture in the labeling interface."""

CONTEXT = "context"
MODEL = "framesel"
"""Version of all predictions: a project shows those of one version only, in every round."""

ORIGINS: Final = {"auto": "prediction", "semi-auto": "prediction-changed", "manual": "manual"}
VARIABLE = re.compile(r"\$\w")
DIGITS = 8
"""Decimals of a percentage: less than a thousandth of a pixel in the largest picture."""

Address = Callable[[Picture], str]
"""Gives the URL of a picture's file, as Label Studio's page asks for it."""


def interface(sheet: Sheet) -> str:
    """The labeling interface: the classes with their colours, why a picture was chosen, context.

    Raises:
        UsageError: There are no classes: Label Studio takes no such interface. Or one is named as
            it names what it takes from a task's data.
    """
    if not sheet.classes:
        raise UsageError(
            "Label Studio needs to know what may be drawn: list the classes in the recipe "
            "(classes: [car, person]) or detect with a detector"
        )
    for name in sheet.names:
        if VARIABLE.search(name):
            raise UsageError(
                f"Label Studio would show the class {name!r} as a value of the task: rename it"
            )
    lines = ["<View>", '  <Header value="$framesel_reason" size="5"/>']
    lines.append(f'  <RectangleLabels name="{FROM}" toName="{TO}" canRotate="false">')
    lines += [
        f"    <Label value={quoteattr(one.name)} background={quoteattr(one.color)}/>"
        for one in sheet.classes
    ]
    lines.append("  </RectangleLabels>")
    lines.append(f'  <Image name="{TO}" value="$image" zoom="true" zoomControl="true"/>')
    if any(picture.context_of for picture in sheet.pictures):
        # With a second ``value`` Label Studio would refuse to have pictures uploaded.
        lines.append('  <Header value="Before and after; not to be labelled" size="5"/>')
        lines.append(f'  <Image name="{CONTEXT}" valueList="$framesel_context" zoom="true"/>')
    return "\n".join([*lines, "</View>", ""])


def with_context(sheet: Sheet) -> Iterator[tuple[Picture, tuple[Picture, ...]]]:
    """Each picture that is to be labelled with those that give it context, one at a time."""
    current: Picture | None = None
    context: list[Picture] = []
    for picture in sheet.pictures:
        if picture.context_of:
            context.append(picture)
            continue
        if current is not None:
            yield current, tuple(context)
        current, context = picture, []
    if current is not None:
        yield current, tuple(context)


def task(
    sheet: Sheet, picture: Picture, context: tuple[Picture, ...], address: Address
) -> dict[str, Any]:
    """One task.

    Raises:
        UsageError: A box is of a class that the sheet does not declare, or a picture for training
            belongs to no split.
    """
    boxes = boxes_of(sheet, picture)
    found: dict[str, Any] = {"data": _data(sheet, picture, context, address)}
    results = [_result(box, number, picture) for number, box in enumerate(boxes, 1)]
    if sheet.purpose == "train":
        return found | {"annotations": [{"result": results, "was_cancelled": False}]}
    if not results:
        return found | {"predictions": []}
    prediction = {"model_version": MODEL, "score": _certainty(sheet, picture), "result": results}
    return found | {"predictions": [prediction]}


def _data(
    sheet: Sheet, picture: Picture, context: tuple[Picture, ...], address: Address
) -> dict[str, Any]:
    """What a task knows; the data manager shows it as columns."""
    split = split_of(sheet, picture)
    return {
        "image": address(picture),
        "framesel_key": picture.key if picture.video_no >= 0 else "",
        "framesel_name": picture.name,
        "framesel_sha256": picture.sha256,
        "framesel_rank": picture.rank,
        "framesel_score": picture.score,
        "framesel_reason": picture.reason,
        "framesel_video": picture.video,
        "framesel_frame": picture.index,
        "framesel_time_s": round(picture.t_s, 6),
        "framesel_context": [address(one) for one in _in_time(picture, context)],
        **({"framesel_split": split} if split else {}),
        **{f"framesel_field_{name}": said for name, said in sorted(picture.fields.items())},
    }


def _in_time(picture: Picture, context: tuple[Picture, ...]) -> list[Picture]:
    """A picture among those around it: to be paged through, and never empty."""
    return sorted((picture, *context), key=lambda one: one.t_s)


def _result(box: Box, number: int, picture: Picture) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": f"box{number}",
        "type": "rectanglelabels",
        "from_name": FROM,
        "to_name": TO,
        "original_width": picture.width,
        "original_height": picture.height,
        "image_rotation": 0,
        "value": {
            "x": _percent(box.x1, picture.width),
            "y": _percent(box.y1, picture.height),
            "width": _percent(box.x2 - box.x1, picture.width),
            "height": _percent(box.y2 - box.y1, picture.height),
            "rotation": 0,
            "rectanglelabels": [box.label],
        },
    }
    if box.source:
        found["origin"] = ORIGINS.get(box.source, "manual")
    if box.score is not None:
        found["score"] = round(box.score, 6)
    return found


def _percent(length: float, side: int) -> float:
    return round(100 * length / side, DIGITS)


def _certainty(sheet: Sheet, picture: Picture) -> float:
    """0 to 1, lowest for what is to be seen first; by rank where no score is known."""
    if picture.score is not None:
        return round(1 - picture.score, 6)
    return round(picture.rank / (len(sheet.pictures) + 1), 6)
