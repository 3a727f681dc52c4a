"""What there is to learn from: labelled frames under the present names, each on its side."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.labels.labels import Key
from framesel.labels.renaming import renamed
from framesel.learning.classes import class_remarks, classes_of
from framesel.recipe import Recipe
from framesel.rounds import decisions
from framesel.rounds.decision import Box as Share
from framesel.rounds.models import Model
from framesel.splitting import labelled, stored
from framesel.splitting.kept import kept_sides
from framesel.splitting.labelled import Labelled
from framesel.splitting.split import Rules, Split, groups_of, split, undivided
from framesel.stages.export import picture_name
from framesel.video.regions import Region
from framesel.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Shown:
    """A labelled frame that is trained on or judged by.

    Attributes:
        key: Its identity in the workspace.
        name: Of its picture, without a suffix.
        video: Digest of its video: with the pts, its identity anywhere.
        size_wh: Pixels of the full picture.
        region: The part of it that counts, as ``Region`` writes it; empty: all of it.
        blurs: What must not be seen in it.
        boxes: What is in that part, in pixels of the full picture.
    """

    key: Key
    name: str
    video: str
    size_wh: tuple[int, int]
    region: str
    blurs: tuple[Share, ...]
    boxes: tuple[Box, ...]

    @property
    def shown_xyxy(self) -> tuple[float, float, float, float]:
        """The part that counts, in pixels of the full picture."""
        crop = (Region.from_json(self.region).crop if self.region else None) or (0.0, 0.0, 1.0, 1.0)
        width, height = self.size_wh
        return (crop[0] * width, crop[1] * height, crop[2] * width, crop[3] * height)


@dataclass(frozen=True)
class Material:
    """Labelled frames by what they are for, each in order of video and time.

    Attributes:
        classes: Names, in the order of a detector's numbers.
        train: Learnt from.
        val: Kept apart from this training.
        holdout: Of videos that no training ever sees.
        split: Where the sides come from.
        remarks: What a person should hear.
    """

    classes: tuple[str, ...]
    train: tuple[Shown, ...]
    val: tuple[Shown, ...]
    holdout: tuple[Shown, ...]
    split: Split
    remarks: tuple[str, ...]

    @property
    def digest(self) -> str:
        """sha256 (hex) over what is trained on and kept apart: frames, sides, boxes."""
        return digest_of({"train": self.train, "val": self.val})


def digest_of(sides: dict[str, tuple[Shown, ...]]) -> str:
    """sha256 (hex) over frames and what is labelled in them; paths and numbers do not count."""
    found = hashlib.sha256()
    for side, frames in sides.items():
        for one in frames:
            boxes = [[box.label, *box.xyxy] for box in one.boxes]
            told = [side, one.video, one.key[1], one.size_wh, one.region, one.blurs, boxes]
            found.update(json.dumps(told).encode())
    return found.hexdigest()


def read(workspace: Workspace, recipe: Recipe, previous: Model | None) -> Material:
    """Everything that is labelled.

    Args:
        workspace: Where.
        recipe: Of the last run; ``train`` says how labels count and what is kept apart.
        previous: The model of the round before: classes that it knows keep their order.

    Raises:
        UsageError: There is nothing to train on, or a class that the recipe does not have.
        WorkspaceError: Nothing is labelled, or tables are missing or damaged.
    """
    rename = recipe.train.rename
    said = labelled.read(workspace, recipe, recipe.train.rule)
    found = replace(said, labels=renamed(said.labels, rename))
    classes = classes_of(workspace, found.labels, recipe, previous)
    sides, divided = _divided(workspace, recipe, found)
    frames = dict(zip(found.keys, _shown(workspace, recipe, found), strict=True))
    held = dict(zip(found.keys, found.held.tolist(), strict=True))
    by_side = {
        side: tuple(
            frames[key]
            for key, name in zip(found.keys, sides.name, strict=True)
            if name == side and (side != "holdout" or held[key])
        )
        for side in ("train", "val", "holdout")
    }
    if not by_side["train"]:
        raise UsageError(
            f"{workspace.root}: all {len(found):,} labelled frames are held out or nearly the same "
            "as what is: there is nothing to train on. Label frames of other videos."
        )
    remarks = [*class_remarks(found.labels, said.labels, classes, recipe, previous), *divided]
    return Material(classes, **by_side, split=sides, remarks=tuple(remarks))


def _divided(workspace: Workspace, recipe: Recipe, found: Labelled) -> tuple[Split, list[str]]:
    """Train and val as far as they can be had, earlier sides kept; and what is to be said."""
    share = recipe.train.val_share
    before = kept_sides(workspace)
    shares = (1 - share, share, 0.0) if share else Rules().shares
    # not the training's seed: runs that differ in that alone are judged by the same frames
    rules = Rules(shares=shares, tau=stored.tau_of(workspace, recipe))
    group = groups_of(found, rules)
    several = len(set(group.tolist()) - set(group[found.held].tolist())) > 1
    sides = (split if share and several else undivided)(found, rules, before)
    told = [line.strip() for line in sides.doubts()]
    if share and not several:
        told.insert(0, "all is trained on: to keep some apart takes frames of two scenes at least")
    elif share and "val" not in sides.name:
        told.insert(0, "all is trained on: of every scene an earlier model has learnt something")
    return sides, told


def _shown(workspace: Workspace, recipe: Recipe, found: Labelled) -> Iterator[Shown]:
    videos = Catalog(workspace).videos
    blurs = decisions.verdicts(decisions.read(workspace)).blurs
    said = found.labels.frames
    columns = (said[name].to_pylist() for name in ("video_no", "pts", "width", "height"))
    sizes = {(no, pts): (int(w), int(h)) for no, pts, w, h in zip(*columns, strict=True)}
    for key, t_s in zip(found.keys, found.frames.t_s.tolist(), strict=True):
        row = videos[key[0]]
        region = recipe.frames.region_of(row["path"])
        name = picture_name(Path(row["path"]), *key, t_s, "jpg").removesuffix(".jpg")
        boxes = found.boxes(key)
        yield Shown(
            key,
            name,
            row["digest"],
            sizes[key],
            "" if region is None else region.to_json(),
            blurs.get(key, ()),
            boxes if region is None else tuple(_counting(boxes, region, sizes[key])),
        )


def _counting(boxes: Iterable[Box], region: Region, size_wh: tuple[int, int]) -> Iterator[Box]:
    """Boxes whose centre lies inside the crop and under no mask."""
    for box in boxes:
        x, y = (box.x1 + box.x2) / 2 / size_wh[0], (box.y1 + box.y2) / 2 / size_wh[1]
        inside = region.crop is None or _holds(region.crop, x, y)
        if inside and not any(_holds(mask, x, y) for mask in region.mask):
            yield box


def _holds(part: Share, x: float, y: float) -> bool:
    return part[0] <= x <= part[2] and part[1] <= y <= part[3]
