"""What every family of detectors gives: a card without torch, and the detector itself."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from framesel.detectors.detector import Detector, DetectorCard, DetectSettings
from framesel.errors import UsageError, WeightsError
from framesel.runtime import Runtime

MOST_CANDIDATES = 30_000


class Source(Protocol):
    """One kind of name."""

    def describe(self, name: str, settings: DetectSettings) -> DetectorCard:
        """The card of a detector, without importing torch.

        Raises:
            UsageError: The name makes no sense.
            WeightsError: The weights are not there or not to be trusted.
        """
        ...

    def load(
        self,
        name: str,
        settings: DetectSettings,
        *,
        runtime: Runtime,
        device: str,
        batch: int,
        threads: int,
    ) -> Detector:
        """The detector, ready to run. Errors as ``describe``."""
        ...


def check_settings(settings: DetectSettings) -> None:
    """Raise UsageError, with everything that is wrong, where settings are out of range."""
    wrong = []
    if settings.size_px < 1:
        wrong.append(f"size_px is {settings.size_px}: it must be positive")
    if not 0.0 <= settings.conf < 1.0:
        wrong.append(f"conf is {settings.conf}: it must be from 0 to below 1")
    if not 0.0 <= settings.iou <= 1.0:
        wrong.append(f"iou is {settings.iou}: it must be from 0 to 1")
    if not 1 <= settings.max_candidates <= MOST_CANDIDATES:
        wrong.append(
            f"max_candidates is {settings.max_candidates}: it must be from 1 to {MOST_CANDIDATES}"
        )
    if wrong:
        raise UsageError("detections: " + "; ".join(wrong))


def digest_of(version: str, weights_digest: str, settings: DetectSettings) -> str:
    """sha256 (hex) over weights and settings: everything that changes what a detector gives.

    Args:
        version: Name of the family and of its way of computing; raised when boxes change.
        weights_digest: Of the weights' bytes.
        settings: All but ``trust``, which lets a file in and changes no box.
    """
    asked = {key: value for key, value in asdict(settings).items() if key != "trust"}
    text = json.dumps([version, weights_digest, asked], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def path_of(name: str, prefix: str) -> Path:
    """The file or folder behind ``PATH`` or ``PREFIX:PATH``.

    Raises:
        UsageError: There is no path.
        WeightsError: Nothing is there.
    """
    text = name.removeprefix(f"{prefix}:")
    if not text:
        raise UsageError(f"detector {name!r}: expected a path, for example {prefix}:weights.pt")
    path = Path(text).expanduser()
    if not path.exists():
        raise WeightsError(
            f"{path}: there are no weights. Check the path; framesel downloads none by itself. "
            "A detector that was trained elsewhere is named by the path of its file."
        )
    return path
