"""JSON from outside, and JSON that is too long for memory on its way out."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from framesel.errors import LabelsError
from framesel.workspace import write_atomic

MOST_MB = 512
DEEPEST = 64
LONGEST_NUMBER = 18
"""Digits of a whole number; 18 always fit into 64 bits."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _RefusedError(ValueError):
    """The content is JSON, but of a kind that is not taken."""


def load_json(path: Path, most_mb: float = MOST_MB) -> Any:
    """Reads a JSON file that anybody may have written.

    Args:
        path: The file.
        most_mb: Files above this size are not opened. What was read takes about ten times as much
            memory.

    Raises:
        LabelsError: It cannot be read, is too large, or ``parse_json`` refuses it.
    """
    return parse_json(read_bytes(path, most_mb), str(path))


def read_bytes(path: Path, most_mb: float = MOST_MB) -> bytes:
    """Reads a file up to a size.

    Raises:
        LabelsError: It is no file, cannot be read, or is too large.
    """
    most = int(most_mb * 2**20)
    try:
        if not path.is_file():
            raise LabelsError(f"{path} is not there, or is no file")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise LabelsError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(content) > most:
        raise LabelsError(f"{path} has more than {most_mb:g} MB: split it and take the parts")
    return content


def parse_json(content: bytes | str, where: str) -> Any:
    """Reads JSON strictly.

    Args:
        content: UTF-8, with or without a byte order mark.
        where: File and place, for messages.

    Raises:
        LabelsError: It is no JSON, holds NaN, infinities, whole numbers of more than 18 digits,
            one key twice in an object, halves of characters, or nests deeper than 64.
    """
    try:
        text = content if isinstance(content, str) else content.decode("utf-8-sig")
        found = json.loads(
            text,
            object_pairs_hook=_once,
            parse_float=_finite,
            parse_int=_whole,
            parse_constant=_no_number,
        )
    except RecursionError:
        raise LabelsError(f"{where} nests deeper than {DEEPEST} levels") from None
    except UnicodeDecodeError as error:
        raise LabelsError(f"{where} is no UTF-8 text (byte {error.start})") from None
    except ValueError as error:
        kind = "holds" if isinstance(error, _RefusedError) else "is no JSON:"
        raise LabelsError(f"{where} {kind} {error}") from None
    if _deep(found):
        raise LabelsError(f"{where} nests deeper than {DEEPEST} levels")
    if _SURROGATE.search(text) and not _whole_characters(found):
        raise LabelsError(f"{where} holds halves of characters (surrogates without a partner)")
    return found


def write_streamed(path: Path, content: Any) -> None:
    """Writes JSON atomically; iterators become lists that are never in memory as a whole.

    Args:
        path: The file; equal content gives equal bytes.
        content: What ``json`` writes, or an iterator of such, or a mapping of text to either. An
            item of an iterator takes one line.
    """
    _write(path, _document(content))


def write_lines(path: Path, rows: Iterable[Any]) -> None:
    """Writes one JSON value a line (NDJSON), atomically, one at a time in memory."""
    _write(path, (f"{_dumped(row)}\n" for row in rows))


def _write(path: Path, parts: Iterator[str]) -> None:
    def fill(temporary: Path) -> None:
        file: IO[str]
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            for part in parts:
                file.write(part)

    write_atomic(path, fill)


def _document(content: Any) -> Iterator[str]:
    if isinstance(content, Mapping):
        yield "{\n"
        for number, (name, value) in enumerate(content.items()):
            yield f"{_comma(number)}{_dumped(name)}: "
            yield from _listed(value)
        yield "\n}\n"
    else:
        yield from _listed(content)
        yield "\n"


def _listed(content: Any) -> Iterator[str]:
    if not isinstance(content, Iterator):
        yield _dumped(content)
        return
    yield "[\n"
    for number, item in enumerate(content):
        yield f"{_comma(number)}{_dumped(item)}"
    yield "\n]"


def _comma(number: int) -> str:
    return ",\n" if number else ""


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for number, key in enumerate(keys) if key in keys[:number])
        raise _RefusedError(f"the key {twice[:80]!r} twice in one object")
    return found


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise _RefusedError(f"the number {digits[:40]}, which is too large")
    return value


def _whole(digits: str) -> int:
    if len(digits.lstrip("-")) > LONGEST_NUMBER:
        raise _RefusedError(f"the number {digits[:40]}, which is too large")
    return int(digits)


def _no_number(name: str) -> Any:
    raise _RefusedError(f"{name}, which is no number in JSON")


def _deep(value: Any) -> bool:
    """Whether lists and objects stand in each other too often, without recursion."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
    return bool(level)


def _whole_characters(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
