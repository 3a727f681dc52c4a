"""Which frames of a video are too bad to label: judged against the video's own frames."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

Column = NDArray[np.floating]

_MAD_TO_SIGMA = 1.4826


class Gate(BaseModel):
    """Where frames are too bad. Blur is judged against the video's own frames."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: bool = Field(True, description="off: every frame passes")
    black_brightness: float = Field(
        12.0, ge=0, le=255, description="darker than this and without structure: black"
    )
    flat_contrast: float = Field(
        3.0, ge=0, le=128, description="less spread of gray levels than this: flat"
    )
    blur_mads: float = Field(
        3.5, gt=0, description="so many robust deviations below the video's median log sharpness"
    )
    blur_ratio: float = Field(
        0.35,
        gt=0,
        lt=1,
        description="and below this share of the video's median sharpness: blurred",
    )
    frozen_change: float = Field(
        0.05, ge=0, le=255, description="mean gray levels of change below which a picture stands"
    )
    frozen_run: int = Field(
        3, ge=1, description="so many unchanged frames in a row: frozen (the first of them stays)"
    )


def judge(
    sharpness: Column, brightness: Column, contrast: Column, change: Column, gate: Gate
) -> NDArray[np.str_]:
    """Judges the frames of one video, in presentation order, against each other.

    Args:
        sharpness: (n,) as measured.
        brightness: (n,)
        contrast: (n,)
        change: (n,) nan where there is no frame before.
        gate: The thresholds.

    Returns:
        (n,) of "", "black", "flat", "blurred" or "frozen"; the first that applies in this order.
    """
    verdict = np.full(len(sharpness), "", dtype="U8")
    if not gate.enabled or not len(sharpness):
        return verdict
    contrast = np.asarray(contrast, dtype=np.float64)
    flat = contrast < gate.flat_contrast
    # A night camera is dark but has structure: darkness alone condemns nothing.
    structureless = contrast < max(gate.flat_contrast, 1.0) * 2
    black = (np.asarray(brightness) < gate.black_brightness) & structureless
    alive = ~(black | flat)
    blurred = _blurred(np.asarray(sharpness, dtype=np.float64), alive, gate)
    frozen = _frozen(np.asarray(change, dtype=np.float64), gate)
    for name, mask in (("frozen", frozen), ("blurred", blurred), ("flat", flat), ("black", black)):
        verdict[mask] = name
    return verdict


def _blurred(sharpness: Column, alive: NDArray[np.bool_], gate: Gate) -> NDArray[np.bool_]:
    if alive.sum() < 3:  # nothing to compare with
        return np.zeros(len(sharpness), dtype=np.bool_)
    log = np.log(np.maximum(sharpness, 1e-6))
    median = np.median(log[alive])
    sigma = _MAD_TO_SIGMA * np.median(np.abs(log[alive] - median))
    limit = min(median - gate.blur_mads * sigma, median + np.log(gate.blur_ratio))
    blurred: NDArray[np.bool_] = (log < limit) & alive
    return blurred


def _frozen(change: Column, gate: Gate) -> NDArray[np.bool_]:
    still = np.nan_to_num(change, nan=np.inf) <= gate.frozen_change
    edges = np.flatnonzero(np.diff(np.concatenate(([0], still.astype(np.int8), [0]))))
    frozen = np.zeros(len(change), dtype=np.bool_)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if stop - start >= gate.frozen_run:
            frozen[start:stop] = True
    return frozen
