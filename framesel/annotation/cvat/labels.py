"""The labels that CVAT must know of before it takes any annotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from framesel.annotation.sheet import Class, Picture

SCORE = "score"
BACKGROUND = "background"
ABOUT = "framesel"
ABOUT_FIELDS = ("key", "rank", "informative", "reason", "split")
"""None is called ``score``: datumaro keeps one type for each name of an attribute."""

TAG_COLORS = {BACKGROUND: "#808080", ABOUT: "#c0c0c0"}


@dataclass(frozen=True, slots=True)
class Tags:
    """Names of the two tags that a task has beside its classes.

    Attributes:
        background: An annotator gives it to a picture with nothing in it.
        about: Every picture has it; its attributes say why the picture was chosen.
    """

    background: str
    about: str

    @classmethod
    def beside(cls, names: Sequence[str]) -> Tags:
        """Names that no class has: CVAT wants every name once."""
        return cls(_free(BACKGROUND, names), _free(ABOUT, names))


def is_tag(name: str, plain: str) -> bool:
    """Whether a name is what ``Tags.beside`` made of ``BACKGROUND`` or ``ABOUT``."""
    return name.rstrip("_") == plain


def constructor(classes: Sequence[Class]) -> list[dict[str, Any]]:
    """What CVAT's label constructor takes under "Raw", and its interface as ``labels``.

    Attributes are declared, because CVAT drops what is not. A score is one of the box, not of the
    moment: not mutable.
    """
    tags = Tags.beside([one.name for one in classes])
    score = _attribute(SCORE, "number", "0", ["0", "1", "0.0001"])
    about = [_attribute(name, "text", "", [""]) for name in ABOUT_FIELDS]
    return [
        *(_label(one.name, one.color, "rectangle", [score]) for one in classes),
        _label(tags.background, TAG_COLORS[BACKGROUND], "tag", []),
        _label(tags.about, TAG_COLORS[ABOUT], "tag", about),
    ]


def about(picture: Picture) -> Mapping[str, str]:
    """What the tag says of a picture, by attribute; what is not known is left out."""
    said = {
        "key": picture.key if picture.video_no >= 0 else "",
        "rank": str(picture.rank) if picture.rank else "",
        "informative": score_text(picture.score),
        "reason": picture.reason,
        "split": picture.split,
    }
    return {name: text for name, text in said.items() if text}


def score_text(score: float | None) -> str:
    """A score with four decimals at most; empty where there is none."""
    return "" if score is None else f"{score:.4f}".rstrip("0").rstrip(".")


def _free(name: str, names: Sequence[str]) -> str:
    while name in names:
        name += "_"
    return name


def _label(name: str, color: str, kind: str, attributes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "color": color, "type": kind, "attributes": attributes}


def _attribute(name: str, kind: str, default: str, values: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "mutable": False,
        "input_type": kind,
        "default_value": default,
        "values": values,
    }
