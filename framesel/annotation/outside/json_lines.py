"""JSON from outside that has a value a line (NDJSON), or is a list of such values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from framesel.annotation.outside.json_file import load_json, parse_json
from framesel.annotation.outside.json_values import listed
from framesel.errors import LabelsError

LONGEST_MB = 64
HEAD_MB = 4
"""Of a line that is only looked at to see which format this is."""


def json_rows(path: Path) -> Iterator[tuple[str, Any]]:
    """The values one after the other, each with its place for messages.

    One line is in memory at a time, unless the file is a list.

    Raises:
        LabelsError: The file cannot be read, or a line is longer than 64 MB or no JSON.
    """
    try:
        with path.open("rb") as file:
            is_list = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
        if is_list:
            for number, row in enumerate(listed(load_json(path), str(path)), 1):
                yield f"{path}, item {number}", row
            return
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST_MB * 2**20), b""), 1):
                where = f"{path}, line {number}"
                if len(line) == LONGEST_MB * 2**20:
                    raise LabelsError(f"{where} is longer than {LONGEST_MB} MB")
                if line.strip():
                    yield where, parse_json(line, where)
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error.strerror or error}") from None


def first_line(path: Path) -> Any:
    """The value of a file's first line; None where that is empty, or begins a list.

    Raises:
        LabelsError: It is no JSON, or the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.readline(HEAD_MB * 2**20)
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error.strerror or error}") from None
    start = head.removeprefix(b"\xef\xbb\xbf").strip()
    if not start or start.startswith(b"["):
        return None
    return parse_json(start, f"{path}, line 1")
