"""Paths into a workspace, as its recipe holds them: such that the workspace can be moved.

In ``recipe.yaml`` a file of the workspace itself is ``{workspace}/models/…/weights.pt``. What a
recipe is read into has the folder in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORKSPACE = "{workspace}"
"""Stands for the folder of the recipe's file."""

BEFORE = r"(^|[:@])"
"""What stands before a path in a setting: nothing, ``file:``, ``torchvision:NAME@``."""


def placed(content: Any, root: Path) -> Any:
    """Content of a recipe with the folder where ``{workspace}`` begins a path."""
    pattern = re.compile(BEFORE + re.escape(WORKSPACE) + r"(?=[/\\])")
    return _each(content, lambda text: pattern.sub(lambda found: found[1] + str(root), text))


def portable(content: Any, root: Path) -> Any:
    """Content of a recipe with ``{workspace}`` where the folder begins a path."""
    pattern = re.compile(BEFORE + re.escape(str(root)) + r"(?=[/\\])")
    return _each(content, lambda text: pattern.sub(lambda found: found[1] + WORKSPACE, text))


def _each(content: Any, change: Callable[[str], str]) -> Any:
    """The same structure with every text in it changed; keys stay as they are."""
    if isinstance(content, dict):
        return {key: _each(value, change) for key, value in content.items()}
    if isinstance(content, list):
        return [_each(value, change) for value in content]
    return change(content) if isinstance(content, str) else content
