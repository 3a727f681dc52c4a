"""Candidates as arrays, for a process that knows nothing else of their footage."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from framesel.selection import Candidates

_METADATA: Final = "metadata."
_OBJECTS: Final = "objects."


def arrays_of(candidates: Candidates) -> dict[str, Any]:
    """All that some candidates are, by name."""
    arrays = {
        name: value for name, value in _fields(candidates).items() if isinstance(value, np.ndarray)
    }
    arrays["classes"] = np.array(candidates.classes, np.str_)
    arrays |= {_METADATA + name: texts for name, texts in candidates.metadata.items()}
    if candidates.objects is not None:
        arrays |= {_OBJECTS + name: value for name, value in _fields(candidates.objects).items()}
    return arrays


def candidates_of(arrays: dict[str, Any]) -> Candidates:
    """The candidates that ``arrays_of`` was given; takes the arrays."""
    from framesel.selection import Candidates
    from framesel.selection.objects import Objects

    arrays["classes"] = tuple(arrays["classes"].tolist())
    arrays["metadata"] = _below(_METADATA, arrays)
    objects = _below(_OBJECTS, arrays)
    return Candidates(**arrays, objects=Objects(**objects) if objects else None)


def _fields(of: Any) -> dict[str, Any]:
    return {field.name: getattr(of, field.name) for field in fields(of)}


def _below(prefix: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """Takes what has a prefix out of arrays, without it."""
    names = [name for name in arrays if name.startswith(prefix)]
    return {name.removeprefix(prefix): arrays.pop(name) for name in names}
