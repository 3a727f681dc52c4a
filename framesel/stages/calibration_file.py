"""The file that `framesel calibrate` writes: which score, and its map to a probability."""

from __future__ import annotations

import json
from pathlib import Path

from framesel.errors import UsageError
from framesel.uncertainty.calibration import Calibration
from framesel.workspace import write_json


def write_calibration(path: Path, score: str, found: Calibration) -> None:
    """Writes it atomically."""
    write_json(path, {"score": score, **found.to_dict()})


def read_calibration(path: Path) -> tuple[str, Calibration]:
    """The score that was calibrated, and its map.

    Raises:
        UsageError: There is no such file, or it is something else.
    """
    try:
        content = json.loads(path.read_text("utf-8"))
        return str(content["score"]), Calibration.from_dict(content)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            f"{path} is no calibration ({error}): `framesel calibrate` writes one"
        ) from None
