"""Labelled footage on disk as a source of pools."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from framesel.errors import UsageError
from framesel.simulation.detector.album import digest
from framesel.simulation.detector.bccd import read_bccd
from framesel.simulation.detector.drone_clips import read_drone_clips
from framesel.simulation.detector.material import Material
from framesel.simulation.detector.pool import Judged, Pool
from framesel.simulation.detector.setting import (
    POOL_SHARE,
    Name,
    judged,
    looked_at,
    setting,
    shown,
)
from framesel.simulation.detector.timetable import EVERY


@dataclass(frozen=True)
class LabelledSource:
    """One setting made from labelled footage.

    Attributes:
        name: Of the setting.
        data: Folder that holds ``drone`` (``videos`` and ``labels``) or ``bccd/BCCD``.
        splits: CSV with clip, split and frames; ``bccd`` is split by a seed of its own.
        part: What detectors are judged by.
        cache: Folder for pictures and whatever is computed of them.
    """

    name: Name
    data: Path
    splits: Path | None
    part: Literal["dev", "test"]
    cache: Path

    @property
    def clips(self) -> int:
        """Recordings in the pool of a seed."""
        return max(1, round(POOL_SHARE * len(self.material().of("pool"))))

    @property
    def frames(self) -> int:
        """Frames that as many of the shortest clips show as they are."""
        material = self.material()
        lengths = sorted(len(material.clips[clip].truth) for clip in material.of("pool"))
        return sum(-(-length // EVERY) for length in lengths[: self.clips])

    def material(self) -> Material:
        """The footage and its labels.

        Raises:
            UsageError: Something is missing.
            LabelsError: Labels make no sense.
        """
        if self.name == "bccd":
            return _bccd(self.data / "bccd" / "BCCD")
        if self.splits is None:
            raise UsageError(f"--setting {self.name}: name the table of splits with --split")
        return _drone(self.data / "drone", self.splits)

    def identity(self) -> Mapping[str, Any]:
        """Digests of the pictures and labels that it shows and judges by."""
        return _identity(self)

    def open(self, seed: int) -> tuple[Pool, Judged]:
        """The pool of a seed, and what detectors are judged by; made if they are not there.

        Raises:
            MediaError: A clip cannot be read.
        """
        material = self.material()
        pool = setting(self.name, material, self.cache).pool(seed)
        return pool, judged(material, self.part, self.cache)


def _identify(source: LabelledSource) -> Mapping[str, Any]:
    material = source.material()
    return {
        "setting": source.name,
        "pool": digest(material, shown(source.name, material)),
        "judged": digest(material, looked_at(material, source.part)),
    }


# A process asks for the same footage again and again.
_identity = lru_cache(maxsize=8)(_identify)
_drone = lru_cache(maxsize=2)(read_drone_clips)
_bccd = lru_cache(maxsize=2)(read_bccd)
