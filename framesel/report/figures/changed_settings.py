"""Settings that differ from a recipe's defaults."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from framesel.recipe import Recipe
from framesel.report.view import View

TAGS = ("name", "mode", "how")
"""Fields that say which kind of thing the other fields of their section belong to."""

_MACHINE = "run"


@dataclass(frozen=True)
class Change:
    """One setting.

    Attributes:
        place: Like ``frames.sample.fps``, as ``--set`` takes it.
        default: As YAML would have it; empty where there is none.
        value: The same.
    """

    place: str
    default: str
    value: str


def changed_settings(view: View) -> Iterator[Change]:
    """The settings that the selection was made with and that are not the defaults.

    The run's settings never change a result and are not among them.
    """
    used = view.recipe.model_dump(mode="json")
    for name, key in {**view.keys, "selection": ""}.items():
        fields = _fields(view, name, key)
        if name in used and fields is not None:
            used[name] = {**used[name], **fields}
    if used["selection"]["utility"] == "none" and "scores" not in view.keys:
        used["selection"]["utility"] = "auto"  # which means that without a detector
    yield from differences(used)


def differences(used: Mapping[str, Any]) -> Iterator[Change]:
    """Where a recipe's content differs from the defaults.

    Another kind of thing (a strategy, a way to sample) is one difference, and its own settings are
    held against its own defaults.
    """
    usual = Recipe().model_dump(mode="json")
    own = _defaults_of_kinds(used, usual)
    for name in usual:
        if name != _MACHINE and name in used:
            yield from _differ(name, used[name], usual[name], own[name])


def _fields(view: View, name: str, key: str) -> dict[str, Any] | None:
    """What a stage was run with, as its stage.json tells."""
    if name == "selection":
        found: dict[str, Any] = view.chosen.identity["fields"]
        return found
    path = view.workspace.stage(name, key) / "stage.json"
    try:
        read: dict[str, Any] = json.loads(path.read_text("utf-8"))["fields"]
    except (OSError, ValueError, KeyError):
        return None
    return read


def _defaults_of_kinds(used: Mapping[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """The defaults of a recipe in which only the kinds of things are those that were used."""
    try:
        return Recipe.model_validate(_kinds(used, usual)).model_dump(mode="json")
    except ValidationError:  # a kind with settings that have no defaults
        return usual


def _kinds(used: Any, usual: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in used.items():
        inner = usual.get(name)
        if isinstance(value, dict) and isinstance(inner, dict):
            below = _kinds(value, inner)
            if below:
                found[name] = below
        elif name in TAGS and name in usual and value != inner:
            found[name] = value
    return found


def _differ(place: str, used: Any, usual: Any, own: Any) -> Iterator[Change]:
    """Differences of what was used from the defaults; of another kind of thing, from its own."""
    if isinstance(used, dict) and isinstance(own, dict):
        for name, value in used.items():
            default = usual.get(name) if isinstance(usual, dict) else None
            yield from _differ(f"{place}.{name}", value, default, own.get(name))
        return
    default = usual if place.rpartition(".")[2] in TAGS else own
    if used != default:
        yield Change(place, _told(default), _told(used))


def _told(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
