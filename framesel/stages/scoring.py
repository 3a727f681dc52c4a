"""Scores a whole dataset: shard by shard what follows from boxes, then what needs all frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from framesel.errors import StageError
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import gathered, surroundings
from framesel.stages.evidence import Reader
from framesel.stages.gathered import Dataset
from framesel.stages.surroundings import Scene
from framesel.uncertainty.boxes import F32, Boxes
from framesel.uncertainty.registry import NEEDS, SCORES
from framesel.uncertainty.scoring import fill_empty, picture_scores

if TYPE_CHECKING:
    from framesel.stages.scores import Scores
    from framesel.uncertainty.laplace import LastLayerLaplace

_BLOCK = 1 << 16

EVIDENCE = ("faint", "gap_evidence", "nearby", "neighbours")
"""What silence is made of."""


@dataclass(frozen=True)
class Scored:
    """Scores of all candidates.

    Attributes:
        video_no: (n,).
        pts: (n,).
        columns: By score, (n,) float32; nan where there is none.
        notes: What a person should hear.
    """

    video_no: npt.NDArray[np.int64]
    pts: npt.NDArray[np.int64]
    columns: dict[str, F32]
    notes: tuple[str, ...]


def score_dataset(stage: Scores, inputs: GatherInputs, run: RunSettings) -> Scored:
    """Every score that the recipe asks for.

    Raises:
        StageError: A score is asked for that these detections cannot serve; the message says which
            setting or detector would.
    """
    everything = stage.compute == "all"
    wanted = stage.wanted()
    reader = _reader(stage, inputs, wanted)
    served, notes = _served(wanted, reader, everything=everything)
    parts, keys = _by_shard(stage, inputs, reader, served)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    video_no = np.concatenate([key[0] for key in keys])
    pts = np.concatenate([key[1] for key in keys])
    blind = [n for n in served if n in columns and len(pts) and np.isnan(columns[n]).all()]
    timeless = [name for name in blind if SCORES[name].group == "time"]
    if timeless and not everything:
        raise StageError(_lacking(timeless, "companions"))
    notes += [_lacking(timeless, "companions")] if timeless else []
    data = gathered.read(inputs, ["t_s"], run)
    rows = data.rows(video_no, pts)
    there = rows >= 0  # a frame of which the backbone saw nothing cannot be chosen either
    video_no, pts, rows = video_no[there], pts[there], rows[there]
    columns = {name: values[there] for name, values in columns.items()}
    folder = inputs.workspace.stage(stage.name, inputs.keys[stage.name])
    scene = Scene(data.vectors, rows, stage.exact_below, folder)
    scene.check_memory(run)
    columns |= _pool(stage, inputs, data, scene, served, columns)
    columns["silence"] = _together(columns)
    kept = [name for name in served if name not in timeless]
    per_picture = {"silence", "time", "pool"}
    return Scored(
        video_no,
        pts,
        {
            name: columns[name]
            if SCORES[name].group in per_picture
            else fill_empty(columns[name], columns["silence"])
            for name in kept
        },
        tuple(notes),
    )


def _reader(stage: Scores, inputs: GatherInputs, wanted: Sequence[str]) -> Reader:
    needs = {need for name in wanted for need in SCORES[name].needs}
    return Reader(
        inputs=inputs,
        members=stage.detections(),
        settings=stage.settings,
        conf=stage.conf,
        iou=stage.iou,
        bulky=not needs.isdisjoint({"features", "sides"}),
        track="companions" in needs or "silence" in wanted,
    )


def _served(
    wanted: Sequence[str], reader: Reader, *, everything: bool
) -> tuple[list[str], list[str]]:
    """The scores that can be had, and words on those that cannot.

    Raises:
        StageError: One that was asked for by name cannot.
    """
    chair = reader.chair
    there = {
        "features": bool(chair.features) and reader.layer() is not None,
        "sides": bool(chair.side_bins),
        "committee": len(reader.members) > 1,
        "companions": True,  # known only when all frames were looked at
        **{view: view in chair.views for view in ("hflip", "bright", "crop")},
    }
    without: dict[str, list[str]] = {}
    for name in wanted:
        absent = [need for need in SCORES[name].needs if not there[need]]
        without.setdefault(absent[0] if absent else "", []).append(name)
    served = without.pop("", [])
    notes = [_lacking(names, need, chair.missing.get(need, "")) for need, names in without.items()]
    if notes and not everything:
        raise StageError("; ".join(notes))
    return served, notes


def _lacking(names: Sequence[str], need: str, why: str = "") -> str:
    reason = f" ({why})" if why else ""
    return f"{', '.join(names)} cannot be computed without {NEEDS[need]}{reason}"


Part = dict[str, F32]
Keys = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]


def _by_shard(
    stage: Scores, inputs: GatherInputs, reader: Reader, served: Sequence[str]
) -> tuple[list[Part], list[Keys]]:
    laplace = _laplace(inputs, reader, stage) if "laplace_variance" in served else None
    counts = _class_counts(inputs, reader) if stage.aggregate == "class_weighted_sum" else None
    names = [name for name in served if SCORES[name].group not in ("pool", "silence")]
    names += ["silence"]
    parts, keys = [], []
    for shard in inputs.catalog.shards:
        frames, known = reader.read(shard, laplace)
        parts.append(
            picture_scores(known, names, stage.aggregate, m=stage.top_m, class_counts=counts)
        )
        keys.append((frames.video_no, frames.pts))
    return parts, keys


def _laplace(inputs: GatherInputs, reader: Reader, stage: Scores) -> LastLayerLaplace:
    """Fitted on what the detector itself says about every box."""
    from framesel.uncertainty.groups import own_probabilities
    from framesel.uncertainty.laplace import LastLayerLaplace

    layer = reader.layer()
    assert layer is not None
    heads, classes, dim = layer[0].shape
    fitted = LastLayerLaplace(heads, classes, dim, prior=stage.settings.prior)
    for shard in inputs.catalog.shards:
        boxes: Boxes = reader.read(shard)[1].boxes
        assert boxes.features is not None
        for rows in np.array_split(np.arange(len(boxes)), len(boxes) // _BLOCK + 1):
            some = boxes.where(np.isin(np.arange(len(boxes)), rows))
            fitted.update(boxes.features[rows], boxes.head[rows], own_probabilities(some))
    return fitted.finish()


def _class_counts(inputs: GatherInputs, reader: Reader) -> npt.NDArray[np.int64]:
    """Confident boxes of each class, over all frames."""
    counts = np.zeros(len(reader.chair.classes), np.int64)
    for shard in inputs.catalog.shards:
        boxes: Boxes = reader.read(shard)[1].boxes
        sure = boxes.confidence() >= reader.settings.confident
        counts += np.bincount(boxes.top_class[sure, 0], minlength=len(counts))
    return counts


def _pool(
    stage: Scores,
    inputs: GatherInputs,
    data: Dataset,
    scene: Scene,
    served: Sequence[str],
    columns: Part,
) -> Part:
    """What needs the vectors or the times of all frames."""
    from framesel.uncertainty import silence

    video_no, t_s = (data.columns[name][scene.rows] for name in ("video_no", "t_s"))
    count, faint = columns["confident_count"], columns["faint"]
    alone = silence.nearby(count, video_no, t_s, faint=faint)
    labelled = data.rows(inputs.already["video_no"], inputs.already["pts"])
    return {
        "nearby": np.where(np.isnan(columns["nearby"]), alone, columns["nearby"]),
        **surroundings.look_around(scene, served, stage.settings, count, faint),
        **surroundings.measure(
            scene, data.vectors[labelled[labelled >= 0]], served, stage.settings
        ),
    }


def _together(columns: Part) -> F32:
    from framesel.uncertainty.silence import together

    there = [np.clip(columns[name], 0.0, 1.0) for name in EVIDENCE if name in columns]
    return together(there)
