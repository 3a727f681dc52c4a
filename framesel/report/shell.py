"""The HTML around a story: one template for the page and for the index of the folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from framesel.report import scripts
from framesel.report.story import Story, as_json

GENERATOR = "framesel report"
"""By this a report is told from other files."""


@dataclass(frozen=True)
class Part:
    """A part of the page: where links lead, its heading, and the element that draws it."""

    id: str
    title: str
    element: str


PARTS = (
    Part("happened", "What happened", "fs-happened"),
    Part("rounds", "Rounds", "fs-rounds"),
    Part("picks", "Picks", "fs-sheet"),
    Part("map", "Map", "fs-map"),
    Part("timeline", "Videos over time", "fs-timeline"),
    Part("curves", "Curves", "fs-curves"),
    Part("left-out", "Left out", "fs-left-out"),
)


def html(story: Story, blocks: Sequence[str] = (), beside: Sequence[str] = ()) -> bytes:
    """A page that tells a story.

    Args:
        story: What it tells.
        blocks: Pictures inside it, see ``thumbnails.blocks``.
        beside: Addresses of scripts that bring more, relative to the page.
    """
    modules = [text for _, text in scripts.modules()]
    plotly = scripts.plotly()
    text = _template().render(
        policy=scripts.policy([plotly, *modules], beside=bool(beside)),
        generator=GENERATOR,
        title=_title(story.told),
        lead=_lead(story.told),
        remarks=story.remarks,
        parts=[part for part in PARTS if part.id != "rounds" or story.told.get("rounds")],
        style=scripts.style(),
        story=as_json(story.told),
        plotly=plotly,
        modules=modules,
        beside=beside,
        blocks=blocks,
    )
    # a folder's name may hold bytes that are no text
    return str(text).encode("utf-8", "replace")


def _title(told: dict[str, Any]) -> str:
    which = told["selection"] if told["round"] is None else f"round {told['round']}"
    return f"{told['workspace']}, {which}"


def _lead(told: dict[str, Any]) -> str:
    counts = told["counts"]
    return (
        f"{counts['picks']:,} of {counts['frames']:,} frames of {counts['videos']:,} videos, "
        f"chosen by {told['strategy']}."
    )


@cache
def _template() -> Any:
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    source = (files("framesel.report") / "templates" / "page.html").read_text("utf-8")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(source)
