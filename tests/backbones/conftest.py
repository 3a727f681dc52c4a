"""Small checkpoints of every kind that a backbone can be loaded from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from framesel.backbones.weights_file import WeightsHeader, save_weights

HEADER = WeightsHeader(architecture="slim_resnet:4", dim=16, size_px=32)


def our_state(seed: int = 0) -> dict:
    """Tensors of a small backbone of ours, with a head."""
    import torch

    from framesel.backbones.architectures import build_trunk

    torch.manual_seed(seed)
    trunk = build_trunk(HEADER.architecture)
    state = {f"trunk.network.{k}": v for k, v in trunk.network.state_dict().items()}
    head = torch.nn.Linear(trunk.feature_dim, HEADER.dim)
    return state | {"head.weight": head.weight.detach(), "head.bias": head.bias.detach()}


def _ours(folder: Path) -> str:
    save_weights(folder / "ours.safetensors", HEADER, our_state())
    return f"file:{folder / 'ours.safetensors'}"


def _torch_file(folder: Path) -> str:
    import torch

    path = folder / "ours.pt"
    torch.save({"framesel": HEADER.model_dump_json(), "state_dict": our_state()}, path)
    return f"file:{path}"


def _torchvision(folder: Path) -> str:
    import torch
    from torchvision.models import get_model

    torch.manual_seed(0)
    path = folder / "mobilenet.pth"
    torch.save(get_model("mobilenet_v3_small").state_dict(), path)
    return f"torchvision:mobilenet_v3_small@{path}"


def _lightly(folder: Path) -> str:
    """What lightly's examples train: the children of a ResNet in a Sequential, under `backbone`."""
    import torch
    from torch import nn
    from torchvision.models import resnet18

    torch.manual_seed(0)
    backbone = nn.Sequential(*list(resnet18().children())[:-1])
    head = nn.Linear(512, 8)
    state = {f"backbone.{k}": v for k, v in backbone.state_dict().items()}
    state |= {f"projection_head.{k}": v for k, v in head.state_dict().items()}
    path = folder / "lightly.ckpt"
    torch.save({"state_dict": state, "epoch": 3}, path)
    return f"torchvision:resnet18@{path}"


def _timm(folder: Path) -> str:
    timm = pytest.importorskip("timm")
    import torch
    from safetensors.torch import save_file

    torch.manual_seed(0)
    path = folder / "vit.safetensors"
    save_file(timm.create_model("test_vit", pretrained=False).state_dict(), path)
    return f"timm:test_vit@{path}"


CHECKPOINTS: dict[str, Callable[[Path], str]] = {
    "builtin": lambda folder: "builtin",
    "ours": _ours,
    "torch file": _torch_file,
    "torchvision": _torchvision,
    "lightly": _lightly,
    "timm": _timm,
}


@pytest.fixture(scope="session")
def checkpoint_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="session", params=list(CHECKPOINTS))
def name(request: pytest.FixtureRequest, checkpoint_folder: Path) -> str:
    """The name of a backbone, one of each source."""
    return CHECKPOINTS[request.param](checkpoint_folder)


@pytest.fixture(scope="session")
def our_name(checkpoint_folder: Path) -> str:
    return _ours(checkpoint_folder)


@pytest.fixture
def pictures() -> list[np.ndarray]:
    """Seven pictures of different sizes and content."""
    rng = np.random.default_rng(7)
    sizes = [(48, 64), (33, 57), (64, 64), (120, 90), (16, 200), (32, 32), (224, 224)]
    return [
        np.clip(
            np.kron(rng.integers(0, 256, (4, 4, 3)), np.ones((64, 64, 1)))[:h, :w]
            + rng.integers(-20, 20, (min(h, 256), min(w, 256), 3)),
            0,
            255,
        ).astype(np.uint8)
        for h, w in sizes
    ]
