"""Jensen-Shannon divergence of stored distributions: the compiled loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.uncertainty.kernel import kernel

Array = NDArray[Any]


@kernel
def pair_divergence(
    top: Array,
    logit: Array,
    rest: Array,
    other_top: Array,
    other_logit: Array,
    other_rest: Array,
    classes: int,
    given: bool,
) -> Array:
    """Divergence over ln 2 of p pairs, from the top classes and the odds of the rest.

    The rest's odds are taken to be spread evenly over its classes, as ``dense`` does.

    Args:
        top: (p, K) classes.
        logit: (p, K) float64, falling.
        rest: (p,) float64, sum of the odds of the other classes.
        other_top: (p, L).
        other_logit: (p, L).
        other_rest: (p,).
        classes: C.
        given: Leave background out, and weigh with the lesser probability of an object.

    Returns:
        (p,) float64.
    """
    values = np.zeros(len(top))
    for pair in range(len(top)):
        p, p_rest, p_none, p_some = _odds(logit[pair], rest[pair], classes, given)
        q, q_rest, q_none, q_some = _odds(other_logit[pair], other_rest[pair], classes, given)
        apart = _term(p_none, q_none)
        left = classes - len(p)
        for i in range(len(p)):
            theirs = q_rest
            for j in range(len(q)):
                if other_top[pair, j] == top[pair, i]:
                    theirs = q[j]
            apart += _term(p[i], theirs)
        for j in range(len(q)):
            known = False
            for i in range(len(p)):
                known = known or other_top[pair, j] == top[pair, i]
            if not known:
                apart += _term(p_rest, q[j])
                left -= 1
        apart += left * _term(p_rest, q_rest)
        values[pair] = apart / (2.0 * np.log(2.0)) * (min(p_some, q_some) if given else 1.0)
    return values


@kernel
def _odds(logit: Array, rest: float, classes: int, given: bool) -> Any:
    """Probability of each top class, of each other, of background; and of any object."""
    most = max(logit[0], 0.0)
    odds = np.exp(logit - most)
    others = rest * np.exp(-most)
    nothing = np.exp(-most)
    some = odds.sum() + others
    total = some if given else some + nothing
    each = others / total / max(classes - len(logit), 1)
    return odds / total, each, 0.0 if given else nothing / total, some / (some + nothing)


@kernel
def _term(p: float, q: float) -> float:
    middle = (p + q) / 2.0
    value = 0.0
    if p > 0.0:
        value += p * np.log(p / middle)
    if q > 0.0:
        value += q * np.log(q / middle)
    return value
