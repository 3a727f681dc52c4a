"""A recipe's ``classes:`` section: what may be labelled, in which colour, and who guesses it."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from framesel.annotation.checks import checked_name
from framesel.annotation.sheet import Class
from framesel.errors import LabelsError, UsageError

GOLDEN = 0.618034
"""Steps of the hue by the golden ratio keep any number of colours apart."""


class ClassSettings(BaseModel):
    """One class."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    color: str | None = Field(None, description="#rrggbb; null: one of our own")
    detector: tuple[str, ...] | None = Field(
        None, description="the detector's classes that feed it; null: the one of its own name"
    )

    @field_validator("color")
    @classmethod
    def _is_a_color(cls, color: str | None) -> str | None:
        if color is not None and not re.fullmatch(r"#[0-9a-fA-F]{6}", color):
            raise ValueError("write a colour as '#rrggbb'")
        return color


def _as_mapping(value: Any) -> Any:
    """``[a, b]`` and ``{a: null, b: [x, y]}`` become what the mapping in full would say."""
    if isinstance(value, (list, tuple)):
        named = [(name, None) for name in value]
        if len({str(name) for name, _ in named}) < len(named):
            raise ValueError("a class is listed twice")
        value = dict(named)
    if not isinstance(value, dict):
        # pydantic collects these, and no other error
        raise ValueError(  # noqa: TRY004
            "list the classes, or map each to its colour and the detector's classes"
        )
    for name in value:
        try:
            checked_name(name, "classes")
        except LabelsError as error:
            raise ValueError(str(error)) from None
    return {name: _settings(said) for name, said in value.items()}


def _settings(said: Any) -> Any:
    if said is None:
        return {}
    if isinstance(said, str):
        return {"detector": [said]}
    return {"detector": said} if isinstance(said, (list, tuple)) else said


Classes = Annotated[dict[str, ClassSettings], BeforeValidator(_as_mapping)]
"""By name, in the order of their numbers; empty: those of the detector."""


def declared(classes: Classes, detector: Sequence[str]) -> tuple[Class, ...]:
    """What may be drawn.

    Args:
        classes: The recipe's.
        detector: Names of the detector's classes; none without a detector. One that learnt from
            labels feeds the classes of its names.

    Raises:
        UsageError: The recipe says that a class is fed by one that the detector does not have.
    """
    return tuple(_declared(classes, detector))


def _declared(classes: Classes, detector: Sequence[str]) -> Iterator[Class]:
    if not classes:
        for number, name in enumerate(detector):
            yield Class(name, color_of(number), (name,))
        return
    learnt = _learnt(detector, feeds(classes))
    for number, (name, said) in enumerate(classes.items()):
        color = said.color or color_of(number)
        if said.detector is None or learnt:
            yield Class(name, color, (name,) if name in detector else ())
            continue
        unknown = [one for one in said.detector if one not in detector]
        if unknown and detector:
            raise UsageError(
                f"classes.{name}.detector: the detector has no class {unknown[0]!r}; it knows "
                f"{', '.join(detector[:20])}"
            )
        yield Class(name, color, tuple(one for one in said.detector if one in detector))


def feeds(classes: Classes) -> dict[str, str]:
    """Names of a detector's classes to those of the recipe's that they feed, its own included."""
    own = {name: name for name in classes}
    return own | {one: name for name, said in classes.items() for one in said.detector or ()}


def spoken(detector: Sequence[str], fed: Mapping[str, str], rename: Mapping[str, str]) -> list[str]:
    """What labels call a detector's classes.

    A detector that learnt from labels has their names, those of the time when it was trained: where
    two classes have changed names with one another since, or now have, it is taken for older.

    Args:
        detector: Their names.
        fed: As ``feeds`` gives it; what feeds nothing is nothing that anybody labels.
        rename: Old names in labels to present ones.

    Returns:
        One for each of ``detector``; empty where nobody labels such things.
    """
    called = list(detector)
    if fed and not _learnt(detector, fed):
        called = [fed.get(name, name if name in rename else "") for name in detector]
    return [rename.get(name, name) for name in called]


def _learnt(detector: Sequence[str], fed: Mapping[str, str]) -> bool:
    """Whether a detector's classes are the recipe's, and not those that are to feed them."""
    foreign = {one for one, name in fed.items() if one != name}
    return set(detector) <= set(fed.values()) and not foreign <= set(detector)


def color_of(number: int) -> str:
    """A colour that differs from those of the numbers around it, as ``#rrggbb``."""
    rgb = colorsys.hsv_to_rgb((0.6 + number * GOLDEN) % 1.0, 0.75, 0.9)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
