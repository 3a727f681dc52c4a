"""Drift: what a comparison of new footage with known says, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from framesel.drift.compare import Compared
from framesel.drift.newness import NewVideo
from framesel.drift.regions import Region

VERSION = 1

_SHOWN = 20
_SPANS = 3


@dataclass(frozen=True, eq=False)
class Drift:
    """Everything that was found.

    Attributes:
        compared: The tests.
        known: Videos and frames of the known side.
        new: Of the new side.
        again: Videos of the new side that were known to the workspace already; they are compared
            with the others.
        videos: The new ones, the newest first.
        regions: What there is more of.
    """

    compared: Compared
    known: tuple[int, int]
    new: tuple[int, int]
    again: int
    videos: tuple[NewVideo, ...]
    regions: tuple[Region, ...]

    def json(self) -> dict[str, Any]:
        """The same for programs; nothing in it differs between two equal runs."""
        told = self.compared
        return {
            "version": VERSION,
            "verdict": told.verdict,
            "alpha": told.alpha,
            "known": {"videos": self.known[0], "frames": self.known[1]},
            "new": {"videos": self.new[0], "frames": self.new[1], "in_workspace": self.again},
            "exchanged": {
                "what": told.pieces.what,
                "known": int((~told.pieces.is_new).sum()),
                "new": int(told.pieces.is_new.sum()),
                "least_p": told.pieces.least_p,
                "arrangements": told.ways,
                "exact": told.exact,
            },
            "tests": [test.json() for test in told.tests],
            "videos": [video.json() for video in self.videos],
            "regions": [region.json() for region in self.regions],
        }

    def lines(self) -> Iterator[str]:
        """What a person is told first."""
        yield (
            f"known: {self.known[0]:,} videos, {self.known[1]:,} frames; "
            f"new: {self.new[0]:,} videos, {self.new[1]:,} frames"
        )
        if self.again:
            yield f"  {self.again:,} of the new ones are in the workspace too: not known here"
        yield from self._verdict()

    def _verdict(self) -> Iterator[str]:
        told = self.compared
        sure = ", ".join(t.name for t in told.tests if t.p_adjusted <= told.alpha)
        if told.verdict == "changed":
            yield f"changed: {sure} (at most {told.alpha:.0%} false alarms over all tests)"
        elif told.verdict == "not told apart":
            yield "not told apart: chance explains every difference"
        else:
            yield (
                "too little footage: whatever it shows, no p-value can be below "
                f"{told.pieces.least_p:.3g}. Name more videos, or longer ones"
            )
        known, new = int((~told.pieces.is_new).sum()), int(told.pieces.is_new.sum())
        ways = "all" if told.exact else f"{told.ways:,} of all"
        yield (
            f"  exchanged: {known:,} and {new:,} {told.pieces.what}, {ways} ways"
            + (" they can be arranged" if told.exact else "")
        )
        if told.pieces.what == "blocks":
            yield (
                "  with so few videos, blocks of them are exchanged: this tells times apart, and "
                "cameras if the sides have different ones"
            )

    def tests(self) -> Iterator[tuple[str, ...]]:
        """Rows of a table: test, statistic, what chance brings, p, adjusted p."""
        for test in self.compared.tests:
            yield (
                test.name,
                f"{test.statistic:.4g}",
                f"{test.by_chance:.4g} ({test.at_most:.4g})",
                f"{test.p:.4f}",
                f"{test.p_adjusted:.4f}",
                test.says,
            )

    def newest(self) -> Iterator[tuple[str, ...]]:
        """Rows of a table: the videos that hardly any known one is as far away as."""
        for video in [one for one in self.videos if one.p <= self.compared.alpha][:_SHOWN]:
            parts = [f"{span.start_s:.1f}-{span.end_s:.1f}" for span in video.spans]
            more = f" and {len(parts) - _SPANS} more" if len(parts) > _SPANS else ""
            yield (
                _printed(video.name),
                f"{video.far:.0%} of {video.frames:,}",
                f"{video.distance:.3f}",
                f"{video.p:.4f}",
                ", ".join(parts[:_SPANS]) + more,
            )

    def grown(self) -> Iterator[tuple[str, ...]]:
        """Rows of a table: regions."""
        for region in self.regions:
            name, second = region.example
            yield (
                f"{_printed(name)}@{second:.2f}",
                f"{region.new:.1%}",
                f"{region.known:.1%}",
                f"{region.videos:,}",
                f"{region.p_adjusted:.4f}",
            )


def _printed(name: str) -> str:
    """A name of somebody else's, safe for a terminal."""
    return name if name.isprintable() else ascii(name)
