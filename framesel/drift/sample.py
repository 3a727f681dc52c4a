"""As many frames of as many pieces as a test needs: memory and time stay bounded."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from framesel.drift.axes import principal
from framesel.drift.footage import F32, F64, I64, Both, Mask
from framesel.drift.pieces import Pieces

MOST_PIECES = 1000
"""Of each side."""

MOST_FRAMES = 16_000
"""Of both sides together, while each piece keeps eight."""

_FEWEST, _MOST_OF_ONE = 8, 64


@dataclass(frozen=True, eq=False)
class Sample:
    """s frames of u pieces.

    Attributes:
        rows: (s,) among the frames of both sides, rising.
        of: (s,) the piece of each frame, numbered 0 … u - 1.
        is_new: (u,) whether a piece is on the new side.
        vectors: (s, d) unit rows.
    """

    rows: I64
    of: I64
    is_new: Mask
    vectors: F32

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def size(self) -> I64:
        """(u,) frames of each piece."""
        return np.bincount(self.of, minlength=len(self.is_new))

    @cached_property
    def weights(self) -> F64:
        """(s,) such that every piece counts alike."""
        return 1.0 / self.size[self.of]

    @cached_property
    def places(self) -> F64:
        """(s, c) whitened principal coordinates."""
        return principal(self.vectors, self.weights)


def sample(both: Both, found: Pieces, rng: np.random.Generator) -> Sample:
    """At most 1,000 pieces of each side, drawn at random, and frames spread over each of them.

    Args:
        both: The frames.
        found: Their pieces.
        rng: Draws pieces where there are more.
    """
    chosen = np.sort(
        np.concatenate([_some(np.flatnonzero(found.is_new == new), rng) for new in (False, True)])
    )
    each = min(max(MOST_FRAMES // len(chosen), _FEWEST), _MOST_OF_ONE)
    order = np.argsort(found.of, kind="stable")
    edges = np.searchsorted(found.of[order], [chosen, chosen + 1]).T
    parts = [_spread(order[low:high], each) for low, high in edges.tolist()]
    rows, of = np.concatenate(parts), np.repeat(np.arange(len(parts)), [len(p) for p in parts])
    line = np.argsort(rows)
    rows, of = rows[line], of[line]
    return Sample(rows, of, found.is_new[chosen], both.vectors[rows])


def _some(pieces: I64, rng: np.random.Generator) -> I64:
    if len(pieces) <= MOST_PIECES:
        return pieces
    return rng.choice(pieces, MOST_PIECES, replace=False)


def _spread(rows: I64, most: int) -> I64:
    if len(rows) <= most:
        return rows
    return rows[(2 * np.arange(most) + 1) * len(rows) // (2 * most)]
