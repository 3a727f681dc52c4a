"""Reads KITTI labels.

By hand: labelformat wants to be told the classes, and takes a file of results, with a sixteenth
column, for labels of other classes at other places.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from framesel.annotation.checks import checked_name
from framesel.annotation.dataset_meta import all_classes
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.left_out import LeftOut
from framesel.annotation.outside.json_file import read_bytes
from framesel.annotation.outside.picture_files import Found, PictureFolder, files_below
from framesel.annotation.outside.xml_file import number
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.annotation.split_words import split_word
from framesel.errors import LabelsError

LABELS = "label_2"
IMAGES = "image_2"
NUMBERS = 14
"""Columns behind the name: truncated, occluded, alpha, four edges, size, place, turn."""

MOST_MB = 16
OCCLUDED = {-1.0: None, 0.0: False, 1.0: True, 2.0: True, 3.0: None}
IGNORED = "DontCare"


def sniff(path: Path) -> bool:
    """Whether a folder, or one in it, has a folder ``label_2``; see ``formats.Reader``."""
    return next(_bases(path), None) is not None


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads a folder with label_2/, or with one for each split; see ``formats.Reader``.

    An empty file says that nothing is there; of boxes nobody can say whether they are guesses that
    went out: ``reviewed`` is None. Regions called DontCare are left out.

    Raises:
        LabelsError: A line is none of a label; a sixteenth column is named as such.
    """
    left = LeftOut()
    pictures: list[LabelledPicture] = []
    bases = tuple(_bases(path))
    if not bases:
        raise LabelsError(f"{path} has no folder {LABELS} with KITTI labels")
    for base in bases:
        images = PictureFolder(path, base / IMAGES)
        split = split_word(base.name) if base != path else ""
        for file in files_below(path, base / LABELS, (".txt",)):
            stem = file.relative_to(base / LABELS).with_suffix("").as_posix()
            pictures.append(_picture(file, images.find(stem, sizes, str(file)), split, left))
    used = {box.label for picture in pictures for box in picture.boxes}
    classes = all_classes((path, *bases), used)
    return Returned("kitti", classes, tuple(pictures), left.lines)


def _bases(path: Path) -> Iterator[Path]:
    if path.name == LABELS and path.is_dir():
        yield path.parent
        return
    found = (path / LABELS, *sorted(path.glob(f"*/{LABELS}")))
    yield from (labels.parent for labels in found if labels.is_dir())


def _picture(file: Path, found: Found, split: str, left: LeftOut) -> LabelledPicture:
    before = left.count
    boxes = tuple(_boxes(file, found, left))
    return LabelledPicture(
        name=found.name,
        boxes=boxes,
        width=found.size[0] if found.size else None,
        height=found.size[1] if found.size else None,
        # boxes may be guesses as they went out; an empty file was emptied by somebody
        reviewed=True if not boxes and left.count == before else None,
        sha256=found.sha256,
        split=split,
    )


def _boxes(file: Path, found: Found, left: LeftOut) -> Iterator[Box]:
    try:
        lines = read_bytes(file, MOST_MB).decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise LabelsError(f"{file} is no UTF-8 text (byte {error.start})") from None
    for no, line in enumerate(lines, 1):
        where = f"{file}:{no}"
        if not line.strip():
            continue
        box = _box(line.strip(), where)
        if box.label == IGNORED:
            left.add("a region called DontCare", where)
        else:
            width, height = found.size or (None, None)
            taken = left.take(box, width, height, where)
            if taken is not None:
                yield taken


def _box(line: str, where: str) -> Box:
    """One line. Names of classes may have spaces: the numbers are counted from the end."""
    cells = line.rsplit(" ", NUMBERS)
    if len(cells) <= NUMBERS:
        raise LabelsError(f"{where} has fewer than the fifteen columns of a label")
    label, *texts = cells
    values = [number(text, f"{where}: column {no}") for no, text in enumerate(texts, 2)]
    if not _makes_sense(values) and _is_result(label, values):
        raise LabelsError(
            f"{where} has sixteen columns: the sixteenth is a detector's confidence. Labels have "
            "fifteen; take it away once a person has looked at the boxes"
        )
    if not _are_flags(values):
        raise LabelsError(f"{where}: truncated and occluded cannot be {texts[0]} and {texts[1]}")
    return Box(
        label=checked_name(label.strip(), where),
        x1=values[3],
        y1=values[4],
        x2=values[5],
        y2=values[6],
        occluded=OCCLUDED[values[1]],
        truncated=None if values[0] < 0 else values[0] > 0,
    )


def _is_result(label: str, values: list[float]) -> bool:
    """Whether a line makes sense with its last column taken away: then that is a confidence."""
    name, _, first = label.rpartition(" ")
    try:
        return bool(name.strip()) and _makes_sense([float(first), *values[:-1]])
    except ValueError:
        return False


def _makes_sense(values: list[float]) -> bool:
    """Whether fourteen numbers may be those of a label."""
    return _are_flags(values) and values[3] <= values[5] and values[4] <= values[6]


def _are_flags(values: list[float]) -> bool:
    """Whether the first is a share that is cut off, or -1, and the second a degree of hiding."""
    return (values[0] == -1 or 0 <= values[0] <= 1) and values[1] in OCCLUDED
