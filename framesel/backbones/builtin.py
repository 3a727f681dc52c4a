"""``builtin``: the backbone that ships with framesel; see ``weights/README.md`` for its card."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from framesel.backbones import checkpoint
from framesel.backbones.backbone import BackboneCard
from framesel.backbones.source import LoadedModel
from framesel.errors import UsageError

WEIGHTS = Path(__file__).parent / "weights" / "builtin.safetensors"


def _check(name: str) -> None:
    if name != "builtin":
        raise UsageError(f"backbone {name!r}: the built-in backbone is called 'builtin'")


def describe(name: str) -> BackboneCard:
    """The card of the built-in backbone."""
    _check(name)
    return replace(checkpoint.describe(f"file:{WEIGHTS}"), name=name)


def load(name: str) -> LoadedModel:
    """The built-in backbone."""
    _check(name)
    return checkpoint.load(f"file:{WEIGHTS}")
