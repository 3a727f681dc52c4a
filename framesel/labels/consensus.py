"""What holds of a frame that several people labelled, by a stated rule."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from framesel.annotation.sheet import Box
from framesel.errors import UsageError
from framesel.labels import store, tables
from framesel.labels.labels import Key, Labels, box_row
from framesel.labels.objects import Object, objects
from framesel.workspace import Workspace

RULES = ("majority", "union", "newest")
"""And ``annotator:NAME``."""

FRAME = ["video_no", "pts"]

Said = Mapping[str, Sequence[Box]]


def truth(workspace: Workspace, rule: str = "majority") -> Labels:
    """What a workspace's labels say: every annotator's newest word, brought together by a rule.

    Raises:
        UsageError: There is no such rule, or no such annotator.
        WorkspaceError: An import is damaged.
    """
    return consensus(store.current(workspace), rule)


def consensus(labels: Labels, rule: str = "majority") -> Labels:
    """One word on each frame, of nobody (annotator ``""``).

    - ``majority``: boxes that show the same object are put together (``objects.objects``). An
      object stays if more than half of the annotators of the frame drew it, with the median of
      their edges and the class that most of them gave; of classes that equally many gave, the one
      that was declared first. Of two annotators both must have drawn it; one annotator is always
      right.
    - ``union``: the same, and every object stays.
    - ``newest``: the last word on the frame, whoever said it.
    - ``annotator:NAME``: the word of one annotator; frames that he did not label have none.

    What was spent on a frame is what all spent on it together under ``majority`` and ``union``.

    Args:
        labels: One word of an annotator on a frame, later ones last (``store.current``).
        rule: One of the above.

    Returns:
        At most one row of ``frames`` for each frame; both tables by video and time.

    Raises:
        UsageError: There is no such rule, or no such annotator.
    """
    if rule == "newest":
        last = {(video_no, pts): who for video_no, pts, who in _rows(labels.frames)}
        found = _only(labels, lambda video_no, pts, who: last[video_no, pts] == who)
        return _ordered(_of_nobody(found))
    if rule.startswith("annotator:"):
        wanted = rule.removeprefix("annotator:")
        if wanted not in labels.annotators:
            known = ", ".join(repr(who) for who in labels.annotators[:20]) or "nobody"
            raise UsageError(f"nobody called {wanted!r} labelled anything; there are {known}")
        return _ordered(_of_nobody(_only(labels, lambda _v, _p, who: who == wanted)))
    if rule not in RULES:
        raise UsageError(
            f"there is no rule {rule!r} for several annotators; there are {', '.join(RULES)} and "
            "annotator:NAME"
        )
    return _ordered(_brought_together(labels, 0.5 if rule == "majority" else 0.0))


def _brought_together(labels: Labels, share: float) -> Labels:
    """Of frames with one word that word; of others the objects that more than a share drew."""
    counts = Counter((video_no, pts) for video_no, pts, _ in _rows(labels.frames))
    single = _of_nobody(_only(labels, lambda video_no, pts, _: counts[video_no, pts] == 1))
    several = _only(labels, lambda video_no, pts, _: counts[video_no, pts] > 1)
    if not len(several):
        return single
    order = {name: place for place, name in enumerate(labels.classes)}
    boxes = {key: _agreed(said, share, order) for key, said in several.by_frame.items()}
    frames = _frames(several.frames, boxes)
    rows = [
        {"video_no": v, "pts": p, "annotator": "", **box_row(box)}
        for (v, p), found in boxes.items()
        for box in found
    ]
    return Labels(
        pa.concat_tables([single.frames, frames]),
        pa.concat_tables([single.boxes, pa.Table.from_pylist(rows, schema=tables.LABELS)]),
        labels.classes,
    )


def _agreed(said: Said, share: float, order: Mapping[str, int]) -> list[Box]:
    found = objects(said)
    return [agreed_box(one, order) for one in found if len(one) > share * len(said)]


def agreed_box(one: Object, order: Mapping[str, int]) -> Box:
    """One box for an object: median edges, the most frequent class.

    Args:
        one: Who drew it, and how.
        order: Place of each class in the order of declaration: of classes that are equally
            frequent the first is taken, and those that were not declared come last, by name.
    """
    drawn = [one[who] for who in sorted(one)]
    votes = Counter(box.label for box in drawn)
    label = min(votes, key=lambda name: (-votes[name], order.get(name, len(order)), name))
    x1, y1, x2, y2 = (median(edge) for edge in zip(*(box.xyxy for box in drawn), strict=True))
    tracks = Counter(box.track for box in drawn if box.track is not None)
    sources = {box.source for box in drawn}
    return Box(
        label,
        x1,
        y1,
        x2,
        y2,
        source=sources.pop() if len(sources) == 1 else "manual",
        track=min(tracks, key=lambda no: (-tracks[no], no)) if tracks else None,
        occluded=_voted(box.occluded for box in drawn),
        truncated=_voted(box.truncated for box in drawn),
    )


def _voted(said: Iterable[bool | None]) -> bool | None:
    """What at least half of those say who said something: what one may have missed is there."""
    told = [one for one in said if one is not None]
    return 2 * sum(told) >= len(told) if told else None


def _frames(frames: pa.Table, boxes: Mapping[Key, Sequence[Box]]) -> pa.Table:
    """A row for each frame of a table that has several for each."""
    found = frames.group_by(FRAME, use_threads=False).aggregate(
        [("width", "first"), ("height", "first"), ("seconds", "sum"), ("at", "max")]
    )
    found = found.rename_columns([name.partition("_first")[0] for name in found.column_names])
    keys = list(zip(*(found[name].to_pylist() for name in FRAME), strict=True))
    columns = {
        **{name: found[name] for name in (*FRAME, "width", "height")},
        "annotator": pa.array([""] * len(keys), pa.string()),
        "boxes": pa.array([len(boxes[key]) for key in keys], pa.int32()),
        "seconds": found["seconds_sum"],
        "at": found["at_max"],
    }
    return pa.table([columns[name] for name in tables.LABELLED.names], schema=tables.LABELLED)


def _only(labels: Labels, wanted: Callable[[int, int, str], bool]) -> Labels:
    """The words that are wanted."""
    return Labels(_kept(labels.frames, wanted), _kept(labels.boxes, wanted), labels.classes)


def _kept(table: pa.Table, wanted: Callable[[int, int, str], bool]) -> pa.Table:
    return table.filter(pa.array([wanted(*key) for key in _rows(table)], pa.bool_()))


def _of_nobody(labels: Labels) -> Labels:
    """The same words, as if nobody had said them."""
    return Labels(_unnamed(labels.frames), _unnamed(labels.boxes), labels.classes)


def _unnamed(table: pa.Table) -> pa.Table:
    nobody = pa.array([""] * table.num_rows, pa.string())
    return table.set_column(table.schema.get_field_index("annotator"), "annotator", nobody)


def _rows(table: pa.Table) -> Iterable[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in (*FRAME, "annotator")), strict=True)


def _ordered(labels: Labels) -> Labels:
    by_time = [(name, "ascending") for name in FRAME]
    return Labels(
        labels.frames.take(pc.sort_indices(labels.frames, sort_keys=by_time)),
        labels.boxes.take(pc.sort_indices(labels.boxes, sort_keys=by_time)),
        labels.classes,
    )
