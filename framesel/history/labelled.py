"""What was labelled up to some import: frames, boxes by class, the time it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from framesel.catalog import Catalog
from framesel.labels import store
from framesel.labels.consensus import consensus
from framesel.labels.labels import Labels
from framesel.labels.renaming import renamed
from framesel.recipe import Recipe
from framesel.rounds import holdout
from framesel.selection.limits.settings import Labelling
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Labelled:
    """Labels that a model may learn from, and those of the holdout.

    Attributes:
        frames: Labelled frames that are not held out.
        boxes: Boxes in them.
        by_class: Those boxes by class, most first.
        empty: Labelled frames in which there is nothing.
        held_frames: Labelled frames of the holdout.
        held_boxes: Boxes in them.
        cost_s: Seconds of labelling, the holdout's included.
        told: Share of all frames whose seconds the tool told; the others are estimated.
    """

    frames: int = 0
    boxes: int = 0
    by_class: Mapping[str, int] | None = None
    empty: int = 0
    held_frames: int = 0
    held_boxes: int = 0
    cost_s: float = 0.0
    told: float = 0.0

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "frames": self.frames,
            "boxes": self.boxes,
            "by_class": dict(self.by_class or {}),
            "empty": self.empty,
            "held_frames": self.held_frames,
            "held_boxes": self.held_boxes,
            "cost_s": round(self.cost_s, 3),
            "told": round(self.told, 6),
        }


def labelled(workspace: Workspace, recipe: Recipe, until: int) -> Labelled:
    """Counts what was labelled, by the rule and the names that training uses.

    A frame takes the seconds that its annotators told; where none of them told any, it takes
    ``frame_s`` and ``box_s`` for each of its boxes (``selection.limits.labelling``), once for each
    annotator.

    Args:
        workspace: Where.
        recipe: Its sections ``train`` and ``selection.limits``.
        until: The last import that counts.

    Raises:
        WorkspaceError: An import is damaged.
        UsageError: There is no such rule.
    """
    said = [one.labels() for one in store.imports(workspace) if one.number <= until]
    words = store.newest(said)
    if not len(words):
        return Labelled()
    found = agreed(words, recipe)
    held = _held_out(workspace)
    mine = [video_no not in held for video_no in found.frames["video_no"].to_pylist()]
    names = [
        label
        for video_no, label in _pairs(found.boxes, "video_no", "label")
        if video_no not in held
    ]
    trained = found.frames.filter(pa.array(mine, pa.bool_()))
    seconds, told = _seconds(words.frames, recipe)
    return Labelled(
        trained.num_rows,
        len(names),
        dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0]))),
        sum(count == 0 for count in trained["boxes"].to_pylist()),
        found.frames.num_rows - trained.num_rows,
        found.boxes.num_rows - len(names),
        seconds,
        told,
    )


def agreed(words: Labels, recipe: Recipe) -> Labels:
    """One word on each frame, in the present names of classes, as training takes it.

    Nothing as long as the rule's annotator has labelled nothing.

    Raises:
        UsageError: There is no such rule.
    """
    rule = recipe.train.rule
    who = rule.removeprefix("annotator:")
    if who != rule and who not in words.annotators:
        return Labels.empty()
    return consensus(renamed(words, recipe.train.rename), rule)


def cost_model(recipe: Recipe) -> tuple[float, float]:
    """Seconds for each frame and for each box, where no tool told what a frame took."""
    known = recipe.selection.limits.labelling or Labelling(most_s=1.0)
    return known.frame_s, known.box_s


def _seconds(frames: pa.Table, recipe: Recipe) -> tuple[float, float]:
    """Seconds of all words, and the share of them that was told."""
    frame_s, box_s = cost_model(recipe)
    total, told = 0.0, 0
    for seconds, boxes in _pairs(frames, "seconds", "boxes"):
        told += seconds is not None
        total += frame_s + box_s * boxes if seconds is None else seconds
    return total, told / max(1, frames.num_rows)


def _held_out(workspace: Workspace) -> frozenset[int]:
    """Numbers of the videos that are held out."""
    digests = holdout.digests(workspace)
    if not digests:
        return frozenset()
    videos = Catalog(workspace).videos
    return frozenset(no for no, row in videos.items() if row["digest"] in digests)


def _pairs(table: pa.Table, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(table[name].to_pylist() for name in names), strict=True))
