"""Which group goes into which split: shares as asked for, every class shared alike.

The objective, to be small: the chi-square distance between shares reached and shares asked for,

    J = sum_s (n_s / n - p_s)^2 / p_s  +  mean_c sum_s (n_cs / n_c - p_s)^2 / p_s

with p_s the share that split s is to have, n frames, n_s of them in s, and n_c of class c (boxes,
and of one more class frames in which there is nothing), n_cs of them in s. Every split gets one
group at least. Splitting groups like numbers is NP-hard: largest first, then moves and swaps as
long as they help, from several starts. Groups that are fixed count and stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framesel.errors import UsageError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FREE = -1
"""In place of a split: the group may go anywhere."""

STARTS = 8
PASSES = 50
PARTNERS = 512
"""Groups that one group is tried against for a swap."""


def assign(counts: Floats, shares: Sequence[float], seed: int, fixed: Ints | None = None) -> Ints:
    """Finds a good assignment; the same for the same arguments.

    Args:
        counts: (g, 1 + c) frames, then what there is of each class, in each of g groups.
        shares: (s,) what each split is to have; positive, sum 1.
        seed: Of the starts.
        fixed: (g,) split of each group that stays where it is, ``FREE`` for the others; None: all
            are free.

    Returns:
        (g,) which split each group goes into. A split gets no group only where all groups are
        fixed in others, or the last of theirs.

    Raises:
        UsageError: There are fewer groups than splits.
    """
    if len(counts) < len(shares):
        raise UsageError(
            f"there are {len(counts)} groups for {len(shares)} splits: no split without leaks can "
            "be made. Label more videos, or join less (--tau, --gap-s, --by component)."
        )
    stays = np.full(len(counts), FREE, np.int64) if fixed is None else fixed
    search = _Search(*_scaled(counts, np.array(shares, np.float64)), stays)
    rng = np.random.default_rng(seed)
    best, least = np.empty(0, np.int64), np.inf
    for start in range(STARTS):
        order = rng.permutation(len(counts))
        split = search.greedy(order) if start == 0 else search.drawn(rng)
        search.fill(split)
        search.improve(split, rng)
        cost = search.cost(split)
        if cost < least - 1e-12:
            best, least = split, cost
    return best


def objective(counts: Floats, shares: Sequence[float], split: Ints) -> float:
    """J of an assignment, see above; arguments as of ``assign``."""
    free = np.full(len(counts), FREE, np.int64)
    return _Search(*_scaled(counts, np.array(shares, np.float64)), free).cost(split)


def _scaled(counts: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """(g, k) columns whose squared distances, summed, are J; and the shares."""
    present = counts[:, counts.sum(axis=0) > 0]
    columns = present / present.sum(axis=0)
    classes = columns.shape[1] - 1
    columns[:, 1:] /= np.sqrt(max(1, classes))
    return np.ascontiguousarray(columns), shares


@dataclass(frozen=True)
class _Search:
    """Groups as rows; J is the sum over splits of |their rows' sum - target|^2 / share."""

    rows: Floats
    shares: Floats
    fixed: Ints

    @property
    def _free(self) -> Bools:
        found: Bools = self.fixed < 0
        return found

    @property
    def _squares(self) -> Floats:
        squares: Floats = np.einsum("ij,ij->i", self.rows, self.rows)
        return squares

    def _off(self, split: Ints) -> Floats:
        """(s, k) how much more each split has than it should."""
        sums = np.zeros((len(self.shares), self.rows.shape[1]))
        np.add.at(sums, split, self.rows)
        return sums - np.outer(self.shares, self.rows.sum(axis=0))

    def cost(self, split: Ints) -> float:
        off = self._off(split)
        return float((np.einsum("ij,ij->i", off, off) / self.shares).sum())

    def greedy(self, order: Ints) -> Ints:
        """Largest first, each to where it does most good; of equals that come as in ``order``."""
        largest = order[np.argsort(-self.rows[order].max(axis=1), kind="stable")]
        largest = largest[self._free[largest]]
        split = self.fixed.copy()
        off = -np.outer(self.shares, self.rows.sum(axis=0))
        np.add.at(off, split[~self._free], self.rows[~self._free])
        for group, square in zip(largest.tolist(), self._squares[largest].tolist(), strict=True):
            gain = (square + 2 * off @ self.rows[group]) / self.shares
            split[group] = int(gain.argmin())
            off[split[group]] += self.rows[group]
        return split

    def drawn(self, rng: np.random.Generator) -> Ints:
        """Each group anywhere, by the shares."""
        drawn = rng.choice(len(self.shares), len(self.rows), p=self.shares).astype(np.int64)
        return np.where(self._free, drawn, self.fixed)

    def fill(self, split: Ints) -> None:
        """Gives every split a group: the one that costs least, from where there are several."""
        for empty in np.flatnonzero(np.bincount(split, minlength=len(self.shares)) == 0).tolist():
            sizes = np.bincount(split, minlength=len(self.shares))
            spare = np.flatnonzero((sizes[split] > 1) & self._free)
            if not len(spare):
                return
            costs = []
            for group in spare.tolist():
                moved = split.copy()
                moved[group] = empty
                costs.append(self.cost(moved))
            split[spare[int(np.argmin(costs))]] = empty

    def improve(self, split: Ints, rng: np.random.Generator) -> None:
        """Moves and swaps groups as long as that helps."""
        off, squares = self._off(split), self._squares
        for _ in range(PASSES):
            helped = False
            order = rng.permutation(len(split))
            for group in order[self._free[order]].tolist():
                helped |= self._move(group, split, off, squares)
                helped |= self._swap(group, split, off, rng)
            if not helped:
                return

    def _move(self, group: int, split: Ints, off: Floats, squares: Floats) -> bool:
        here = int(split[group])
        if (split == here).sum() < 2:
            return False
        row = self.rows[group]
        along = off @ row
        gain = (squares[group] + 2 * along) / self.shares
        leave = (squares[group] - 2 * along[here]) / self.shares[here]
        gain[here] = -leave
        there = int(gain.argmin())
        if there == here or gain[there] + leave > -1e-12:
            return False
        off[here] -= row
        off[there] += row
        split[group] = there
        return True

    def _swap(self, group: int, split: Ints, off: Floats, rng: np.random.Generator) -> bool:
        here = int(split[group])
        others = np.flatnonzero((split != here) & self._free)
        if len(others) > PARTNERS:
            others = rng.choice(others, PARTNERS, replace=False)
        if not len(others):
            return False
        change = self.rows[others] - self.rows[group]
        there = split[others]
        square = np.einsum("ij,ij->i", change, change)
        enters = (square + 2 * change @ off[here]) / self.shares[here]
        leaves = (square - 2 * np.einsum("ij,ij->i", change, off[there])) / self.shares[there]
        best = int((enters + leaves).argmin())
        if enters[best] + leaves[best] > -1e-12:
            return False
        off[here] += change[best]
        off[there[best]] -= change[best]
        split[group], split[others[best]] = there[best], here
        return True
