"""Which scores find the frames that a detector gets wrong, measured against the drone labels.

A frame holds an error if the detector misses a labelled object or asserts one that is not there
(IoU 0.5, class and all, boxes from confidence 0.25). Printed is the AUROC of every score for that,
over all frames and over those in which the detector found nothing, with 95 % bootstrap intervals
over clips. A score that says nothing about a frame ranks it last. The one-pass scores are shown as
the recipe gives them, where a frame without boxes gets what its silence says, and by boxes only.

No frame of split ``dev`` is without an object: where the detector found nothing, it missed one,
always. To know evidence from empty sky, frames without objects are needed too. They are had by
cutting each clip into its left and its right half and showing the detector one at a time, at the
same scale; frames with an object on the cut do not count.

    python benchmarks/scores.py --weights WEIGHTS.pt [--member OTHER.pt] [--workspace FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from drone_clips import clips_of, drone_video
from drone_labels import CLASSES, HALVES, WHOLE, Part, Truth, read_labels, truth_in
from numpy.typing import NDArray

from framesel import planning
from framesel import recipe as recipes
from framesel.catalog import Catalog
from framesel.cli.progress import display
from framesel.pipeline import Pipeline
from framesel.stages.stored_boxes import Layout, unpack
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.calibration import auroc, auroc_interval
from framesel.uncertainty.frame_errors import frame_errors
from framesel.uncertainty.registry import SCORES
from framesel.workspace import Workspace

CONFIDENT = 0.25
EVIDENCE = "silence"
ONE_PASS = tuple(name for name, score in SCORES.items() if score.family == "one pass")
ALONE = ", boxes only"
KEY = ("video_no", "pts")
DRAWS = 1000

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Judged:
    """n frames with their scores and what is wrong with their boxes.

    Attributes:
        scores: By name, (n,) each; nan: not available.
        missed: (n,) int64, labelled objects without a box.
        false: (n,) int64, boxes without an object.
        silent: (n,) bool, no box is confident.
        clip: (n,) int64.
    """

    scores: dict[str, F64]
    missed: I64
    false: I64
    silent: Bools
    clip: I64

    @property
    def error(self) -> Bools:
        """(n,) bool."""
        held: Bools = (self.missed + self.false) > 0
        return held

    @classmethod
    def joined(cls, several: Sequence[Judged]) -> Judged:
        """All frames of several; the scores that all have."""
        names = [n for n in several[0].scores if all(n in each.scores for each in several)]
        rows = {
            name: np.concatenate([getattr(each, name) for each in several])
            for name in ("missed", "false", "silent", "clip")
        }
        scores = {n: np.concatenate([each.scores[n] for each in several]) for n in names}
        return cls(scores, **rows)

    def where(self, keep: Bools) -> Judged:
        """Some of the frames."""
        scores = {name: values[keep] for name, values in self.scores.items()}
        rows = (self.missed[keep], self.false[keep], self.silent[keep], self.clip[keep])
        return Judged(scores, *rows)


def recipe_of(part: Part, options: argparse.Namespace) -> recipes.Recipe:
    """The recipe that serves every score it can, for one part of the frames."""
    size_px = round(options.size * part.side / 32) * 32
    settings: dict[str, Any] = {
        "frames.sample.fps": options.fps,
        "frames.sample.companions": options.companions,
        "frames.regions": [] if part in WHOLE else [{"crop": part.crop}],
        "frames.jpeg_quality": 95,
        "detections.weights": str(options.weights.resolve()),
        "detections.size_px": size_px,
        "detections.views": ["hflip", "bright", "crop"],
        "scores.compute": "all",
        "selection.budget": 1,
        "committee": [
            {"weights": str(member.resolve()), "size_px": size_px} for member in options.member
        ],
    }
    changes = [f"{name}={json.dumps(value)}" for name, value in settings.items()]
    return recipes.load(None, changes + options.settings)


def judge(workspace: Workspace, part: Part, options: argparse.Namespace) -> Judged:
    """Runs the pipeline on one part of the frames and holds its boxes against the labels."""
    recipe = recipe_of(part, options)
    clips = [row["clip"] for row in clips_of(options.clips)]
    with workspace.locked(), display(workspace, "text") as watch:
        Pipeline(workspace, recipe, watch).run([drone_video(clip) for clip in clips])
    keys = {step.name: step.key for step in planning.plan(workspace, recipe)}
    table = pq.read_table(workspace.stage("scores", keys["scores"]) / "all.parquet")
    frames = list(zip(*(table[name].to_pylist() for name in KEY), strict=True))
    boxes = boxes_of(workspace.stage("detections", keys["detections"]), frames)
    index = positions(workspace.stage("frames", keys["frames"]))
    videos = Catalog(workspace).videos
    labels = {no: read_labels(Path(row["path"]).stem) for no, row in videos.items()}
    truths = [
        truth_in(part, (videos[no]["width"], videos[no]["height"]), labels[no], index[no, pts])
        for no, pts in frames
    ]
    scores = {
        name: table[name].to_numpy().astype(np.float64)
        for name in table.column_names
        if name in SCORES
    }
    # Frames without boxes got a value from their silence: shown without that, too.
    empty = np.diff(boxes.offsets) == 0
    scores |= {f"{n}{ALONE}": np.where(empty, np.nan, scores[n]) for n in ONE_PASS}
    clip = np.array([clips.index(labels[no].clip) for no, _ in frames])
    judged = Judged(scores, *held_against(boxes, truths), clip)
    return judged.where(~np.array([truth.cut for truth in truths]))


def boxes_of(folder: Path, frames: Sequence[tuple[int, int]]) -> Boxes:
    """The boxes of these frames (video_no, pts), in their order."""
    paths = sorted(folder.glob("s*.parquet"))
    light = [n for n in pq.read_schema(paths[0]).names if n not in ("features", "sides")]
    table = pa.concat_tables([pq.read_table(p, columns=light, partitioning=None) for p in paths])
    columns = [table[name].to_pylist() for name in (*KEY, "view")]
    row_of = {
        (no, pts): row for row, (no, pts, view) in enumerate(zip(*columns, strict=True)) if not view
    }
    boxes = unpack(table, Layout.read(paths[0]), bulky=False)
    return boxes.pick(np.array([row_of[frame] for frame in frames], np.int64))


def positions(folder: Path) -> dict[tuple[int, int], int]:
    """Position in presentation order of each stored frame (video_no, pts)."""
    found: dict[tuple[int, int], int] = {}
    for path in sorted(folder.glob("s*.parquet")):
        table = pq.read_table(path, columns=[*KEY, "index"], partitioning=None)
        for row in table.to_pylist():
            found[row["video_no"], row["pts"]] = row["index"]
    return found


def held_against(boxes: Boxes, truths: Sequence[Truth]) -> tuple[I64, I64, Bools]:
    """Missed objects, false boxes, and whether no box is confident, of n pictures."""
    if not set(boxes.classes) <= set(CLASSES):
        raise SystemExit(f"the detector knows {boxes.classes}: fine-tune one (finetune.py)")
    number = np.array([CLASSES.index(name) for name in boxes.classes])
    confidence = boxes.confidence()
    errors = frame_errors(
        boxes.xyxy,
        number[boxes.top_class[:, 0]],
        confidence,
        boxes.offsets,
        np.concatenate([truth.xyxy for truth in truths]),
        np.concatenate([truth.class_no for truth in truths]),
        np.cumsum([0, *(len(truth.xyxy) for truth in truths)]),
        confident=CONFIDENT,
    )
    asserted = np.bincount(boxes.picture_of()[confidence >= CONFIDENT], minlength=boxes.pictures)
    return errors.missed, errors.false, asserted == 0


def ranked(values: F64) -> F64:
    """Scores with those last that are not available."""
    known = values[np.isfinite(values)]
    return np.where(np.isfinite(values), values, known.min() - 1.0 if len(known) else 0.0)


def cell(values: F64, judged: Judged) -> str:
    """AUROC with its interval, or a dash where only one outcome is there."""
    value = auroc(values, judged.error)
    if np.isnan(value):
        return f"{'-':>20}"
    low, high = auroc_interval(values, judged.error, judged.clip, n=DRAWS)
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def lead(judged: Judged, ours: str, other: str) -> tuple[float, float, float]:
    """AUROC of one score less another's, and a paired 95 % interval over clips."""
    a, b = ranked(judged.scores[ours]), ranked(judged.scores[other])
    clips, member = np.unique(judged.clip, return_inverse=True)
    rows = [np.flatnonzero(member == clip) for clip in range(len(clips))]
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        drawn = np.concatenate([rows[clip] for clip in rng.integers(len(clips), size=len(clips))])
        draws.append(auroc(a[drawn], judged.error[drawn]) - auroc(b[drawn], judged.error[drawn]))
    low, high = np.nanquantile(draws, [0.025, 0.975])
    return auroc(a, judged.error) - auroc(b, judged.error), float(low), float(high)


def print_table(title: str, judged: Judged) -> None:
    """One line for each score, the best on frames without a find first."""
    silent, loud = judged.where(judged.silent), judged.where(~judged.silent)
    share = silent.error.mean() if len(silent.clip) else np.nan
    print(f"\n{title}: {len(judged.clip)} frames of {len(np.unique(judged.clip))} clips")
    print(
        f"  {judged.error.mean():.1%} hold an error: {(judged.missed > 0).mean():.1%} a missed "
        f"object, {(judged.false > 0).mean():.1%} a false box"
    )
    print(f"  nothing found in {len(silent.clip)}, {share:.1%} of which hold an object")
    heads = "".join(f"   {head:<20}" for head in ("all frames", "something found", "nothing found"))
    print(f"  {'score':<28}{heads}   has a value")

    def merit(name: str) -> float:
        found = [auroc(ranked(each.scores[name]), each.error) for each in (silent, judged)]
        return next((value for value in found if not np.isnan(value)), 0.0)

    for name in sorted(judged.scores, key=merit, reverse=True):
        cells = [f"   {cell(ranked(each.scores[name]), each)}" for each in (judged, loud, silent)]
        known = np.isfinite(judged.scores[name]).mean()
        print(f"  {name:<28}{''.join(cells)}   {known:.0%}", flush=True)


def print_verdict(judged: Judged) -> None:
    """Whether the evidence of missed objects beats every one-pass score where nothing was found."""
    silent = judged.where(judged.silent)
    leads = []
    for other in (*ONE_PASS, *(f"{name}{ALONE}" for name in ONE_PASS)):
        ahead, low, high = lead(silent, EVIDENCE, other)
        leads.append((ahead, low))
        print(f"  {EVIDENCE} less {other:<28} {ahead:+.3f} [{low:+.3f}, {high:+.3f}]")
    won = all(ahead > 0 for ahead, _ in leads)
    sure = sum(low > 0 for _, low in leads)
    print(
        f"where the detector found nothing, {EVIDENCE} {'BEATS' if won else 'DOES NOT BEAT'} every "
        f"one-pass score; of {len(leads)} differences {sure} are clear of zero"
    )


def parsed() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of footage; default as FRAMESEL_DATA")
    parser.add_argument("--weights", type=Path, default=Path("bench-cache/drone-yolov8n.pt"))
    parser.add_argument("--member", type=Path, action="append", default=[], help="repeatable")
    parser.add_argument("--clips", choices=("dev", "train"), default="dev", help="split")
    parser.add_argument("--size", type=int, default=320, help="pixels, for whole frames")
    parser.add_argument("--fps", type=float, default=2.0)
    parser.add_argument("--companions", type=int, default=2)
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    parser.add_argument("--workspace", type=Path, default=Path("bench-cache/scores"))
    return parser.parse_args()


def main() -> None:
    """Run the pipeline on whole frames and on halves, and print a table for each."""
    options = parsed()
    if options.data:
        os.environ["FRAMESEL_DATA"] = str(options.data.resolve())
    workspace = Workspace.create(options.workspace)
    whole = Judged.joined([judge(workspace, part, options) for part in WHOLE])
    halves = Judged.joined([judge(workspace, part, options) for part in HALVES])
    print_table("whole frames", whole)
    print_table("halves of frames", halves)
    print_verdict(halves)


if __name__ == "__main__":
    main()
