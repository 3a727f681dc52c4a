"""The streams by name, and one function that begins one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from framesel.errors import SelectionError
from framesel.selection.one_call import from_settings
from framesel.selection.streams.sieve_stream import Sieve
from framesel.selection.streams.streaming import Stream
from framesel.selection.streams.threshold_stream import Threshold
from framesel.selection.vectors.arrays import checked_vectors

AnyStream: TypeAlias = Threshold | Sieve

STREAMS: Final[Mapping[str, type[AnyStream]]] = {"threshold": Threshold, "sieve": Sieve}


def stream(
    budget: int,
    strategy: str = "sieve",
    *,
    already: ArrayLike | None = None,
    seed: int = 0,
    **settings: Any,
) -> Stream:
    """Begin to pick from footage that arrives: one pass, bounded memory.

    For footage that cannot be kept or seen twice, such as a camera that runs for a month::

        picking = stream(500, "threshold", length=30 * 86_400)
        for vectors, utility in footage:
            keep = picking.offer(vectors, utility)
            ...                    # store the frames of `keep`, throw the others away
        label(picking.picks)       # numbers of frames in the order in which they came

    Args:
        budget: How many frames to pick at most.
        strategy: ``sieve`` (coverage; what it keeps may be dropped again) or ``threshold`` (useful
            and new; decided at once; needs ``length``, the frames expected in all).
        already: (m, d) unit rows of frames that are labelled or were picked before.
        seed: Of all chance.
        **settings: Fields of :class:`framesel.selection.streams.threshold_stream.Threshold` or
            :class:`framesel.selection.streams.sieve_stream.Sieve`.

    Returns:
        A stream that has seen nothing; see :class:`framesel.selection.streams.streaming.Stream`.

    Raises:
        SelectionError: An unknown stream or setting, a budget below 1, or bad vectors.
    """
    kind = from_settings(STREAMS, "stream", strategy, settings)
    if isinstance(budget, bool) or not isinstance(budget, (int, np.integer)) or budget < 1:
        raise SelectionError(f"the budget is {budget!r}; give a whole number of frames, 1 or more")
    known = np.empty((0, 0), np.float32)
    if already is not None and np.size(already):
        known = checked_vectors(already, "already chosen vectors")
    return kind.begin(int(budget), known, np.random.default_rng(seed))
