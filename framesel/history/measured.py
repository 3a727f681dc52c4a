"""What a model of the workspace is worth, as its training wrote down."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from framesel.errors import WorkspaceError
from framesel.evaluation.results import Estimate, Metrics
from framesel.report.figures.plain import number
from framesel.rounds.models import Model
from framesel.workspace import Workspace

On = Literal["holdout", "val"]


@dataclass(frozen=True)
class Measured:
    """A model's metrics.

    Attributes:
        sets: By the frames that it was judged on: ``holdout`` (never trained on by any model),
            ``val`` (kept apart from this model's training).
        difference: What training wrote of the model of the round before, judged on the same frames;
            None where there was none.
    """

    sets: Mapping[On, Metrics]
    difference: Mapping[str, Any] | None

    def on(self, name: On) -> Metrics | None:
        """On one of the sets; None where it has no labelled frame."""
        found = self.sets.get(name)
        return found if found is not None and found.frames else None

    def json(self) -> dict[str, Any]:
        """For files and pages: the figures without their parts."""
        told: dict[str, Any] = {name: _short(one) for name, one in self.sets.items()}
        return {**told, "difference": self.difference}


def measured(workspace: Workspace, model: Model) -> Measured | None:
    """Reads a model's ``metrics.json``; None where it is gone.

    Raises:
        WorkspaceError: It is damaged.
    """
    path = model.path(workspace) / "metrics.json"
    try:
        told = json.loads(path.read_text("utf-8"))
        names: tuple[On, ...] = ("holdout", "val")
        sets = {name: Metrics.read(told[name]) for name in names if told.get(name)}
        return Measured(sets, told.get("difference"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise WorkspaceError(
            f"{path} is damaged ({error!r}): remove it and `framesel train` again"
        ) from None


def estimate_json(found: Estimate) -> dict[str, float | None]:
    """An estimate for files and pages."""
    return {name: number(value) for name, value in found._asdict().items()}


def _short(found: Metrics) -> dict[str, Any]:
    return {
        "frames": found.frames,
        "videos": len(found.videos),
        "objects": found.objects,
        "map50": estimate_json(found.map50),
        "map50_95": estimate_json(found.map50_95),
    }
