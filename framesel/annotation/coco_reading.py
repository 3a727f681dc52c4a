"""Reads COCO detection labels, one file or a folder with one for each split.

By hand: what reads COCO elsewhere trusts its ids, and takes the last of two that are equal.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from framesel.annotation.checks import checked_name, checked_size
from framesel.annotation.files import safe_name
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.left_out import LeftOut
from framesel.annotation.outside.json_file import load_json
from framesel.annotation.outside.json_values import listed, mapping, number, text, told, whole
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.annotation.split_words import split_word
from framesel.errors import LabelsError

HEAD_BYTES = 4096
FIRST_KEY = re.compile(
    rb'^(\xef\xbb\xbf)?\s*\{\s*"(info|licenses|images|annotations|categories)"\s*:'
)
TURNED_DEG = 0.01
"""A box that is turned by less is upright."""


def sniff(path: Path) -> bool:
    """Whether it is such a file, or a folder with one; see ``formats.Reader``."""
    return next(_files(path), None) is not None


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads a file, or all such files of a folder; see ``formats.Reader``.

    The format cannot say which pictures somebody has looked at: ``reviewed`` is None for all.
    What is drawn as a polygon or mask counts with its ``bbox``.

    Raises:
        LabelsError: An id is twice there or not at all, or anything else does not fit together.
    """
    files = tuple(_files(path))
    if not files:
        raise LabelsError(f"{path} is no COCO file, and holds none")
    left = LeftOut()
    classes: dict[str, None] = {}
    pictures: list[LabelledPicture] = []
    for file in files:
        content = mapping(load_json(file), str(file))
        names = _categories(content, file)
        classes.update(dict.fromkeys(names.values()))
        # the name of the folder that was given says nothing: it is the user's own
        folder = file.parent.name if path.is_dir() and file.parent != path else ""
        split = split_word(file.stem) or split_word(folder)
        pictures += (
            LabelledPicture(boxes=tuple(boxes), split=split, **known)
            for known, boxes in _pictures(content, names, file, sizes, left)
        )
    _refuse_twice(pictures, path)
    return Returned("coco", tuple(classes), tuple(pictures), left.lines)


def _files(path: Path) -> Iterator[Path]:
    """The files that begin as COCO files do, in a folder or one or two below it."""
    if path.is_file():
        candidates = [path]
    else:
        inside = path.resolve()
        found = (p for depth in ("*", "*/*", "*/*/*") for p in path.glob(f"{depth}.json"))
        candidates = sorted(p for p in found if p.resolve().is_relative_to(inside))
    for file in candidates:
        try:
            with file.open("rb") as opened:
                begins = FIRST_KEY.match(opened.read(HEAD_BYTES))
        except OSError:
            continue
        if begins:
            yield file


def _categories(content: dict[str, Any], file: Path) -> dict[int, str]:
    names: dict[int, str] = {}
    for place, item in enumerate(listed(content.get("categories"), f"{file}: categories")):
        where = f"{file}: categories[{place}]"
        category = mapping(item, where)
        no = whole(category.get("id"), f"{where}.id")
        name = checked_name(category.get("name"), where)
        if no in names or name in names.values():
            raise LabelsError(f"{where}: the id {no} or the name {name!r} is there twice")
        names[no] = name
    return names


def _pictures(
    content: dict[str, Any], names: dict[int, str], file: Path, sizes: Sizes, left: LeftOut
) -> Iterator[tuple[dict[str, Any], list[Box]]]:
    images: dict[int, dict[str, Any]] = {}
    for place, item in enumerate(listed(content.get("images"), f"{file}: images")):
        where = f"{file}: images[{place}]"
        image = mapping(item, where)
        no = whole(image.get("id"), f"{where}.id")
        if no in images:
            raise LabelsError(f"{where}: the id {no} is there twice")
        images[no] = _image(image, where, sizes)
    boxes: dict[int, list[Box]] = {no: [] for no in images}
    listed_ones = listed(content.get("annotations", []), f"{file}: annotations")
    for place, item in enumerate(listed_ones):
        where = f"{file}: annotations[{place}]"
        annotation = mapping(item, where)
        no = whole(annotation.get("image_id"), f"{where}.image_id")
        if no not in images:
            raise LabelsError(f"{where}: there is no image {no}")
        box = _box(annotation, names, images[no], where, left)
        if box is not None:
            boxes[no].append(box)
    yield from ((known, boxes[no]) for no, known in images.items())


def _image(image: dict[str, Any], where: str, sizes: Sizes) -> dict[str, Any]:
    """What the format says of a picture, by the names of ``LabelledPicture``."""
    name = safe_name(text(image.get("file_name"), f"{where}.file_name"), where)
    width, height = image.get("width"), image.get("height")
    said = width is not None or height is not None
    size = checked_size(width, height, where) if said else sizes(name)
    return {
        "name": name,
        "width": size[0] if size else None,
        "height": size[1] if size else None,
        "key": text(image.get("framesel_key", ""), f"{where}.framesel_key"),
        "sha256": text(image.get("framesel_sha256", ""), f"{where}.framesel_sha256"),
    }


def _box(
    annotation: dict[str, Any],
    names: dict[int, str],
    image: dict[str, Any],
    where: str,
    left: LeftOut,
) -> Box | None:
    label = whole(annotation.get("category_id"), f"{where}.category_id")
    if label not in names:
        raise LabelsError(f"{where}: there is no category {label}")
    if not annotation.get("bbox"):
        left.add("an annotation without a bbox", where)
        return None
    edges = listed(annotation["bbox"], f"{where}.bbox")
    if len(edges) != 4:
        raise LabelsError(f"{where}.bbox must be [x, y, width, height], and is {edges!r:.80}")
    x, y, width, height = (number(edge, f"{where}.bbox") for edge in edges)
    attributes = annotation.get("attributes")
    attributes = attributes if isinstance(attributes, dict) else {}
    turned = attributes.get("rotation", 0)
    if isinstance(turned, int | float) and min(turned % 360, -turned % 360) > TURNED_DEG:
        left.add("a turned box, where upright ones are asked for", where)
        return None
    box = Box(
        label=names[label],
        x1=x,
        y1=y,
        x2=x + width,
        y2=y + height,
        score=_score(annotation, where),
        track=_track(attributes),
        occluded=_yes(attributes.get("occluded")),
        truncated=_yes(attributes.get("truncated")),
    )
    return left.take(box, image["width"], image["height"], where)


def _score(annotation: dict[str, Any], where: str) -> float | None:
    score = annotation.get("score")
    return None if score is None else number(score, f"{where}.score")


def _track(attributes: dict[str, Any]) -> int | None:
    track = attributes.get("track_id")
    return track if isinstance(track, int) and not isinstance(track, bool) else None


def _yes(said: Any) -> bool | None:
    return said if isinstance(said, bool) else None


def _refuse_twice(pictures: list[LabelledPicture], path: Path) -> None:
    seen: set[str] = set()
    for picture in pictures:
        if picture.name in seen:
            raise LabelsError(f"{path} lists the picture {told(picture.name)} twice")
        seen.add(picture.name)
