"""Selection as one function call on plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ValidationError

from framesel.errors import SelectionError
from framesel.selection.candidates import Candidates
from framesel.selection.limits.settings import Limits
from framesel.selection.names import closest
from framesel.selection.picks import Picks
from framesel.selection.registry import STRATEGIES, AnyStrategy

Settings = TypeVar("Settings", bound=BaseModel)


def select(
    vectors: ArrayLike | Candidates,
    budget: int,
    strategy: str = "cover",
    *,
    already: ArrayLike | None = None,
    mass: ArrayLike | None = None,
    utility: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    pts_s: ArrayLike | None = None,
    fixed: ArrayLike | None = None,
    limits: Limits | Mapping[str, Any] | None = None,
    seed: int = 0,
    **settings: Any,
) -> Picks:
    """Pick the rows worth labelling.

    Args:
        vectors: (n, d) unit rows, one for each frame, best in (video, time) order; or
            :class:`framesel.selection.Candidates`, which holds all that may be known of frames.
        budget: How many to pick; all of them where there are fewer.
        strategy: A key of ``framesel.selection.STRATEGIES``; ``framesel list strategies`` says what
            each does.
        already: (m, d) unit rows of frames that are labelled or were picked before.
        mass: (n,) frames that each row stands for; default 1. ``Duplicates.mass`` of the kept rows.
        utility: (n,) how much a label would teach, >= 0; default equal.
        groups: (n,) whole numbers, the video of each row; default one video.
        pts_s: (n,) seconds within the video; default the row number.
        fixed: Rows that are picked before all others, whatever strategy and limits say; they count
            in the budget.
        limits: What the picks keep to, e.g. ``{"gap_s": 2, "per_video": {"max": 20}}``.
        seed: Of all chance.
        **settings: Fields of the strategy, e.g. ``alpha=1.0`` for ``facility_location``.

    Returns:
        The picks in rank order.

    Raises:
        SelectionError: An unknown strategy or setting, or arrays that do not fit; the message says
            which and what to do.
    """
    columns = {"mass": mass, "utility": utility, "groups": groups, "pts_s": pts_s, "fixed": fixed}
    given = {name: column for name, column in columns.items() if column is not None}
    if isinstance(vectors, Candidates):
        if given:
            raise SelectionError(
                f"{', '.join(given)}: candidates were given, which hold all columns; put them there"
            )
        candidates = vectors
    else:
        if "groups" in given:
            given["video_no"] = given["groups"]
        candidates = Candidates(vectors, **given)  # type: ignore[arg-type]
    chosen = make_strategy(strategy, settings)
    seeds = np.asarray([] if already is None else already, dtype=np.float32)
    bounds = make_limits(limits or {})
    return chosen.select(candidates, budget, seeds, bounds, np.random.default_rng(seed))


def make_limits(given: Limits | Mapping[str, Any]) -> Limits:
    """Limits from a mapping such as stands in a recipe.

    Raises:
        SelectionError: Unknown keys or values out of range; all mistakes at once.
    """
    try:
        return Limits.model_validate(given)
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise SelectionError("limits: " + "; ".join(lines)) from error


def make_strategy(name: str, settings: dict[str, Any]) -> AnyStrategy:
    """A strategy from its name and settings.

    Raises:
        SelectionError: Unknown name or setting, or a value out of range; all mistakes at once.
    """
    return from_settings(STRATEGIES, "strategy", name, settings)


def from_settings(
    registry: Mapping[str, type[Settings]], what: str, name: str, settings: dict[str, Any]
) -> Settings:
    """Settings of one of several kinds.

    Args:
        registry: The kinds by name.
        what: What they are, for messages: "strategy".
        name: Which one.
        settings: Its fields.

    Raises:
        SelectionError: Unknown name or setting, one missing, or a value out of range; all mistakes
            at once.
    """
    if name not in registry:
        raise SelectionError(f"there is no {what} {name!r}; {closest(name, list(registry))}")
    kind = registry[name]
    try:
        return kind(**settings)
    except ValidationError as error:
        fields = [field for field in kind.model_fields if field != "name"]
        lines = []
        for mistake in error.errors():
            key = str(mistake["loc"][0])
            if mistake["type"] == "extra_forbidden":
                lines.append(f"{key!r} is no setting of it; {closest(key, fields)}")
            elif mistake["type"] == "missing":
                lines.append(f"it needs {key!r}: {kind.model_fields[key].description}")
            else:
                lines.append(f"{key} = {mistake['input']!r}: {mistake['msg']}")
        raise SelectionError(f"{what} {name!r}: " + "; ".join(lines)) from error
