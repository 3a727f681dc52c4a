"""Labels that are odd in time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from framesel.checking.labelled import Labelled
from framesel.checking.suspect import Suspect
from framesel.uncertainty.annotated import F64
from framesel.uncertainty.label_tracks import LabelsInTime, TrackFaults, runs, track_faults


def odd_in_time(labelled: Labelled, gap_s: float, least: float) -> tuple[list[Suspect], int]:
    """Objects that vanish for one labelled frame, jump, or change their class.

    Args:
        labelled: The labelled frames.
        gap_s: Frames of a video that lie further apart are no neighbours.
        least: Lowest score.

    Returns:
        The suspects, and how many frames have a neighbour.
    """
    names = tuple(sorted({box.label for box in labelled.flat}))
    run = runs(labelled.video_no, labelled.t_s, gap_s)
    _, size = np.unique(run, return_counts=True)
    in_time = LabelsInTime(
        labelled.offsets,
        labelled.xyxy,
        labelled.class_no(names),
        labelled.t_s,
        run,
        labelled.tracks,
    )
    found = track_faults(in_time)
    odd = [
        *_vanished(found, names, least),
        *_jumped(labelled, in_time, found, least),
        *_renamed(labelled, in_time, found, names, least),
    ]
    return odd, int(size[size > 1].sum())


def _vanished(found: TrackFaults, names: tuple[str, ...], least: float) -> Iterator[Suspect]:
    gaps = found.gaps
    for at in np.flatnonzero(gaps.score >= least):
        name = names[gaps.class_no[at]]
        yield Suspect(
            frame=int(gaps.picture[at]),
            kind="vanished",
            score=float(gaps.score[at]),
            label=name,
            xyxy=_corners(gaps.xyxy[at]),
            why=f"{name} is labelled in the frames before and after, and not in this one",
        )


def _jumped(
    labelled: Labelled, in_time: LabelsInTime, found: TrackFaults, least: float
) -> Iterator[Suspect]:
    frame = in_time.frame
    for row in np.flatnonzero(found.jump >= least):
        name = labelled.flat[row].label
        yield Suspect(
            frame=int(frame[row]),
            kind="jumped",
            score=float(found.jump[row]),
            label=name,
            xyxy=labelled.flat[row].xyxy,
            why=f"this {name} lies off the way between the frames before and after",
            better_xyxy=_corners(found.expected[row]),
        )


def _renamed(
    labelled: Labelled,
    in_time: LabelsInTime,
    found: TrackFaults,
    names: tuple[str, ...],
    least: float,
) -> Iterator[Suspect]:
    frame = in_time.frame
    for row in np.flatnonzero(found.renamed >= least):
        name, usual = labelled.flat[row].label, names[found.usual_class[row]]
        yield Suspect(
            frame=int(frame[row]),
            kind="renamed",
            score=float(found.renamed[row]),
            label=name,
            xyxy=labelled.flat[row].xyxy,
            why=f"labelled {name}; in the frames around, the same object is {usual}",
            better=usual,
        )


def _corners(row: F64) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (float(value) for value in row)
    return x1, y1, x2, y2
