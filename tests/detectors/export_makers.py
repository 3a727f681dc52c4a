"""Exports as ultralytics makes them, without its exporter: OpenVINO models and ONNX files."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from .conftest import CLASSES, SIZE_PX, yolo_model


def convert(module: Any, shape: tuple[int, ...], example: tuple[int, ...] | None = None) -> Any:
    """An OpenVINO model of a torch module; -1 in the shape stays free."""
    import openvino
    import torch

    seen = torch.zeros(example or shape)
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.eval()(seen)  # YOLO lays out its anchors at the first picture
        return openvino.convert_model(module, example_input=seen, input=[list(shape)])


def decoded(model: Any) -> Any:
    """A YOLO as it is exported: corners and probabilities alone."""
    import torch

    class Decoded(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = model

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            table: torch.Tensor = self.inner(x)[0]
            return table

    return Decoded()


def save_openvino(folder: Path, model: Any, **metadata: Any) -> Path:
    """A folder ``*_openvino_model`` with an OpenVINO model and its metadata."""
    import openvino

    path = folder / "tiny_openvino_model"
    path.mkdir(exist_ok=True)
    openvino.save_model(model, path / "tiny.xml", compress_to_fp16=False)
    said: dict[str, Any] = {
        "description": "Ultralytics model",
        "task": "detect",
        "stride": 32,
        "imgsz": [SIZE_PX, SIZE_PX],
        "names": dict(enumerate(CLASSES)),
    }
    (path / "metadata.yaml").write_text(yaml.safe_dump(said | metadata))
    return path


def yolo_export(folder: Path, version: str = "v8", seed: int = 0) -> Path:
    """A YOLO with a fixed square input and weights as a checkpoint rounds them; made once."""
    if not (folder / "tiny_openvino_model").exists():
        module = decoded(yolo_model(version, seed=seed).half().float())
        save_openvino(folder, convert(module, (1, 3, SIZE_PX, SIZE_PX)))
    return folder / "tiny_openvino_model"


def squares(count: int = 5) -> list[np.ndarray]:
    """Pictures of random cells, of the size of the exports."""
    rng = np.random.default_rng(3)
    cells = rng.integers(0, 256, (count, 8, 8, 3), np.uint8)
    return list(np.repeat(np.repeat(cells, SIZE_PX // 8, axis=1), SIZE_PX // 8, axis=2))


def _field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protocol buffer: an integer, or bytes with their length."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def _tensor(name: str, array: np.ndarray) -> bytes:
    kind = {"float32": 1, "int64": 7}[array.dtype.name]
    shape = b"".join(_field(1, int(side)) for side in array.shape)
    return shape + _field(2, kind) + _field(8, name) + _field(9, array.tobytes())


def _value(name: str, shape: tuple[int, ...]) -> bytes:
    sides = b"".join(_field(1, _field(1, side)) for side in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, sides)))


def _node(kind: str, inputs: list[str], output: str, **ints: list[int]) -> bytes:
    said = b"".join(_field(1, name) for name in inputs) + _field(2, output) + _field(4, kind)
    for name, values in ints.items():
        numbers = b"".join(_field(8, value) for value in values)
        said += _field(5, _field(1, name) + numbers + _field(20, 7))
    return said


def save_onnx(path: Path, kernel: np.ndarray, **metadata: str) -> Path:
    """An ONNX file of one convolution with stride 8 and a sigmoid, written byte by byte.

    Places are 64 times the sigmoid of their channels, scores the sigmoid itself.

    Args:
        path: Where.
        kernel: (4 + C, 3, 8, 8) float32.
        metadata: Texts by name.
    """
    columns = len(kernel)
    factor = np.ones((1, columns, 1, 1), np.float32)
    factor[:, :4] = SIZE_PX
    cells = (SIZE_PX // 8) ** 2
    nodes = [
        _node("Conv", ["images", "kernel"], "raw", kernel_shape=[8, 8], strides=[8, 8]),
        _node("Sigmoid", ["raw"], "share"),
        _node("Mul", ["share", "factor"], "scaled"),
        _node("Reshape", ["scaled", "shape"], "output0"),
    ]
    tensors = {
        "kernel": kernel.astype(np.float32),
        "factor": factor,
        "shape": np.array([1, columns, cells], np.int64),
    }
    graph = b"".join(_field(1, node) for node in nodes) + _field(2, "tiny")
    graph += b"".join(_field(5, _tensor(name, array)) for name, array in tensors.items())
    graph += _field(11, _value("images", (1, 3, SIZE_PX, SIZE_PX)))
    graph += _field(12, _value("output0", (1, columns, cells)))
    content = _field(1, 8) + _field(7, graph) + _field(8, _field(1, "") + _field(2, 17))
    for name, text in metadata.items():
        content += _field(14, _field(1, name) + _field(2, text))
    path.write_bytes(content)
    return path
