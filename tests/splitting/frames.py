"""Frames made up for splits."""

import numpy as np

from framesel.splitting.near import Footage


def footage(seed: int, n: int = 60, videos: int = 6, dim: int = 8) -> Footage:
    """Videos of frames half a second to four seconds apart; some look alike across videos."""
    rng = np.random.default_rng(seed)
    video = np.sort(rng.integers(0, videos, n))
    t_s = np.empty(n)
    for one in range(videos):
        mine = video == one
        t_s[mine] = np.cumsum(rng.uniform(0.5, 4.0, mine.sum()))
    scenes = rng.normal(size=(12, dim))
    vectors = scenes[rng.integers(0, 12, n)] + rng.normal(0, 0.25, (n, dim))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return Footage(video.astype(np.int64), t_s, vectors.astype(np.float32))
