"""Labels that the detector disagrees with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from framesel.checking.labelled import Labelled
from framesel.checking.seen import Seen
from framesel.checking.suspect import Suspect
from framesel.errors import UsageError
from framesel.uncertainty.annotated import F64, I64, Annotated
from framesel.uncertainty.label_quality import LabelQuality, label_quality

SAME_OBJECT = 0.5
"""Boxes of the detector that overlap so much are told once."""


def disagreements(labelled: Labelled, seen: Seen, how: str, least: float) -> Iterator[Suspect]:
    """Suspicions of at least so much.

    Args:
        labelled: The labelled frames.
        seen: Those whose detections are known.
        how: One of ``HOWS``.
        least: Lowest score.

    Raises:
        UsageError: There is no such way.
    """
    if how not in HOWS:
        raise UsageError(f"there is no way {how!r} to judge labels; there are {', '.join(HOWS)}")
    found = HOWS[how](seen.boxes, labelled.video_no[seen.at])
    yield from _overlooked(seen, found, least)
    yield from _located(seen, found, least)
    yield from _swapped(seen, found, least)
    yield from _spurious(seen, found, least)


def _learned(boxes: Annotated, group: I64) -> LabelQuality:
    return label_quality(boxes, group)


def _objectlab(boxes: Annotated, group: I64) -> LabelQuality:
    from framesel.uncertainty.objectlab import objectlab

    found = objectlab(boxes)
    return replace(
        label_quality(boxes, group),
        overlooked=1.0 - np.nan_to_num(found.overlooked, nan=1.0),
        located=1.0 - found.located,
        swapped=1.0 - found.swapped,
        spurious=np.zeros(len(boxes.xyxy)),
    )


def _mistakenness(boxes: Annotated, group: I64) -> LabelQuality:
    from framesel.uncertainty.mistakenness import mistakenness

    found = mistakenness(boxes)
    return replace(
        label_quality(boxes, group),
        overlooked=np.where(found.missing, boxes.sure, 0.0),
        located=np.nan_to_num(found.place),
        swapped=np.nan_to_num(found.class_),
        # It gives no number for these.
        spurious=np.where(found.spurious, 0.5, 0.0),
        partner=found.partner,
    )


HOWS: dict[str, Callable[[Annotated, I64], LabelQuality]] = {
    "learned": _learned,
    "objectlab": _objectlab,
    "mistakenness": _mistakenness,
}
"""How labels are held against detections: ``label_quality``, and how others do."""


def _overlooked(seen: Seen, found: LabelQuality, least: float) -> Iterator[Suspect]:
    boxes = seen.boxes
    for row in _one_each(boxes, found.overlooked, least):
        name = seen.classes[boxes.seen_class[row]]
        yield Suspect(
            frame=int(seen.at[boxes.seen_picture[row]]),
            kind="overlooked",
            score=float(found.overlooked[row]),
            label=name,
            xyxy=_corners(boxes.seen_xyxy[row]),
            why=f"the detector sees {name} ({boxes.sure[row]:.0%}) and nobody labelled it",
        )


def _one_each(boxes: Annotated, scores: F64, least: float) -> list[int]:
    """Rows of suspicious detections, of those on one place the most suspicious."""
    from framesel.uncertainty.overlap_kernels import first_of_place

    rows = np.flatnonzero(scores >= least)
    order = rows[np.lexsort((rows, -scores[rows], boxes.seen_picture[rows]))]
    corners = np.ascontiguousarray(boxes.seen_xyxy[order], np.float64)
    kept = first_of_place(corners, boxes.seen_picture[order], SAME_OBJECT)
    found: list[int] = order[kept].tolist()
    return found


def _located(seen: Seen, found: LabelQuality, least: float) -> Iterator[Suspect]:
    for row in np.flatnonzero(found.located >= least).tolist():
        partner = found.partner[row]
        there = None if partner < 0 else _corners(seen.boxes.seen_xyxy[partner])
        one = _of_label(seen, row, "located", found.located[row])
        why = f"the edges of this {one.label} are not where the detector sees them"
        yield replace(one, why=why, better_xyxy=there)


def _swapped(seen: Seen, found: LabelQuality, least: float) -> Iterator[Suspect]:
    for row in np.flatnonzero(found.swapped >= least).tolist():
        one = _of_label(seen, row, "swapped", found.swapped[row])
        said = seen.classes[found.said[row]]
        if said == one.label:
            why = f"labelled {one.label}; what looks so is mostly labelled otherwise"
            yield replace(one, why=why)
        else:
            yield replace(one, why=f"labelled {one.label}; the detector says {said}", better=said)


def _spurious(seen: Seen, found: LabelQuality, least: float) -> Iterator[Suspect]:
    for row in np.flatnonzero(found.spurious >= least).tolist():
        one = _of_label(seen, row, "spurious", found.spurious[row])
        yield replace(one, why=f"the detector finds nothing where {one.label} is labelled")


def _of_label(seen: Seen, row: int, kind: str, score: float) -> Suspect:
    boxes = seen.boxes
    return Suspect(
        frame=int(seen.at[boxes.picture[row]]),
        kind=kind,
        score=float(score),
        label=seen.classes[boxes.class_no[row]],
        xyxy=_corners(boxes.xyxy[row]),
        why="",
    )


def _corners(row: F64) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in row)
    return x1, y1, x2, y2
