"""The settings of the comparison: what the pool of each seed shows.

- ``as_is``: each clip is a video.
- ``dwell``: fixed cameras. Clips are joined to long videos, each held for a heavy-tailed time.
- ``rare``: as it is, but one class (another for each seed) is thinned out to a hundredth.
- ``bccd``: unrelated pictures, as a control.

A seed draws four fifths of the pool's clips. All seeds are judged by the same pictures: those of
the held-out clips, as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from framesel.errors import UsageError
from framesel.evaluation.boxes import Truth
from framesel.selection.vectors.arrays import I64, Bool
from framesel.simulation.detector.album import QUALITY, Album, opened
from framesel.simulation.detector.material import Material, Part, pick
from framesel.simulation.detector.pool import NO_CLASS, Judged, Pool
from framesel.simulation.detector.rare import thinned_out
from framesel.simulation.detector.timetable import Timetable, as_recorded, dwelling
from framesel.video.gate import Gate, judge

Name = Literal["as_is", "dwell", "rare", "bccd"]
NAMES: Final[tuple[Name, ...]] = get_args(Name)

POOL_SHARE: Final = 0.8
JUDGED_EVERY: Final = 30


@dataclass(frozen=True, eq=False)
class Setting:
    """One setting on one material, its pictures on disk.

    Attributes:
        name: Of the setting.
        material: Of what it is made.
        table: All pictures that the pool of any seed may show.
        album: These pictures.
    """

    name: Name
    material: Material
    table: Timetable
    album: Album

    def pool(self, seed: int) -> Pool:
        """What the strategies of one trial choose from."""
        rng = np.random.default_rng([seed, 0])
        clips = self.material.of("pool")
        drawn = rng.permutation(clips)[: max(1, round(POOL_SHARE * len(clips)))]
        rows = np.flatnonzero(np.isin(self.table.clip_no, drawn))
        rare = NO_CLASS
        if self.name == "rare":
            rare = seed % len(self.material.classes)
            holds = holding(self.album.truth, rare)[rows]
            rows = rows[thinned_out(holds, self.table.clip_no[rows], rng)]
        table = self.table.take(rows)
        return Pool(
            setting=self.name,
            seed=seed,
            classes=self.material.classes,
            album=self.album,
            rows=rows,
            video_no=table.video_no,
            clip_no=table.clip_no,
            pts_s=table.pts_s,
            truth=pick(self.album.truth, rows),
            size_wh=self.album.size_wh[rows],
            vectors=self.album.vectors[rows],
            passes=_passes(self.album, rows, table.video_no),
            rare=rare,
        )


def setting(name: Name, material: Material, cache: Path) -> Setting:
    """A setting with its pictures, which are made if they are not in the cache.

    Args:
        name: Which.
        material: Of what.
        cache: Folder for all that is made.

    Raises:
        UsageError: The material has no clips in its pool.
        MediaError: A clip cannot be read.
    """
    table = shown(name, material)
    return Setting(name, material, table, opened(material, table, cache))


def shown(name: Name, material: Material) -> Timetable:
    """All pictures that the pool of any seed may show.

    Raises:
        UsageError: The material has no clips in its pool.
    """
    clips = material.of("pool")
    if not len(clips):
        raise UsageError(f"{material.name}: no clip is in the pool; call some of the split train")
    return dwelling(material, clips) if name == "dwell" else as_recorded(material, clips)


def judged(material: Material, part: Part, cache: Path) -> Judged:
    """What detectors are judged by: one picture a second of the clips of a part, as they are.

    Args:
        material: Has the clips.
        part: ``dev``, or ``test`` for the one last look.
        cache: Folder for all that is made.

    Raises:
        UsageError: The material has no clips in that part.
        MediaError: A clip cannot be read.
    """
    table = looked_at(material, part)
    album = opened(material, table, cache)
    return Judged(
        setting=part,
        classes=material.classes,
        album=album,
        rows=np.arange(len(album)),
        video_no=table.video_no,
        truth=album.truth,
        size_wh=album.size_wh,
    )


def looked_at(material: Material, part: Part) -> Timetable:
    """The pictures that detectors are judged by.

    Raises:
        UsageError: The material has no clips in that part.
    """
    clips = material.of(part)
    if not len(clips):
        raise UsageError(f"{material.name}: no clip is in {part}, so nothing can be judged")
    return as_recorded(material, clips, JUDGED_EVERY)


def holding(truth: Truth, class_no: int) -> Bool:
    """(n,) bool: which pictures hold an object of a class."""
    picture = np.repeat(np.arange(len(truth)), np.diff(truth.offsets))
    found = np.zeros(len(truth), np.bool_)
    found[picture[truth.class_no == class_no]] = True
    return found


def _passes(album: Album, rows: I64, video_no: I64) -> Bool:
    """What the default quality gate says."""
    passes = np.zeros(len(rows), np.bool_)
    for video in np.unique(video_no):
        own = np.flatnonzero(video_no == video)
        columns = dict(zip(QUALITY, album.quality[rows[own]].T, strict=True))
        passes[own] = judge(**columns, gate=Gate()) == ""
    return passes
