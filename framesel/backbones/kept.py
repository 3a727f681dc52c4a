"""Converted backbones kept in a folder: whoever finds one there needs neither torch nor weights.

Beside each model lie the vectors that torch fp32 gives for the probe pictures, so that it is
checked wherever it is loaded: another processor, a damaged file.

A model that is written down and read again differs from what was written in the last bit of its
sums. So it is written down before anybody computes with it, kept or not.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from framesel.backbones.backbone import BackboneCard, BatchedBackbone, Vectors
from framesel.backbones.openvino_engine import LEAST_COS, agreement, engine_of, probe_block
from framesel.errors import WeightsError
from framesel.runtime import Runtime, openvino_installed

FORMAT = 1
"""Raised by hand when models are converted in another way."""

PATIENCE_S = 60.0
"""How long one waits for another: where the model is not used in the end, nothing is left."""

_MODEL, _EXPECTED = "model.xml", "expected.f32"


@dataclass(frozen=True)
class KeptModel:
    """One model in one shape for one runtime, there or not.

    Attributes:
        folder: Of this model.
        card: Of the backbone.
        runtime: Of OpenVINO.
        batch: Pictures in a block.
    """

    folder: Path
    card: BackboneCard
    runtime: Runtime
    batch: int

    @classmethod
    def of(
        cls, folder: Path | None, card: BackboneCard, runtime: Runtime, batch: int
    ) -> KeptModel | None:
        """Where it would be in a folder of models; None where none is kept."""
        if folder is None or runtime not in LEAST_COS or not openvino_installed():
            return None
        versions = [version("openvino"), version("torch")]
        told = json.dumps([FORMAT, card.digest, str(runtime), batch, *versions])
        return cls(folder / hashlib.sha256(told.encode()).hexdigest()[:16], card, runtime, batch)

    def load(self, threads: int) -> BatchedBackbone | None:
        """The backbone, if it is there and gives what torch gives."""
        try:
            told = np.fromfile(self.folder / _EXPECTED, "<f4")
            expected: Vectors = told.astype(np.float32).reshape(self.batch, -1)
            model = read(self.folder)
            size_px, dim = int(model.inputs[0].shape[1]), int(model.outputs[0].shape[1])
            engine = engine_of(model, threads, self.runtime)
            cos = agreement(engine, expected, probe_block(self.batch, size_px))
        except (OSError, ValueError, RuntimeError, LookupError):
            return None
        if not cos >= LEAST_COS[self.runtime]:
            return None
        return BatchedBackbone(self.card, dim, size_px, self.batch, engine)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Lets one process of this machine convert while others wait for what it leaves."""
        lock = FileLock(self.folder.with_name(f".{self.folder.name}.lock"), timeout=PATIENCE_S)
        with ExitStack() as held:
            with suppress(OSError, NotImplementedError):  # without it, or in time, all convert
                self.folder.parent.mkdir(parents=True, exist_ok=True)
                held.enter_context(lock)
            yield

    def keep(self, folder: Path, expected: Vectors) -> None:
        """Leaves a converted model for others; where that fails, they convert it themselves.

        Args:
            folder: From ``written``.
            expected: (batch, dim) what torch fp32 gives for the probe pictures.
        """
        with suppress(OSError):
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            made = Path(tempfile.mkdtemp(prefix=".", suffix=".tmp", dir=self.folder.parent))
            try:
                shutil.copytree(folder, made, dirs_exist_ok=True)
                expected.astype("<f4").tofile(made / _EXPECTED)
                # Another machine may have been quicker, and what was there may be damaged.
                shutil.rmtree(self.folder, ignore_errors=True)
                made.rename(self.folder)
            finally:
                shutil.rmtree(made, ignore_errors=True)


@contextmanager
def written(model: Any) -> Iterator[Path]:
    """A folder with a model of OpenVINO, for a while.

    Raises:
        WeightsError: There is no room for it.
    """
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        try:
            openvino.serialize(model, Path(folder) / _MODEL)
        except RuntimeError as error:
            raise WeightsError(
                f"{folder}: a converted model cannot be written there "
                f"({str(error).strip().splitlines()[-1]}). Make room, or set TMPDIR."
            ) from error
        yield Path(folder)


def read(folder: Path) -> Any:
    """The model of OpenVINO in a folder, which need not stay there."""
    import openvino

    core = openvino.Core()
    core.set_property({"ENABLE_MMAP": False})
    return core.read_model(folder / _MODEL)
