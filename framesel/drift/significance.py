"""From statistics under all arrangements to p-values, one a test and one for all of them."""

from __future__ import annotations

import numpy as np

from framesel.drift.footage import F64

_DIGITS = 10


def p_values(statistics: F64) -> F64:
    """Of each arrangement and test, the share of arrangements that are at least as extreme.

    With all arrangements in it the first row is the exact p-value; with B random ones beside the
    real one it is (1 + #{T_b >= T}) / (B + 1), which is valid too (Phipson & Smyth, "Permutation
    p-values should never be zero", 2010).

    Args:
        statistics: (a, t); more is more extreme. Numbers that differ by rounding alone are equal.

    Returns:
        (a, t) in (0, 1].
    """
    size = np.abs(statistics).max(axis=0, initial=0.0)
    rounded = np.round(statistics / np.where(size > 0, size, 1.0), _DIGITS)
    found = np.empty_like(statistics)
    for test, column in enumerate(rounded.T):
        below = np.searchsorted(np.sort(column), column, side="left")
        found[:, test] = (len(column) - below) / len(column)
    return found


def adjusted(p: F64) -> F64:
    """p-values of several tests that may be held against one alpha, all of them together.

    Step-down min-p (Westfall & Young, "Resampling-based multiple testing", 1993, algorithm 2.8):
    Holm's procedure, with the distribution of the smallest p-value taken from the arrangements
    instead of Bonferroni's bound. Tests that say the same thing then cost nothing, and few
    arrangements can suffice. Never above Holm's.

    Args:
        p: (a, t) as ``p_values`` gives them.

    Returns:
        (t,)
    """
    order = np.argsort(p[0], kind="stable")
    found, highest = np.empty(p.shape[1]), 0.0
    for step, test in enumerate(order):
        smallest = p[:, order[step:]].min(axis=1)
        highest = max(highest, float((smallest <= p[0, test]).mean()))
        found[test] = highest
    return found
