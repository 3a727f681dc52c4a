"""A small world of which everything is known, for tests of the comparison."""

from dataclasses import dataclass

import numpy as np

from framesel.simulation.world import NOTHING, Footage, World, unit

POOL_VIDEOS, VIDEOS, PER_VIDEO, CLASSES = 4, 6, 60, 3


def footage(seed: int, videos: range) -> Footage:
    """Still stretches of five frames, of one class each; in the first video two rare events."""
    rng = np.random.default_rng([seed, videos.start])
    directions = np.random.default_rng(0).standard_normal((VIDEOS + CLASSES + 4, 24))
    count = len(videos) * PER_VIDEO
    video = np.repeat(np.array(videos), PER_VIDEO)
    moment = np.arange(count) // 5
    label = rng.integers(0, CLASSES, len(moment) // 5)[moment]
    event = np.full(count, NOTHING)
    event[[11, 12]], event[[42]] = 0, 1
    good = np.ones(count, np.bool_)
    good[[20, 21, 80]] = False
    stretch = 0.4 * rng.standard_normal((count // 5, 24))[moment]
    vectors = directions[video] + directions[VIDEOS + label] + stretch
    vectors[event == 0] += 3 * directions[-1]
    vectors[event == 1] += 3 * directions[-2]
    vectors[~good] = directions[-3]
    vectors += 0.05 * rng.standard_normal((count, 24))
    newcomer = np.zeros(count, np.bool_)
    newcomer[25:30] = True
    return Footage(
        vectors=unit(vectors),
        video_no=video.astype(np.int64),
        pts_s=np.tile(np.arange(PER_VIDEO) / 2, len(videos)),
        passes=good,
        good=good,
        moment=moment,
        label=np.where(good, label, NOTHING),
        event=event,
        newcomer=newcomer,
    )


@dataclass(frozen=True)
class Small:
    """A source of small worlds."""

    name: str = "small"

    def world(self, seed: int) -> World:
        return World(
            name=self.name,
            seed=seed,
            videos=tuple(f"v{number}" for number in range(VIDEOS)),
            classes=("a", "b", "c"),
            pool=footage(seed, range(POOL_VIDEOS)),
            held_out=footage(seed, range(POOL_VIDEOS, VIDEOS)),
            moments_known=True,
        )
