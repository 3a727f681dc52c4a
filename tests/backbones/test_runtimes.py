"""The rule that chooses a runtime, and the runtimes against torch fp32."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from framesel import runtime
from framesel.backbones import Runtime, batch_of, choose_runtime, load
from framesel.errors import UsageError

AMX = "processor : 0\nflags\t\t: fpu avx512f avx512_bf16 amx_bf16\n"
OLD = "processor : 0\nflags\t\t: fpu avx512f avx512_vnni\n"


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Pretends to be a machine."""

    def pretend(gpus: int = 0, cpuinfo: str = OLD, openvino: bool = True) -> None:
        (tmp_path / "cpuinfo").write_text(cpuinfo)
        monkeypatch.setattr(runtime, "CPUINFO", tmp_path / "cpuinfo")
        monkeypatch.setattr(runtime, "cuda_devices", lambda: gpus)
        monkeypatch.setattr(runtime, "torch_has_cuda", lambda: True)
        monkeypatch.setattr(runtime, "openvino_installed", lambda: openvino)

    return pretend


@pytest.mark.parametrize(
    ("gpus", "cpuinfo", "openvino", "device", "expected"),
    [
        (0, OLD, True, "auto", Runtime.OPENVINO_FP32),
        (0, AMX, True, "auto", Runtime.OPENVINO_BF16),
        (0, AMX, False, "auto", Runtime.TORCH_FP32),
        (1, AMX, True, "auto", Runtime.CUDA_FP16),
        (1, AMX, True, "cpu", Runtime.OPENVINO_BF16),
        (2, OLD, True, "cuda:1", Runtime.CUDA_FP16),
        (0, "", True, "auto", Runtime.OPENVINO_FP32),
        (0, OLD, False, "auto", Runtime.TORCH_FP32),
    ],
)
def test_rule(machine, gpus: int, cpuinfo: str, openvino: bool, device: str, expected: str) -> None:
    machine(gpus, cpuinfo, openvino)
    assert choose_runtime(device) is expected


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "cuda:9"])
def test_gpu_that_is_not_there_is_an_error(machine, device: str) -> None:
    machine(gpus=0 if device == "cuda" else 1)
    with pytest.raises(UsageError, match="GPUs can be used here"):
        choose_runtime(device)


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:-1", "CPU", ""])
def test_unknown_device_is_an_error(device: str) -> None:
    with pytest.raises(UsageError, match="unknown device"):
        choose_runtime(device)


def test_runtime_reads_as_text() -> None:
    assert str(Runtime.TORCH_FP32) == "torch-fp32"
    assert Runtime("openvino-bf16") is Runtime.OPENVINO_BF16


def test_device_that_contradicts_the_runtime_is_an_error(our_name: str) -> None:
    with pytest.raises(UsageError, match="do not fit"):
        load(our_name, runtime=Runtime.TORCH_FP32, device="cuda:0")


class Sums(torch.nn.Module):
    """The smallest of models."""

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures.float().sum(dim=(1, 2, 3))


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="tells no affinity")
def test_openvino_leaves_workers_on_all_cores() -> None:
    """Tied to cores by their numbers, workers with one thread each would share the first core."""
    pytest.importorskip("openvino")
    before = os.sched_getaffinity(0)
    model = runtime.compiled(runtime.converted(Sums(), (1, 4, 4, 3)), "f32", threads=1)
    found = model.create_infer_request().infer([np.full((1, 4, 4, 3), 2, np.uint8)])
    assert found[0] == [96]
    assert os.sched_getaffinity(0) == before


def test_a_batch_fits_the_runtime(our_name: str) -> None:
    assert load(our_name, runtime=Runtime.TORCH_FP32).batch == batch_of("auto", "torch-fp32") == 4
    assert batch_of("auto", "cuda-fp16") == 32
    assert batch_of(7, "cuda-fp16") == 7


def test_batch_of_nothing_is_an_error(our_name: str) -> None:
    with pytest.raises(UsageError, match="at least one picture"):
        load(our_name, runtime=Runtime.TORCH_FP32, batch=0)


def test_threads_are_set_for_the_call_only(our_name: str, pictures: list[np.ndarray]) -> None:
    before = torch.get_num_threads()
    seen = []
    backbone = load(our_name, runtime=Runtime.TORCH_FP32, threads=before + 1)
    hook = torch.nn.modules.module.register_module_forward_hook(
        lambda *_: seen.append(torch.get_num_threads())
    )
    backbone(pictures)
    hook.remove()
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


def test_openvino_agrees_with_torch(our_name: str, pictures: list[np.ndarray]) -> None:
    pytest.importorskip("openvino")
    from framesel.backbones.checkpoint import load as load_module
    from framesel.backbones.openvino_engine import engine_of
    from framesel.backbones.preprocessing import squash_batch

    expected = load(our_name, runtime=Runtime.TORCH_FP32, batch=4)(pictures)
    loaded = load_module(our_name)
    model = runtime.converted(loaded.module, (4, loaded.size_px, loaded.size_px, 3))
    engine = engine_of(model, 1, Runtime.OPENVINO_FP32)
    blocks = [squash_batch(pictures[i : i + 4], loaded.size_px, 4) for i in (0, 4)]
    rows = np.concatenate(list(engine(blocks)))[: len(pictures)]
    assert (rows * expected).sum(axis=1).min() > 0.99999


def test_conversion_runs_the_module_once() -> None:
    pytest.importorskip("openvino")
    seen: list[torch.Size] = []

    class Means(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x.shape)
            return x.float().mean(dim=3)

    model = runtime.converted(Means(), (2, 4, 4, 3))
    assert seen == [(2, 4, 4, 3)]
    assert list(model.inputs[0].shape) == [2, 4, 4, 3]


@pytest.mark.parametrize(
    ("name", "runtime", "least_cos"),
    [
        ("ours", Runtime.OPENVINO_BF16, 0.999),
        ("ours", Runtime.OPENVINO_FP32, 0.99999),
        ("builtin", Runtime.OPENVINO_FP32, 0.99999),
    ],
)
def test_openvino_runtime_is_checked_and_used(
    our_name: str, pictures: list[np.ndarray], name: str, runtime: Runtime, least_cos: float
) -> None:
    pytest.importorskip("openvino")
    name = our_name if name == "ours" else name
    expected = load(name, runtime=Runtime.TORCH_FP32, batch=4)(pictures)
    backbone = load(name, runtime=runtime, batch=4)
    rows = backbone(pictures)
    assert (rows * expected).sum(axis=1).min() >= least_cos
    alone = np.concatenate([backbone([picture]) for picture in pictures])
    assert rows.tobytes() == alone.tobytes()


def test_openvino_that_disagrees_gives_way_to_torch(
    our_name: str, pictures: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino")
    from framesel.backbones import openvino_model

    def skewed(*args: object):
        def run(blocks):
            for block in blocks:
                rows = np.zeros((len(block), 16), np.float32)
                rows[:, 0] = 1.0
                yield rows

        return run

    monkeypatch.setattr(openvino_model, "engine_of", skewed)
    with pytest.warns(RuntimeWarning, match="agrees with torch fp32 only to a cosine"):
        backbone = load(our_name, runtime=Runtime.OPENVINO_BF16, batch=4)
    expected = load(our_name, runtime=Runtime.TORCH_FP32, batch=4)(pictures)
    assert backbone(pictures).tobytes() == expected.tobytes()


def test_int8_is_quantised_and_still_close(our_name: str, pictures: list[np.ndarray]) -> None:
    pytest.importorskip("openvino")
    expected = load(our_name, runtime=Runtime.TORCH_FP32, batch=4)(pictures)
    rows = load(our_name, runtime=Runtime.OPENVINO_INT8, batch=4)(pictures)
    cos = (rows * expected).sum(axis=1)
    assert cos.min() > 0.97
    assert cos.min() < 0.9999


def test_quantised_layers_hold_no_more_than_eight_bits(our_name: str) -> None:
    from framesel.backbones.checkpoint import load as load_module
    from framesel.backbones.openvino_engine import probe_block
    from framesel.backbones.quantise import QuantisedLayer, quantised

    module = load_module(our_name).module
    before = {k: v.clone() for k, v in module.state_dict().items()}
    twin = quantised(module, torch.from_numpy(probe_block(4, 32)))
    layers = [part for part in twin.modules() if isinstance(part, QuantisedLayer)]
    plain = [p for p in module.modules() if isinstance(p, torch.nn.Conv2d | torch.nn.Linear)]
    assert len(layers) == len(plain)
    hook = torch.nn.functional.linear
    seen: dict[str, torch.Tensor] = {}

    def keep(x, weight, bias):
        seen["x"], seen["weight"] = x, weight
        return hook(x, weight, bias)

    with pytest.MonkeyPatch.context() as patch, torch.inference_mode():
        patch.setattr(torch.nn.functional, "linear", keep)
        twin(torch.from_numpy(probe_block(64, 32)))
    assert len(seen["x"].unique()) <= 256
    assert max(len(row.unique()) for row in seen["weight"]) <= 255
    assert all(torch.equal(before[k], v) for k, v in module.state_dict().items())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_cuda_agrees_with_torch(our_name: str, pictures: list[np.ndarray]) -> None:
    expected = load(our_name, runtime=Runtime.TORCH_FP32, batch=2)(pictures)
    backbone = load(our_name, runtime=Runtime.CUDA_FP16, device="cuda:0", batch=2)
    rows = backbone(pictures)
    assert (rows * expected).sum(axis=1).min() >= 0.999
    alone = np.concatenate([backbone([picture]) for picture in pictures])
    assert rows.tobytes() == alone.tobytes()
