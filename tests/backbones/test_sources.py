"""Names, files that do not fit or cannot be trusted, and weights that are not there."""

import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from framesel.backbones import Runtime, describe, load
from framesel.backbones.weights_file import WeightsHeader, save_weights
from framesel.errors import MissingExtraError, UsageError, WeightsError

from .conftest import HEADER, our_state

FP32 = Runtime.TORCH_FP32


class Bomb:
    """What a pickle can do to whoever opens it."""

    def __init__(self, victim: Path) -> None:
        self.victim = victim

    def __reduce__(self) -> tuple:
        return (Path.touch, (self.victim,))


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".ckpt", ".bin"])
@pytest.mark.parametrize("form", ["pickle", "torch"])
def test_pickle_bomb_is_refused_and_does_not_go_off(tmp_path: Path, suffix: str, form: str) -> None:
    victim, path = tmp_path / "victim", tmp_path / f"bomb{suffix}"
    content = {"framesel": HEADER.model_dump_json(), "state_dict": Bomb(victim)}
    if form == "torch":
        torch.save(content, path)
    else:
        path.write_bytes(pickle.dumps(content))
    for name in (f"file:{path}", f"torchvision:resnet18@{path}"):
        with pytest.raises(WeightsError, match=path.name):
            load(name, runtime=FP32)
    assert not victim.exists()


def test_weights_decide_the_vectors_and_the_digest(
    tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    rows, digests = [], set()
    for seed in (0, 1):
        path = tmp_path / f"{seed}.safetensors"
        save_weights(path, HEADER, our_state(seed))
        rows.append(load(f"file:{path}", runtime=FP32)(pictures))
        digests.add(describe(f"file:{path}").digest)
    other = HEADER.model_copy(update={"mean": (0.5, 0.5, 0.5)})
    save_weights(tmp_path / "2.safetensors", other, our_state(0))
    digests.add(describe(f"file:{tmp_path / '2.safetensors'}").digest)
    assert not np.allclose(rows[0], rows[1])
    assert len(digests) == 3


def test_digest_is_of_content_not_of_place(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        save_weights(tmp_path / folder / "w.safetensors", HEADER, our_state())
    first, second = (describe(f"file:{tmp_path / f / 'w.safetensors'}") for f in "ab")
    assert first.digest == second.digest


def test_lightly_checkpoint_gives_the_same_vectors_as_the_plain_network(
    tmp_path: Path, pictures: list[np.ndarray]
) -> None:
    from torchvision.models import resnet18

    torch.manual_seed(3)
    network = resnet18()
    children = torch.nn.Sequential(*list(network.children())[:-1])
    torch.save(network.state_dict(), tmp_path / "plain.pth")
    states = {
        "sequential.ckpt": {f"backbone.{k}": v for k, v in children.state_dict().items()},
        "student.ckpt": {
            f"student_backbone.{k}": torch.zeros_like(v) for k, v in network.state_dict().items()
        }
        | {f"teacher_backbone.{k}": v for k, v in network.state_dict().items()},
        "compiled.ckpt": {f"_orig_mod.module.{k}": v for k, v in network.state_dict().items()},
    }
    plain = load(f"torchvision:resnet18@{tmp_path / 'plain.pth'}", runtime=FP32, batch=2)
    expected = plain(pictures[:2])
    for name, state in states.items():
        torch.save({"state_dict": state}, tmp_path / name)
        found = load(f"torchvision:resnet18@{tmp_path / name}", runtime=FP32, batch=2)
        assert found(pictures[:2]).tobytes() == expected.tobytes(), name


def test_shapes_that_do_not_fit_are_listed(tmp_path: Path) -> None:
    state = our_state()
    state["trunk.network.layers.0.0.weight"] = torch.zeros(3, 3, 3, 3)
    del state["trunk.network.layers.2.1.bias"]
    save_weights(tmp_path / "w.safetensors", HEADER, state)
    with pytest.raises(WeightsError) as caught:
        load(f"file:{tmp_path / 'w.safetensors'}", runtime=FP32)
    assert "layers.0.0.weight is (3, 3, 3, 3), not (2, 3, 3, 3)" in str(caught.value)
    assert "missing layers.2.1.bias" in str(caught.value)


def test_weights_of_a_deeper_network_are_refused(tmp_path: Path) -> None:
    from torchvision.models import resnet34

    torch.save(resnet34().state_dict(), tmp_path / "deep.pth")
    with pytest.raises(WeightsError, match=r"unexpected layer1\.2"):
        load(f"torchvision:resnet18@{tmp_path / 'deep.pth'}", runtime=FP32)


def test_head_of_another_length_is_refused(tmp_path: Path) -> None:
    header = HEADER.model_copy(update={"dim": 17})
    save_weights(tmp_path / "w.safetensors", header, our_state())
    with pytest.raises(WeightsError, match=r"head\.weight is \(16, 32\)"):
        load(f"file:{tmp_path / 'w.safetensors'}", runtime=FP32)


def test_nan_weights_are_an_error_not_vectors(tmp_path: Path, pictures: list[np.ndarray]) -> None:
    state = our_state()
    state["head.bias"] = torch.full((16,), float("nan"))
    save_weights(tmp_path / "w.safetensors", HEADER, state)
    with pytest.raises(WeightsError, match="not finite"):
        load(f"file:{tmp_path / 'w.safetensors'}", runtime=FP32)(pictures)


def test_no_response_gives_zeros_not_nan(tmp_path: Path, pictures: list[np.ndarray]) -> None:
    state = our_state()
    state["head.weight"] = torch.zeros(16, 32)
    state["head.bias"] = torch.zeros(16)
    save_weights(tmp_path / "w.safetensors", HEADER, state)
    vectors = load(f"file:{tmp_path / 'w.safetensors'}", runtime=FP32)(pictures)
    assert (vectors == 0).all()


@pytest.mark.parametrize("cut", [0, 3, 8, 100, -1])
def test_damaged_safetensors_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "w.safetensors"
    save_weights(path, HEADER, our_state())
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(WeightsError, match=r"w\.safetensors"):
        load(f"file:{path}", runtime=FP32)


@pytest.mark.parametrize("header", ["{}", "[1]", '{"architecture": "slim_resnet:4", "dim": 0}'])
def test_strange_headers_are_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "w.safetensors"
    save_file(our_state(), path, metadata={"framesel": header})
    with pytest.raises(WeightsError, match="not understood"):
        describe(f"file:{path}")


def test_foreign_safetensors_asks_for_the_architecture(tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(our_state(), path)
    with pytest.raises(WeightsError, match="timm:NAME@PATH"):
        describe(f"file:{path}")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("buildin", "did you mean 'builtin'"),
        ("builtin:2", "called 'builtin'"),
        ("file:", "expected file:PATH"),
        ("torchvision:", "SOURCE:MODEL"),
        ("torchvision:resnet18@", "SOURCE:MODEL"),
        ("", "unknown backbone"),
    ],
)
def test_wrong_names_are_explained(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        describe(name)


@pytest.mark.parametrize(
    ("architecture", "hint"),
    [
        ("slim_resnet:5", "even number"),
        ("slim_resnet:zwei", "even number"),
        ("torchvision:resnet19", "did you mean"),
        ("resnet18", "unknown architecture"),
    ],
)
def test_wrong_architectures_are_explained(tmp_path: Path, architecture: str, hint: str) -> None:
    header = WeightsHeader(architecture=architecture, dim=16, size_px=32)
    save_weights(tmp_path / "w.safetensors", header, our_state())
    with pytest.raises(UsageError, match=hint):
        load(f"file:{tmp_path / 'w.safetensors'}", runtime=FP32)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no such weights file"):
        describe(f"file:{tmp_path / 'none.safetensors'}")


def test_timm_missing_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(MissingExtraError, match=r"framesel\[timm\]"):
        load("timm:resnet18", runtime=FP32)


def test_torchvision_offline_says_what_to_fetch(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from urllib.error import URLError

    def refuse(*args: object, **kwargs: object) -> None:
        raise URLError("no network")

    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    with pytest.raises(WeightsError, match=r"fetch https://.*\.pth .*torchvision:resnet18@PATH"):
        load("torchvision:resnet18", runtime=FP32)


def test_timm_offline_says_what_to_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    timm = pytest.importorskip("timm")
    create = timm.create_model

    def offline(name: str, pretrained: bool = False, **settings: object) -> torch.nn.Module:
        if pretrained:
            raise OSError("no network")
        return create(name, pretrained=False, **settings)

    monkeypatch.setattr(timm, "create_model", offline)
    with pytest.raises(WeightsError, match=r"huggingface\.co/timm/.*timm:resnet10t@PATH"):
        load("timm:resnet10t", runtime=FP32)


def test_unknown_weights_of_torchvision_are_listed() -> None:
    with pytest.raises(UsageError, match="IMAGENET1K_V1"):
        load("torchvision:resnet18@BEST", runtime=FP32)


def test_describing_and_choosing_import_no_torch(our_name: str) -> None:
    program = (
        "import sys; from framesel.backbones import choose_runtime, describe; "
        "print(choose_runtime('cpu')); "
        f"[describe(n) for n in ('builtin', {our_name!r}, 'timm:resnet18')];"
        "sys.exit(any(m in sys.modules for m in ('torch', 'cv2', 'openvino', 'timm')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() in ("torch-fp32", "openvino-fp32", "openvino-bf16")
