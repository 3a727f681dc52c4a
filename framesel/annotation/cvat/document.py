"""CVAT's XML on its way out, an element at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr

from framesel.annotation.cvat.labels import SCORE, constructor, score_text
from framesel.annotation.sheet import Box, Sheet

_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML file can hold, however they are written."""


class Document:
    """Writes elements with their indentation; nothing is kept in memory."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._open: list[str] = []
        file.write('<?xml version="1.0" encoding="utf-8"?>\n')

    def open(self, tag: str, attributes: Mapping[str, str] | None = None) -> None:
        """Begins an element."""
        self._file.write(f"{self._indent}<{tag}{_listed(attributes or {})}>\n")
        self._open.append(tag)

    def close(self) -> None:
        """Ends the element that was begun last."""
        tag = self._open.pop()
        self._file.write(f"{self._indent}</{tag}>\n")

    def leaf(self, tag: str, text: str, attributes: Mapping[str, str] | None = None) -> None:
        """Writes an element that holds text only."""
        begin = f"{self._indent}<{tag}{_listed(attributes or {})}"
        self._file.write(f"{begin}>{escape(plain(text))}</{tag}>\n" if text else f"{begin}/>\n")

    def tree(self, content: Mapping[str, Any]) -> None:
        """Writes elements named by their keys; a list writes its items, each a mapping."""
        for tag, value in content.items():
            if isinstance(value, str):
                self.leaf(tag, value)
                continue
            self.open(tag)
            for item in [value] if isinstance(value, Mapping) else value:
                self.tree(item)
            self.close()

    @property
    def _indent(self) -> str:
        return "  " * len(self._open)


def plain(text: str) -> str:
    """A text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)


def write_meta(out: Document, sheet: Sheet, size: int, mode: str, more: Mapping[str, Any]) -> None:
    """Writes what a task is made of: its labels with all their attributes.

    Args:
        out: The document, inside its root.
        sheet: What is handed over.
        size: How many frames the task has.
        mode: ``annotation`` for images, ``interpolation`` for tracks.
        more: Elements at the end of the task.
    """
    task = {
        "name": sheet.title,
        "size": str(size),
        "mode": mode,
        "overlap": "0",
        "start_frame": "0",
        "stop_frame": str(max(0, size - 1)),
        "labels": [{"label": _label(one)} for one in constructor(sheet.classes)],
        **more,
    }
    out.leaf("version", "1.1")
    out.tree({"meta": {"task": task}})


def write_box(out: Document, box: Box, attributes: Mapping[str, str]) -> None:
    """Writes a box with its score.

    Args:
        out: The document, inside an image or a track.
        box: What to write.
        attributes: What stands before its edges.
    """
    out.open(
        "box",
        {
            **attributes,
            "occluded": str(int(box.occluded or False)),
            **edges(box),
            "z_order": "0",
        },
    )
    if box.score is not None:
        out.leaf("attribute", score_text(box.score), {"name": SCORE})
    out.close()


def edges(box: Box) -> dict[str, str]:
    """The edges with two decimals, as CVAT has them; more where a tiny box would lose its area."""
    values = dict(zip(("xtl", "ytl", "xbr", "ybr"), box.xyxy, strict=True))
    for digits in (2, 6):
        written = {name: f"{value:.{digits}f}" for name, value in values.items()}
        if written["xtl"] != written["xbr"] and written["ytl"] != written["ybr"]:
            break
    return written


def source_of(box: Box) -> str:
    """Who drew a box, in a word that CVAT knows."""
    return box.source or ("manual" if box.score is None else "auto")


def annotations_file(folder: Path) -> Path:
    """Where the annotations of an export are."""
    return folder / "annotations.xml"


def _label(said: Mapping[str, Any]) -> dict[str, Any]:
    listed: Sequence[Mapping[str, Any]] = said["attributes"]
    attributes = [
        {
            "attribute": {
                "name": one["name"],
                "mutable": str(one["mutable"]),
                "input_type": one["input_type"],
                "default_value": one["default_value"],
                "values": "\n".join(one["values"]),
            }
        }
        for one in listed
    ]
    return {
        "name": said["name"],
        "color": said["color"],
        "type": said["type"],
        "attributes": attributes,
    }


def _listed(attributes: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(plain(text))}" for name, text in attributes.items())
