"""What all frames are compared with when shots are joined: frames that were kept.

It fits into arrays, so that other processes can compare some of the frames.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.selection.duplicates.frames import Frames
from framesel.selection.duplicates.links import Bank, Side
from framesel.selection.vectors.arrays import I64

Arrays = Mapping[str, NDArray[Any]]


class Banks:
    """All that was kept, and what of it is new to frames of old shots.

    Args:
        kept: For frames of new shots; None: nothing was kept.
        fresh: For frames of old shots; None: nothing is new.
        old: Shots below this number are old.
    """

    def __init__(self, kept: Bank | None, fresh: Bank | None, old: int) -> None:
        self._banks, self.old = {"kept": kept, "fresh": fresh}, old

    @classmethod
    def of(cls, kept: Side, tau_cos: float, unit_error: float, old: int) -> Banks:
        """Makes both.

        Args:
            kept: All frames that were kept, and their shots.
            tau_cos: See :class:`Bank`.
            unit_error: See :class:`Bank`.
            old: Shots below this number have been compared with one another.
        """
        fresh = kept.among(np.flatnonzero((kept.group >= old) & (old > 0)))

        def bank(side: Side) -> Bank | None:
            return Bank(side, tau_cos, unit_error) if len(side.rows) else None

        return cls(bank(kept), bank(fresh), old)

    def links(self, asked: Side) -> I64:
        """See :meth:`Bank.links`, for shots; what is known of old ones is not among them."""
        is_old, found = asked.group < self.old, [np.empty((0, 2), np.int64)]
        for bank, mine in zip(self._banks.values(), (~is_old, is_old), strict=True):
            if bank is not None and mine.any():
                found.append(bank.links(asked.among(np.flatnonzero(mine))))
        return np.concatenate(found)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it but vectors."""
        found = {"old": np.array(self.old)}
        for name, bank in self._banks.items():
            if bank is not None:
                found |= {f"{name}.{key}": value for key, value in bank.arrays().items()}
        return found

    @classmethod
    def restored(cls, arrays: Arrays, frames: Frames) -> Banks:
        """What was put into arrays.

        Args:
            arrays: Of it.
            frames: Have the vectors of all that was kept.
        """

        def bank(name: str) -> Bank | None:
            start = f"{name}."
            own = {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}
            return Bank.restored(own, frames) if own else None

        return cls(bank("kept"), bank("fresh"), int(arrays["old"]))
