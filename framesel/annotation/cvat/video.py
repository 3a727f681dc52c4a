"""CVAT for video 1.1, both ways: boxes hang on tracks, frames have numbers and no names.

The frames of the task are the pictures, in the order of their names if that is also the order of
time in every video: so CVAT's own sorting gives the same numbers. Else they are in order of video
and time, and only ``images/manifest.jsonl`` with the sorting method "predefined" gives the numbers
of ``frames.json``, which says which number is which picture and must be beside the labels that come
back. Labels of a task that was made of a whole video need no such file: they are told by video and
number.

A track ends by a box that is "outside": CVAT draws a box on to the last frame otherwise.

Written by hand for the same reasons as ``cvat``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from framesel.annotation.cvat.document import (
    Document,
    annotations_file,
    source_of,
    write_box,
    write_meta,
)
from framesel.annotation.cvat.files import (
    link_pictures,
    to_label,
    with_context,
    write_labels,
    write_manifest,
)
from framesel.annotation.cvat.labels import score_text
from framesel.annotation.cvat.meta import FRAMES, cvat_file, kind_of
from framesel.annotation.cvat.tracks import read_tracks
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.outside.json_file import write_streamed
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.workspace import write_atomic


@dataclass(frozen=True, slots=True)
class Line:
    """One track.

    Attributes:
        label: Its class.
        source: Who drew it.
        boxes: By frame number, ascending.
    """

    label: str
    source: str
    boxes: dict[int, Box]


def write(sheet: Sheet, folder: Path) -> None:
    """Writes a sheet; see ``formats.Writer``."""
    numbers = frame_numbers(sheet)
    link_pictures(sheet, folder)
    # CVAT reads the list in its order, so it must be sorted; boxes and texts would fill the memory
    bare = [
        (replace(p, boxes=(), reason="", fields={}), beside) for p, beside in with_context(sheet)
    ]
    write_manifest(folder, sorted(bare, key=lambda one: numbers[one[0].name]))
    write_labels(sheet, folder)
    reviewed = sheet.purpose == "train"
    frames = (_frame(picture, numbers[picture.name], reviewed) for picture in to_label(sheet))
    write_streamed(folder / FRAMES, {"frames": frames})
    write_atomic(annotations_file(folder), lambda path: _write(sheet, numbers, path))


def sniff(path: Path) -> bool:
    """Whether it is CVAT's XML with tracks; see ``formats.Reader``."""
    return kind_of(path) == "track"


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads what CVAT exports; see ``formats.Reader``.

    A picture is reviewed if a track that a person drew or changed has a box in it.
    """
    return read_tracks(cvat_file(path))


def frame_numbers(sheet: Sheet) -> dict[str, int]:
    """The number of each picture's frame, by name."""
    places = {p.name: (p.video_no, p.pts, p.name) for p in to_label(sheet)}
    by_name = sorted(places)
    by_time = sorted(places, key=lambda name: places[name])
    last: dict[int, int] = {}
    for name in by_name:
        video_no, pts, _ = places[name]
        if last.get(video_no, pts) > pts:
            return {one: number for number, one in enumerate(by_time)}
        last[video_no] = pts
    return {one: number for number, one in enumerate(by_name)}


def _write(sheet: Sheet, numbers: dict[str, int], path: Path) -> None:
    first = next(to_label(sheet), None)
    sides = (first.width, first.height) if first else (0, 0)
    size = {"original_size": {"width": str(sides[0]), "height": str(sides[1])}}
    with path.open("w", encoding="utf-8", newline="\n") as file:
        out = Document(file)
        out.open("annotations")
        write_meta(out, sheet, len(numbers), "interpolation", size if first else {})
        if sheet.guesses or sheet.purpose == "train":
            for number, line in enumerate(_lines(sheet, numbers)):
                _write_track(out, line, number, len(numbers) - 1)
        out.close()


def _write_track(out: Document, line: Line, number: int, last: int) -> None:
    out.open("track", {"id": str(number), "label": line.label, "source": line.source})
    for frame, box in line.boxes.items():
        _write_keyframe(out, box, frame, outside=False)
        if frame + 1 not in line.boxes and frame < last:
            _write_keyframe(out, box, frame + 1, outside=True)
    out.close()


def _write_keyframe(out: Document, box: Box, frame: int, *, outside: bool) -> None:
    place = {"frame": str(frame), "keyframe": "1", "outside": str(int(outside))}
    write_box(out, box, place)


def _lines(sheet: Sheet, numbers: dict[str, int]) -> Iterator[Line]:
    """The tracks: first each box that is followed nowhere, then those that are."""
    followed: dict[tuple[int, int, str, str], dict[int, Box]] = {}
    for picture in to_label(sheet):
        frame = numbers[picture.name]
        for box in picture.boxes:
            if box.track is None:
                yield Line(box.label, source_of(box), {frame: box})
                continue
            key = (picture.video_no, box.track, box.label, source_of(box))
            boxes = followed.setdefault(key, {})
            if frame in boxes:  # two boxes of one number in one picture: no track
                yield Line(box.label, source_of(box), {frame: box})
            else:
                boxes[frame] = box
    for (_, _, label, source), boxes in sorted(followed.items()):
        yield Line(label, source, dict(sorted(boxes.items())))


def _frame(picture: Picture, number: int, reviewed: bool) -> dict[str, Any]:
    said = {
        "frame": number,
        "name": picture.name,
        "width": picture.width,
        "height": picture.height,
        "key": picture.key if picture.video_no >= 0 else "",
        "video": picture.video,
        "index": picture.index,
        "rank": picture.rank,
        "score": score_text(picture.score),
        "reason": picture.reason,
        "split": picture.split,
    }
    return {**said, "reviewed": True} if reviewed else said
