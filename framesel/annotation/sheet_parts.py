"""What every writer takes from a sheet: pictures to be labelled, their boxes, files beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

from framesel.annotation.files import link
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.errors import UsageError


def to_label(sheet: Sheet) -> Iterator[Picture]:
    """The pictures of a sheet without those of context."""
    return (picture for picture in sheet.pictures if not picture.context_of)


def boxes_of(sheet: Sheet, picture: Picture) -> tuple[Box, ...]:
    """The boxes that leave with a picture: labels, or guesses if guesses are wanted.

    Raises:
        UsageError: One is of a class that the sheet does not declare.
    """
    if sheet.purpose == "label" and not sheet.guesses:
        return ()
    for box in picture.boxes:
        if box.label not in sheet.names:
            raise UsageError(f"{picture.name}: the class {box.label!r} is not declared")
    return picture.boxes


def has_labels(sheet: Sheet, picture: Picture) -> bool:
    """Whether a picture gets a file of labels, in formats where a missing file says "not labelled".

    To train, all get one: no boxes means that nothing is there. To label, only those with guesses:
    an empty file would say that somebody had looked.
    """
    return sheet.purpose == "train" or bool(boxes_of(sheet, picture))


def split_of(sheet: Sheet, picture: Picture) -> str:
    """Where a picture belongs; empty in what is to be labelled.

    Raises:
        UsageError: The sheet is for training, and the picture belongs nowhere.
    """
    if sheet.purpose == "label":
        return ""
    if not picture.split:
        raise UsageError(f"{picture.name} is in none of train, val and test: split it first")
    return picture.split


def splits_of(sheet: Sheet) -> tuple[str, ...]:
    """Which of train, val and test have pictures, in this order."""
    found = {split_of(sheet, picture) for picture in to_label(sheet)}
    return tuple(split for split in ("", "train", "val", "test") if split in found)


def link_context(sheet: Sheet, folder: Path) -> None:
    """Puts the pictures of context into ``context/PICTURE/``: beside, never among the others."""
    for picture in sheet.pictures:
        if picture.context_of:
            link(sheet, picture, folder / "context" / picture.context_of / picture.name)


def write_scores(path: Path, boxes: tuple[Box, ...]) -> None:
    """Writes the detector's confidences, one a line in the order of the boxes; ``-``: none."""
    if any(box.score is not None for box in boxes):
        write_lines(path, ["-" if b.score is None else f"{b.score:.6g}" for b in boxes])


def write_lines(path: Path, lines: list[str]) -> None:
    """Writes a small file of labels.

    It is not synced: there are thousands, and what a killed write left is written again.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")


def stem_of(name: str) -> str:
    """A picture's name without its ending."""
    return str(PurePosixPath(name).with_suffix(""))


def refuse_same_files(sheet: Sheet, place: Callable[[str], str] = stem_of) -> None:
    """Formats with a file for each picture, named by its stem, cannot tell a.jpg from a.png.

    Args:
        sheet: What is to be written.
        place: Where the labels of a picture go, by its name.

    Raises:
        UsageError: Two pictures would share a file.
    """
    # equal endings and equal places: nothing to remember, however many there are
    endings = {PurePosixPath(picture.name).suffix for picture in to_label(sheet)}
    moved = any(place(picture.name) != stem_of(picture.name) for picture in to_label(sheet))
    if len(endings) < 2 and not moved:
        return
    seen: dict[str, str] = {}
    for picture in to_label(sheet):
        other = seen.setdefault(place(picture.name), picture.name)
        if other != picture.name:
            raise UsageError(
                f"{picture.name} and {other} would share a file of labels: this format cannot "
                "keep the two apart"
            )
