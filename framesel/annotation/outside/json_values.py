"""Values of JSON from outside: of the kind that is expected, or a clear word."""

from __future__ import annotations

import math
from typing import Any

from framesel.errors import LabelsError


def mapping(value: Any, where: str) -> dict[str, Any]:
    """An object.

    Raises:
        LabelsError: It is something else.
    """
    if not isinstance(value, dict):
        raise LabelsError(f"{where} must be an object, and is {told(value)}")
    return value


def listed(value: Any, where: str) -> list[Any]:
    """A list.

    Raises:
        LabelsError: It is something else.
    """
    if not isinstance(value, list):
        raise LabelsError(f"{where} must be a list, and is {told(value)}")
    return value


def text(value: Any, where: str) -> str:
    """A text, possibly empty.

    Raises:
        LabelsError: It is something else.
    """
    if not isinstance(value, str):
        raise LabelsError(f"{where} must be a text, and is {told(value)}")
    return value


def number(value: Any, where: str) -> float:
    """A finite number.

    Raises:
        LabelsError: It is something else; true and false are no numbers.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LabelsError(f"{where} must be a number, and is {told(value)}")
    return float(value)


def whole(value: Any, where: str) -> int:
    """A whole number; 3.0 is one.

    Raises:
        LabelsError: It is something else.
    """
    found = number(value, where)
    if found != int(found):
        raise LabelsError(f"{where} must be a whole number, and is {told(value)}")
    return int(value)


def told(value: Any) -> str:
    """What a value is, short enough for a message."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return "missing" if value is None else repr(value)[:60]
