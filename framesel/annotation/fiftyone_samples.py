"""What is known of the samples of a FiftyOne dataset beside its labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from framesel.annotation.checks import checked_size
from framesel.annotation.files import safe_name
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.outside.json_lines import json_rows
from framesel.annotation.outside.json_values import mapping, text
from framesel.annotation.outside.picture_files import PictureFolder
from framesel.annotation.sheet import Picture
from framesel.errors import LabelsError

FILE = "samples.ndjson"
SAID = ("key", "sha256", "split")


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample.

    Attributes:
        name: Of its picture; without the extension where nothing tells it.
        width: In pixels; None where nothing tells it.
        height: Likewise.
        key: Identity of the frame, where our own file tells it.
        sha256: Of the picture's file, or of the one that was handed out; empty: not known.
        split: Where it belongs, where our own file tells it.
    """

    name: str
    width: int | None = None
    height: int | None = None
    key: str = ""
    sha256: str = ""
    split: str = ""


@dataclass(frozen=True)
class Samples:
    """Looks samples up.

    Attributes:
        pictures: Those in ``data``.
        listed: By key, from ``samples.ndjson``.
        sizes: Asked where neither knows a picture.
    """

    pictures: PictureFolder
    listed: Mapping[str, Sample]
    sizes: Sizes

    @classmethod
    def beside(cls, labels: Path, sizes: Sizes) -> Samples:
        """Those of a ``labels.json``.

        Raises:
            LabelsError: There is a ``samples.ndjson``, and it makes no sense.
        """
        path = labels.parent / FILE
        lines = json_rows(path) if path.exists() else ()
        rows = (_row(value, where) for where, value in lines)
        pictures = PictureFolder(labels.parent, labels.parent / "data")
        return cls(pictures, dict(row for row in rows if row), sizes)

    def find(self, key: str, where: str) -> Sample:
        """What is known of a sample.

        Args:
            key: Its name without the ending.
            where: For messages.

        Raises:
            LabelsError: Its picture cannot be read, or its size differs from what is listed.
        """
        told = self.listed.get(key)
        sizes = self.sizes if told is None else no_sizes
        found = self.pictures.find(key, sizes, where)
        if told is None:
            width, height = found.size or (None, None)
            return Sample(found.name, width, height, sha256=found.sha256)
        if found.size not in (None, (told.width, told.height)):
            raise LabelsError(
                f"{where}: {found.name} has {found.size} pixels, and {FILE} says "
                f"{(told.width, told.height)}"
            )
        return replace(told, sha256=found.sha256 or told.sha256)


def line(picture: Picture) -> dict[str, Any]:
    """What is known of a picture: a line of ``samples.ndjson``."""
    p = picture
    path = f"context/{p.context_of}/{p.name}" if p.context_of else f"data/{p.name}"
    found = {"filepath": path, "width": p.width, "height": p.height}
    found |= {"rank": p.rank, "score": p.score, "reason": p.reason, "key": p.key}
    found |= {"video": p.video, "index": p.index, "pts": p.pts, "t_s": p.t_s, "sha256": p.sha256}
    found |= {"context_of": p.context_of, "split": p.split}
    return found | ({"fields": dict(sorted(p.fields.items()))} if p.fields else {})


def _row(value: Any, where: str) -> tuple[str, Sample] | None:
    row = mapping(value, where)
    path = PurePosixPath(safe_name(text(row.get("filepath"), f"{where}, filepath"), where))
    if path.parts[0] != "data" or len(path.parts) == 1:
        return None
    name = PurePosixPath(*path.parts[1:])
    size = checked_size(row.get("width"), row.get("height"), where)
    key, sha256, split = (text(row.get(c) or "", f"{where}, {c}") for c in SAID)
    return str(name.with_suffix("")), Sample(str(name), *size, key, sha256, split)
