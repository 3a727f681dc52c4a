"""Randomness that needs no memory: every draw is a function of the seed and of where it is made.

A training that goes on after a kill needs no generator's state: what iteration 120 draws does not
depend on whether iterations 0 to 119 were done by the same process.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

TORCH, SLOT, ORDER, START = "torch", "slot", "order", "start"


def seed_of(*key: int | str) -> int:
    """32 bits that differ for different keys."""
    digest = hashlib.sha256(repr(key).encode()).digest()
    return int.from_bytes(digest[:4], "little")


def reseed(seed: int) -> None:
    """Seeds the generators of Python and numpy, from which ultralytics' edits draw."""
    random.seed(seed)
    np.random.seed(seed)


@contextmanager
def own_generators() -> Iterator[None]:
    """The generators of Python and numpy may be seeded inside; outside they are the caller's."""
    plain, numbers = random.getstate(), np.random.get_state()
    try:
        yield
    finally:
        random.setstate(plain)
        np.random.set_state(numbers)
