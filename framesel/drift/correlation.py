"""How long a stream remembers: its integrated autocorrelation time."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from framesel.drift.footage import F64

_WINDOW = 5.0


def correlation_time(series: Iterable[F64]) -> float:
    """Gives tau = 1 + 2 sum rho(t): n frames tell as much as n / tau unrelated ones.

    The sum ends at the smallest window M with M >= 5 tau(M), because what comes later is noise
    (Sokal, "Monte Carlo methods in statistical mechanics", 1996, section 3). Of several
    coordinates the slowest counts. Each stream is centred by itself, so that a difference
    between streams is no memory; a short one therefore seems to forget sooner than it does, which
    is why blocks take many times tau and short streams are not cut (``pieces``).

    Args:
        series: Of each stream its frames in order of time, (n_i, c).

    Returns:
        1 for frames that know nothing of one another; more, the longer they remember.
    """
    total: F64 | None = None
    for one in series:
        found = _autocovariance(one - one.mean(axis=0))
        if total is None or len(found) > len(total):
            total, found = found, np.zeros((0, one.shape[1])) if total is None else total
        total[: len(found)] += found
    if total is None:
        return 1.0
    moving = np.flatnonzero(total[0] > 1e-12)
    return max((_tau(total[:, c] / total[0, c]) for c in moving), default=1.0)


def _autocovariance(centred: F64) -> F64:
    """(n, c) sums of products of frames t apart, for t = 0 … n - 1, by Fourier transform."""
    n = len(centred)
    size = 1 << (2 * n - 1).bit_length()
    spectrum = np.fft.rfft(centred, size, axis=0)
    found: F64 = np.fft.irfft(np.abs(spectrum) ** 2, size, axis=0)[:n]
    return found


def _tau(rho: F64) -> float:
    sums = 2.0 * np.cumsum(rho) - 1.0
    enough = np.arange(len(rho)) >= _WINDOW * sums
    window = int(np.argmax(enough)) if enough.any() else len(rho) - 1
    return max(1.0, float(sums[window]))
