"""What a checkpoint says of its architecture is checked before ultralytics evaluates it."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from framesel.detectors.yolo_architecture import checked_architecture
from framesel.detectors.yolo_network import _PlainRanges
from framesel.errors import WeightsError
from tests.detectors.conftest import yolo_yaml


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"activation": "__import__('os').system('true')"}, "activation"),
        ({"activation": "nn.SiLU(print(1))"}, "activation"),
        ({"nc": True}, "no classes"),
        ({"nc": -1}, "no classes"),
        ({"nc": 10**9}, "no classes"),
        ({"nc": "3"}, "no classes"),
        ({"reg_max": 10**6}, "reg_max"),
        ({"backbone": None}, "no backbone"),
        ({"backbone": [[-1, 1, "Conv"]]}, "has a row"),
        ({"backbone": [[-1, 10**6, "Conv", [8]]]}, "comes 1000000 times"),
        ({"backbone": [[-1, 1, "Conv", [10**7]]]}, "arguments"),
        ({"backbone": [[-1, 1, "Conv", ["__import__"]]]}, "arguments"),
        ({"backbone": [[-1, 1, "check_requirements", ["nc"]]]}, "check_requirements are not known"),
        ({"backbone": [[-1, 1, "nn.Module", []]]}, "nn.Module are not known"),
        ({"backbone": [[-1, 1, "TorchVision", []]]}, "TorchVision are not known"),
        ({"backbone": [[-1, 1, "Conv", [8]]] * 600}, "layers, which no YOLO has"),
        ({"scales": {"n": [1.0, 1e9, 1]}}, "scales"),
        ({"scales": {"n": [1, 1, 1]}, "scale": "x"}, "is not one of n"),
        ({"channels": 4}, "RGB"),
        ({"width_multiple": 1e6}, "width_multiple"),
    ],
)
def test_architecture_is_checked_before_it_is_built(change: dict, complaint: str) -> None:
    with pytest.raises(WeightsError, match=complaint):
        checked_architecture(yolo_yaml("v8") | change, "weights.pt")


@pytest.mark.parametrize("version", ["v3", "v5", "v6", "v8", "v9t", "v9c", "v10", "11", "12", "26"])
def test_known_architectures_pass(version: str) -> None:
    from ultralytics.nn.tasks import yaml_model_load

    name = f"yolo{version}" + ("" if version[-1] in "tc" or version == "v3" else "n")
    found = yaml_model_load(f"{name}.yaml")
    assert checked_architecture(found, "weights.pt")["backbone"] == found["backbone"]


def test_ranges_without_memory_are_left_to_no_compiler() -> None:
    ran = []

    class Record(TorchDispatchMode):
        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            ran.append(str(func))
            return func(*args, **(kwargs or {}))

    with torch.device("meta"), _PlainRanges(), Record():
        found = torch.arange(3, 16, 4, dtype=torch.float)
    assert (found.shape, found.dtype, found.device.type) == ((4,), torch.float, "meta")
    assert ran
    assert not any("arange" in name for name in ran)
