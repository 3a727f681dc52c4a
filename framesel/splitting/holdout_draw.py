"""Draws the holdout: whole videos at random, and of them frames at random in time.

Chance comes from digests of what the videos hold, not from a generator: whatever is added or asked
for later, what was drawn stays drawn, and new footage is drawn from by the same rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.handover.handed import handovers
from framesel.labels import store
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.rounds.drawn import Drawn
from framesel.rounds.holdout import Holdout, read, write
from framesel.splitting import stored
from framesel.splitting.groups import groups
from framesel.splitting.near import Floats, Ints
from framesel.splitting.stored import Stored
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Wish:
    """What is asked for.

    Attributes:
        share: Of the sampled frames of the footage, to be held out.
        frames: To be labelled of them, at least; None: as many as before, or 200.
        seed: Another one draws others; None: that of before, or 0.
        tau: Videos with frames at this cosine are drawn together; None: that of before, or the one
            of the duplicates.
    """

    share: float
    frames: int | None = None
    seed: int | None = None
    tau: float | None = None


@dataclass(frozen=True)
class Drawing:
    """What a draw did.

    Attributes:
        holdout: As it is now.
        new: Numbers of the videos that came in.
        videos: How many live videos are held out.
        share: Of the sampled frames that they hold.
        barred: Videos that could not be drawn: they, or near-duplicates of theirs, have labels or
            picks.
        too_large: Videos that hang together and hold more than there was room for.
        picks: Of the open round, that are in the holdout now: the next run chooses others.
    """

    holdout: Holdout
    new: tuple[int, ...]
    videos: int
    share: float
    barred: int
    too_large: int
    picks: int

    def lines(self) -> Iterator[str]:
        """For a person."""
        yield (
            f"held out: {self.videos:,} videos with {self.share:.1%} of the sampled frames, "
            f"{len(self.new):,} of them new; {len(self.holdout.frames):,} frames to be labelled"
        )
        if self.barred:
            yield (
                f"  {self.barred:,} videos could not be drawn: they or their near-duplicates have "
                "labels or picks. The holdout speaks for the rest of the footage alone"
            )
        if self.too_large:
            yield (
                f"  {self.too_large:,} videos hang together as near-duplicates and hold more than "
                "there was room for: raise --tau to draw from them"
            )
        if self.picks:
            yield f"  {self.picks:,} picks of the open round are held out: `framesel run` again"


def draw(workspace: Workspace, recipe: Recipe, wish: Wish) -> Drawing:
    """Draws, and writes ``holdout.json``. The caller has the workspace's lock.

    Footage that an earlier draw has looked at is not looked at again, unless more is asked for than
    then: the share is that of the footage that is new. New videos with near-duplicates in the
    holdout join it.

    Raises:
        UsageError: The wish makes no sense, is not that of before, or nothing can be drawn.
        WorkspaceError: Not every video was looked at yet.
    """
    before = read(workspace)
    asked = _settled(wish, before, stored.tau_of(workspace, recipe))
    frames = stored.read(workspace, recipe)
    pool = _Pool.of(workspace, frames, asked)
    taken = pool.taken(asked)
    live = pool.videos(set(asked.videos) | taken)
    if not live:
        raise UsageError(_nothing(pool))
    considered = {*asked.considered, *pool.digests.values()}
    videos = (*asked.videos, *sorted(taken))
    found = asked.model_copy(
        update={"videos": videos, "considered": tuple(sorted(considered - set(videos)))}
    )
    found = with_frames(found, frames, pool.digests, live, wish.frames)
    write(workspace, found)
    return Drawing(
        found,
        tuple(sorted(pool.videos(taken))),
        len(live),
        pool.share_of(live),
        len(pool.barred),
        len(pool.too_large),
        picks_in(workspace, live),
    )


def _settled(wish: Wish, before: Holdout | None, tau: float) -> Holdout:
    """What is drawn for, with what was drawn before."""
    if not 0 < wish.share < 1:
        raise UsageError(f"--share {wish.share:g}: give a part of the footage, such as 0.1")
    if wish.frames is not None and wish.frames < 1:
        raise UsageError("--frames: give 1 or more")
    if before is None:
        chosen = tau if wish.tau is None else wish.tau
        return Holdout(seed=wish.seed or 0, share=wish.share, tau=chosen)
    if wish.seed not in (None, before.seed):
        raise UsageError(
            f"the holdout was drawn with seed {before.seed}, and what is in it stays in it; "
            "another seed would draw from what is left, and chance would be gone"
        )
    considered = before.considered if wish.share <= before.share else ()
    chosen = before.tau if wish.tau is None else wish.tau
    update = {"share": wish.share, "tau": chosen, "considered": considered}
    return before.model_copy(update=update)


@dataclass
class _Pool:
    """The footage, video by video.

    Attributes:
        digests: Of every live video that has frames.
        frames: How many were sampled of it.
        together: Videos that are drawn together, component by component.
        barred: Videos that must not be drawn.
        too_large: Videos that were passed by for want of room.
    """

    digests: dict[int, str]
    frames: dict[int, int]
    together: list[list[int]]
    barred: set[int]
    too_large: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, workspace: Workspace, frames: Stored, asked: Holdout) -> _Pool:
        catalog = Catalog(workspace)
        numbers, counts = np.unique(frames.video_no, return_counts=True)
        group = groups(frames.footage, "video", gap_s=0.0, tau=asked.tau)
        digests = {no: str(catalog.videos[no]["digest"]) for no in numbers.tolist()}
        homes: dict[int, list[int]] = {}
        first = np.searchsorted(frames.video_no, numbers)
        for video, home in zip(numbers.tolist(), group[first].tolist(), strict=True):
            homes.setdefault(home, []).append(video)
        held = {no for no, digest in digests.items() if digest in set(asked.videos)}
        used = learnt_from(workspace) - held
        barred = {v for home in homes.values() if used & set(home) for v in home} - held
        sizes = dict(zip(numbers.tolist(), counts.tolist(), strict=True))
        return cls(digests, sizes, list(homes.values()), barred)

    def videos(self, digests: Iterable[str]) -> set[int]:
        """Live videos by their digests."""
        wanted = set(digests)
        return {no for no, digest in self.digests.items() if digest in wanted}

    def share_of(self, videos: Iterable[int]) -> float:
        """Of the sampled frames, those of some videos."""
        return sum(self.frames[no] for no in videos) / sum(self.frames.values())

    def taken(self, asked: Holdout) -> set[str]:
        """Digests of the videos that come in now."""
        held, seen = self.videos(asked.videos), self.videos(asked.considered)
        seen |= held if seen else set()
        found = {v for home in self.together if held & set(home) for v in home}
        found -= held | self.barred
        scope = set(self.digests) - seen
        aim, have = asked.share * self._size(scope), float(self._size(held & scope))
        used = held | seen | self.barred
        fresh = [home for home in self.together if not used & set(home)]
        for home in sorted(fresh, key=lambda home: self._place(home, asked.seed)):
            size = self._size(home)
            if abs(have + size - aim) < abs(have - aim):
                found |= set(home)
                have += size
            elif size > 2 * aim:
                self.too_large |= set(home)
        return {self.digests[no] for no in found}

    def _size(self, videos: Iterable[int]) -> int:
        return sum(self.frames[no] for no in videos)

    def _place(self, videos: Iterable[int], seed: int) -> float:
        """Where chance puts a component: large ones no earlier than small ones."""
        return chance(f"{seed}:video:{min(self.digests[no] for no in videos)}")


def chance(text: str) -> float:
    """A number in (0, 1) that looks random and is always the same for the same text."""
    found = int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")
    return (found + 0.5) / 2.0**56


def with_frames(
    holdout: Holdout, frames: Stored, digests: dict[int, str], live: set[int], wanted: int | None
) -> Holdout:
    """Draws frames, each with a chance in proportion to the time that it stands for.

    Each frame has a place in an order by chance (exponential, its rate the seconds that it stands
    for); those up to ``rate`` are drawn. As the rate never falls, no frame leaves, and at any time
    the drawn ones are a fair sample of all the holdout.
    """
    rows = np.flatnonzero(np.isin(frames.video_no, sorted(live)))
    place = _places(frames, rows, digests, holdout.seed)
    order = np.sort(place)
    rate = holdout.rate
    if wanted is not None or not holdout.frames:
        rate = max(rate, float(order[min(wanted or 200, len(order)) - 1]))
    known = {(one.digest, one.pts) for one in holdout.frames}
    new = [
        Drawn(digest=digests[int(frames.video_no[row])], pts=int(frames.pts[row]))
        for row in rows[np.argsort(place)][: int(np.searchsorted(order, rate, side="right"))]
    ]
    more = tuple(one for one in new if (one.digest, one.pts) not in known)
    return holdout.model_copy(update={"rate": rate, "frames": (*holdout.frames, *more)})


def _places(frames: Stored, rows: Ints, digests: dict[int, str], seed: int) -> Floats:
    weights = seconds(frames.video_no[rows], frames.t_s[rows])
    names = [
        f"{seed}:frame:{digests[int(frames.video_no[row])]}:{int(frames.pts[row])}" for row in rows
    ]
    return -np.log([chance(name) for name in names]) / weights


def seconds(video_no: Ints, t_s: Floats) -> Floats:
    """(n,) how much of its video each frame stands for; 1 where it is its video's only one.

    Args:
        video_no: (n,) rising.
        t_s: (n,) rising in each video.
    """
    step = np.diff(t_s)
    step[np.diff(video_no) != 0] = 0.0
    around = (np.append(0.0, step) + np.append(step, 0.0)) / 2
    return np.where(around > 0, around, 1.0)


def learnt_from(workspace: Workspace) -> set[int]:
    """Videos that something was learnt from, or may be: labels, closed rounds, what was handed out.

    Picks of the open round do not count as long as nobody was given them: to draw only from videos
    without picks would be to draw from what a strategy found dull.
    """
    found = set(state.already(workspace)["video_no"].to_pylist())
    found |= set(store.labelled_keys(workspace)["video_no"].to_pylist())
    for handed in handovers(workspace):
        if handed.told.get("what") != "holdout":
            found |= set(handed.table()["video_no"].to_pylist())
    return found


def picks_in(workspace: Workspace, live: set[int]) -> int:
    """How many picks of the open round are of some videos."""
    this = state.current(workspace)
    if this.selection is None:
        return 0
    return sum(no in live for no in this.picks(workspace)["video_no"].to_pylist())


def _nothing(pool: _Pool) -> str:
    if len(pool.barred) == len(pool.digests):
        return (
            "nothing can be held out: all videos, or near-duplicates of theirs, have labels or "
            "picks. Draw the holdout before the first round, or add footage"
        )
    return (
        "nothing can be held out: the videos hang together as near-duplicates in too few groups "
        "for this share. Raise --tau, --share, or add footage"
    )
