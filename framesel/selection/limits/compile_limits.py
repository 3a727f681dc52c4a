"""From the limits of a recipe to what is counted, for the candidates at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from framesel.errors import SelectionError
from framesel.selection.candidates import Candidates
from framesel.selection.limits.rules import Bounds, Knapsack, Rule
from framesel.selection.limits.settings import REST, Limits, Span
from framesel.selection.limits.spacing import Spacing
from framesel.selection.names import unknown
from framesel.selection.vectors.arrays import F64, I64


def compile_limits(candidates: Candidates, budget: int, limits: Limits) -> Bounds:
    """All limits on a choice among the candidates.

    A minimum that names what it wants (a class, a value of a column) must be met. One that speaks
    of each of many (``per_video``, the value ``*``) asks for what there is: of a video with fewer
    candidates, or fewer than fit into it with ``gap_s`` between them and beside what is fixed, it
    asks for as many as fit.
    A candidate whose video says nothing in a column ("") is under ``*`` of that column no more
    than under a name.

    Raises:
        SelectionError: A class, column or value that no candidate has, or a column missing.
    """
    spacing = None
    if limits.gap_s > 0:
        spacing = Spacing(candidates.video_no, candidates.pts_s, limits.gap_s)
    most = _most(candidates, spacing)
    rules = [
        *_video_rules(candidates, limits.per_video, most),
        *_class_rules(candidates, limits),
        *_metadata_rules(candidates, limits, most),
    ]
    return Bounds(
        len(candidates), budget, tuple(rules), tuple(_knapsacks(candidates, limits)), spacing
    )


def _of(what: str, clause: str, rows: I64, low: int, span: Span) -> Iterator[Rule]:
    """The rules of a span that can be broken.

    Args:
        what: What is counted: "of video 3".
        clause: The same as the recipe has it: "of each of 40 videos".
        rows: What is counted.
        low: What the minimum asks for here.
        span: As it stands in the recipe.
    """
    if low > 0:
        text, general = f"at least {low} {what}", f"at least {span.min} {clause}"
        yield Rule(text, general, rows, low, len(rows))
    if span.max is not None and span.max < len(rows):
        text, general = f"at most {span.max} {what}", f"at most {span.max} {clause}"
        yield Rule(text, general, rows, 0, span.max)


def _most(candidates: Candidates, spacing: Spacing | None) -> Callable[[I64], int]:
    """How many of some candidates can be picked at most, as far as gaps are concerned."""
    if spacing is None:
        return len
    held, free = np.zeros(len(candidates), np.bool_), np.ones(len(candidates), np.bool_)
    held[candidates.fixed] = True
    for row in candidates.fixed:
        free[spacing.around(row)] = False
    return lambda rows: int(held[rows].sum()) + spacing.most(rows[free[rows]])


def _there_is(rows: I64, span: Span, most: Callable[[I64], int]) -> int:
    """What a minimum on each of many asks of one: as much as there is."""
    return min(span.min, most(rows)) if span.min else 0


def _video_rules(candidates: Candidates, span: Span, most: Callable[[I64], int]) -> Iterator[Rule]:
    if span == Span() or not len(candidates):
        return
    order = np.argsort(candidates.video_no, kind="stable").astype(np.int64)
    cuts = np.flatnonzero(np.diff(candidates.video_no[order])) + 1
    videos = np.split(order, cuts)
    names = candidates.metadata.get("video")
    clause = f"of each of {len(videos)} videos" if len(videos) > 1 else "of the video"
    for rows in videos:
        named = "" if names is None else str(names[rows[0]])
        what = f"of video {named or candidates.video_no[rows[0]]}"
        yield from _of(what, clause, rows, _there_is(rows, span, most), span)


def _class_rules(candidates: Candidates, limits: Limits) -> Iterator[Rule]:
    if limits.classes and candidates.class_counts is None:
        raise _no_detector("limits.classes counts what a detector sees")
    for name, span in limits.classes.items():
        if name not in candidates.classes:
            raise unknown("limits.classes", "class", name, candidates.classes)
        assert candidates.class_counts is not None
        seen = candidates.class_counts[:, candidates.classes.index(name)] > 0
        what = f"with {name}"
        yield from _of(what, what, np.flatnonzero(seen), span.min, span)


def _metadata_rules(
    candidates: Candidates, limits: Limits, most: Callable[[I64], int]
) -> Iterator[Rule]:
    for column, spans in limits.metadata.items():
        if column not in candidates.metadata:
            raise unknown("limits.metadata", "column", column, tuple(candidates.metadata))
        texts = candidates.metadata[column]
        values = np.unique(texts).tolist()
        for value, span in spans.items():
            if value == REST:
                continue
            if value not in values:
                raise unknown(f"limits.metadata.{column}", "value", value, values)
            what = f"of {column} {value}"
            yield from _of(what, what, np.flatnonzero(texts == value), span.min, span)
        if REST in spans:
            others = [value for value in values if value and value not in spans]
            clause = f"of each of {len(others)} {column} values"
            for value in others:
                rows = np.flatnonzero(texts == value)
                low = _there_is(rows, spans[REST], most)
                yield from _of(f"of {column} {value}", clause, rows, low, spans[REST])


def _knapsacks(candidates: Candidates, limits: Limits) -> Iterator[Knapsack]:
    if limits.boxes is not None:
        boxes = _boxes(candidates, "limits.boxes counts boxes")
        yield Knapsack(f"at most {limits.boxes:g} boxes", "boxes", boxes, limits.boxes)
    if (labelling := limits.labelling) is not None:
        cost = np.full(len(candidates), labelling.frame_s)
        if labelling.box_s:
            cost += labelling.box_s * _boxes(candidates, "limits.labelling.box_s counts boxes")
        text = f"at most {labelling.most_s:g} s of labelling"
        yield Knapsack(text, "s of labelling", cost, labelling.most_s)


def _boxes(candidates: Candidates, who: str) -> F64:
    """(n,) boxes that a detector expects in each candidate."""
    if candidates.class_counts is None:
        raise _no_detector(who)
    boxes: F64 = candidates.class_counts.sum(axis=1, dtype=np.float64)
    return boxes


def _no_detector(who: str) -> SelectionError:
    return SelectionError(
        f"{who}, and no detector has looked at the frames: name one (detections.weights), give "
        "class_counts, or take that limit out"
    )
