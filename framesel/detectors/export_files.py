"""Files of detectors that were exported elsewhere: what belongs together, and what it says.

ultralytics writes names and input size into ``metadata.yaml`` beside an OpenVINO model, and into
the metadata of an ONNX file. Both are text from outside: read with limits, never run.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from framesel.detectors.detector import DetectorCard, DetectSettings
from framesel.detectors.registry import FOLDER
from framesel.detectors.source import digest_of, path_of
from framesel.errors import WeightsError
from framesel.model_files import file_digest

HASHED_AS = "exported-detector-1"
METADATA = "metadata.yaml"
MOST_BYTES = 1_000_000
MOST_CLASSES = 10_000
AGAIN = "Export it again, or give the .pt that it was made from."


@dataclass(frozen=True, slots=True)
class ExportFiles:
    """One exported model.

    Attributes:
        model: The ``.onnx`` or ``.xml``.
        others: Files beside it that belong to it: weights, metadata.
    """

    model: Path
    others: tuple[Path, ...]

    @property
    def metadata(self) -> Path | None:
        """The file of metadata, where there is one."""
        return next((path for path in self.others if path.name == METADATA), None)


def files_of(name: str) -> ExportFiles:
    """The files behind ``PATH.onnx``, ``PATH.xml`` or ``PATH_openvino_model``.

    Raises:
        UsageError: There is no path.
        WeightsError: Something is missing.
    """
    path = path_of(name, "exported")
    if path.is_dir():
        found = sorted(path.glob("*.xml"))
        if len(found) != 1:
            raise WeightsError(
                f"{path}: holds {len(found)} files *.xml; a folder *{FOLDER} as ultralytics "
                "exports it has one. Name the .xml itself."
            )
        path = found[0]
    if path.suffix.lower() == ".onnx":
        return ExportFiles(path, ())
    weights = path.with_suffix(".bin")
    if not weights.is_file():
        raise WeightsError(f"{path}: its weights {weights.name} are not beside it. Copy both.")
    metadata = path.with_name(METADATA)
    return ExportFiles(path, (weights, metadata) if metadata.is_file() else (weights,))


def describe(name: str, settings: DetectSettings) -> DetectorCard:
    """The card; its digest covers the bytes of all files and the settings.

    Raises:
        UsageError: There is no path.
        WeightsError: A file is missing or cannot be read.
    """
    files = files_of(name)
    digests = [file_digest(path) for path in (files.model, *files.others)]
    together = hashlib.sha256(" ".join(digests).encode()).hexdigest()
    return DetectorCard(name, digest_of(HASHED_AS, together, settings))


@dataclass(frozen=True, slots=True)
class ExportMetadata:
    """What an export says about itself; empty where it says nothing.

    Attributes:
        task: Such as ``detect``.
        names: Class names in order.
        stride: Of the coarsest level.
    """

    task: str = ""
    names: tuple[str, ...] = ()
    stride: int = 32


def read_metadata(path: Path) -> ExportMetadata:
    """The metadata file of an OpenVINO export.

    Raises:
        WeightsError: It is too large, or not what ultralytics writes.
    """
    import yaml

    try:
        if path.stat().st_size > MOST_BYTES:
            raise WeightsError(f"{path}: has more than {MOST_BYTES} bytes. {AGAIN}")
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise WeightsError(f"{path}: cannot read the metadata ({error}). {AGAIN}") from error
    if not isinstance(content, dict):
        raise WeightsError(f"{path}: holds no table of metadata. {AGAIN}")
    return understood(content, str(path))


def understood(content: dict[str, Any], origin: str) -> ExportMetadata:
    """Metadata from a table, or from the texts in an ONNX file.

    Args:
        content: Values as such, or written as Python literals.
        origin: For messages.

    Raises:
        WeightsError: Names or stride are not what they should be.
    """
    task = content.get("task", "")
    names = _ordered(_literal(content.get("names", {}), origin), origin)
    stride = _literal(content.get("stride", 32), origin)
    if isinstance(stride, list):
        stride = max((one for one in stride if isinstance(one, int)), default=0)
    if not isinstance(stride, int) or not 1 <= stride <= 512:
        raise WeightsError(f"{origin}: the metadata give a stride of {stride!r}. {AGAIN}")
    return ExportMetadata(task if isinstance(task, str) else "", names, stride)


def _literal(value: Any, origin: str) -> Any:
    """A value, or what a text writes as a Python literal; nothing is run."""
    if not isinstance(value, str):
        return value
    if len(value) > MOST_BYTES:
        raise WeightsError(f"{origin}: the metadata have over {MOST_BYTES} letters. {AGAIN}")
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise WeightsError(
            f"{origin}: the metadata cannot be read ({type(error).__name__}). {AGAIN}"
        ) from error


def _ordered(names: Any, origin: str) -> tuple[str, ...]:
    """Class names in order, from a list or from a table by number."""
    if isinstance(names, list | tuple):
        names = dict(enumerate(names))
    fits = isinstance(names, dict) and len(names) <= MOST_CLASSES
    if not fits or set(names) != set(range(len(names))):
        raise WeightsError(f"{origin}: the class names are not numbered from 0 on. {AGAIN}")
    if not all(isinstance(name, str | int) for name in names.values()):
        raise WeightsError(f"{origin}: a class name is no text. {AGAIN}")
    return tuple(str(names[number]) for number in range(len(names)))
