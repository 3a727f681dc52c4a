"""What a user asks of a recipe beside its file: texts like ``--set``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from framesel.errors import UsageError

_SECONDS = {"s": 1, "min": 60, "h": 3600}


def overrides(
    settings: Iterable[str] | None,
    budget: str | int | None,
    device: str | None,
    weights: str | None = None,
    *,
    runner: str | None = None,
    memory_gb: float | None = None,
) -> list[str]:
    """All that is said about the recipe, as ``--set`` texts.

    Args:
        settings: Such texts.
        budget: See ``spending``.
        device: Where to compute.
        weights: What training begins with.
        runner: Where the workers are.
        memory_gb: How much memory may be taken.
    """
    found = list(settings or [])
    if budget is not None:
        found += spending(str(budget))
    if device is not None:
        found.append(f"run.device={json.dumps(device)}")
    if memory_gb is not None:
        found.append(f"run.memory_gb={memory_gb:g}")
    if weights is not None:
        found.append(f"train.weights={json.dumps(weights)}")
    if runner is not None:
        found.append(f"run.runner={json.dumps(runner)}")
    return found


def spending(budget: str) -> list[str]:
    """A budget in frames, boxes or time, as ``--set`` texts.

    Raises:
        UsageError: It is none of these.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", budget.strip())
    amount, unit = found.groups() if found else ("", "")
    if amount.isdigit() and unit in ("", "frames"):
        return [f"selection.budget={amount}"]
    if amount and unit == "boxes":
        return ["selection.budget=null", f"selection.limits.boxes={amount}"]
    if amount and unit in _SECONDS:
        most_s = float(amount) * _SECONDS[unit]
        return ["selection.budget=null", f"selection.limits.labelling.most_s={most_s:g}"]
    raise UsageError(
        f"--budget {budget!r}: give a number of frames, or what labelling may cost: "
        "'3000 boxes', '6 h', '90 min', '5400 s'"
    )


def sets(settings: Iterable[str], name: str) -> bool:
    """Whether ``--set`` texts say something of a setting, by itself or with its section."""
    said = {text.partition("=")[0].strip() for text in settings}
    return name in said or name.partition(".")[0] in said
