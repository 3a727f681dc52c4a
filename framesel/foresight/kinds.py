"""Which footage costs alike: codec, size and rate."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from framesel.foresight.expected import length_s

MOST_KINDS = 6
"""Kinds that are told apart; what is rare counts as the one that is most like it."""


def kind_of(row: Mapping[str, Any]) -> str:
    """Footage of one kind costs about the same for each second: one name for it."""
    megapixels = row["width"] * row["height"] / 1e6
    size = f"{2 ** (round(2 * math.log2(max(megapixels, 1e-4))) / 2):.2g} MP"
    if row["kind"] != "video":
        return f"{row['codec']} {size}"
    fps = row["fps_num"] / row["fps_den"] if row["fps_num"] else 25.0
    return f"{row['codec']} {size} {round(fps / 5) * 5 or 5} fps"


def kinds(rows: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Of each video its kind, by its number; at most ``MOST_KINDS`` of them."""
    exact: dict[int, str] = {}
    footage: Counter[str] = Counter()
    looks: dict[str, tuple[str, str, float]] = {}
    for row in rows:
        name = exact[row["video_no"]] = kind_of(row)
        footage[name] += math.ceil(length_s(row))
        looks[name] = (row["kind"], row["codec"], math.log2(max(row["width"] * row["height"], 1)))
    common = [name for name, _ in footage.most_common(MOST_KINDS)]

    def nearest(name: str) -> str:
        kind, codec, size = looks[name]
        return min(
            common,
            key=lambda c: (looks[c][0] != kind, abs(looks[c][2] - size), looks[c][1] != codec),
        )

    near = {name: name if name in common else nearest(name) for name in looks}
    return {video_no: near[name] for video_no, name in exact.items()}
