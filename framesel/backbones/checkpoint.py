"""``file:PATH``: weights on this machine that say themselves which architecture they are for.

Either safetensors with our header (what ``framesel pretrain`` writes), or a torch file: a dict with
``framesel`` (the same header as JSON) and ``state_dict``. For anything else the architecture must
be named: ``torchvision:NAME@PATH`` or ``timm:NAME@PATH``.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from framesel.backbones.backbone import BackboneCard
from framesel.backbones.source import LoadedModel
from framesel.backbones.weights_file import METADATA_KEY, WeightsHeader, read_weights_header
from framesel.errors import UsageError, WeightsError
from framesel.model_files import file_digest, read_torch_file

if TYPE_CHECKING:
    from torch import Tensor


def path_of(name: str) -> Path:
    """The path in ``file:PATH``.

    Raises:
        UsageError: There is none.
        WeightsError: There is no file.
    """
    rest = name.partition(":")[2]
    if not rest:
        raise UsageError(f"backbone {name!r}: expected file:PATH")
    path = Path(rest).expanduser()
    if not path.is_file():
        raise WeightsError(f"{path}: there is no such weights file. Check the path.")
    return path


def describe(name: str) -> BackboneCard:
    """The card; for a torch file without vector length and size, which only loading tells."""
    path = path_of(name)
    digest = file_digest(path)
    if path.suffix == ".safetensors":
        header = read_weights_header(path)
        full = header.preprocessing().digest(digest)
        return BackboneCard(name, header.dim, header.size_px, full)
    # Header and preprocessing of a torch file are part of its bytes.
    full = hashlib.sha256(f"torch-file {digest}".encode()).hexdigest()
    return BackboneCard(name, None, None, full)


def load(name: str) -> LoadedModel:
    """The module with its weights."""
    from framesel.backbones.state_dict import read_state

    path = path_of(name)
    if path.suffix == ".safetensors":
        return load_ours(read_weights_header(path), read_state(path), str(path))
    header, state = _torch_content(path)
    return load_ours(header, state, str(path))


def _torch_content(path: Path) -> tuple[WeightsHeader, dict[str, Tensor]]:
    from framesel.backbones.state_dict import read_state

    content: dict[str, Any] = read_torch_file(path)
    text = content.get(METADATA_KEY)
    if not isinstance(text, str):
        raise WeightsError(
            f"{path}: the file does not say which architecture it is for. Name it: "
            f"torchvision:NAME@{path} or timm:NAME@{path}"
        )
    try:
        header = WeightsHeader.model_validate_json(text)
    except ValidationError as error:
        raise WeightsError(
            f"{path}: the entry {METADATA_KEY!r} is not understood: {error}"
        ) from error
    return header, read_state(path)


def load_ours(header: WeightsHeader, state: dict[str, Tensor], origin: str) -> LoadedModel:
    """The module of a header, with ``trunk.`` and (if there is one) ``head.`` tensors.

    Raises:
        WeightsError: The tensors do not fit the architecture.
    """
    from torch import nn

    from framesel.backbones.architectures import build_trunk
    from framesel.backbones.embedder import Embedder
    from framesel.backbones.state_dict import load_into

    trunk = build_trunk(header.architecture)
    load_into(trunk, {k: v for k, v in state.items() if not k.startswith("head.")}, origin)
    head: nn.Module = nn.Identity()
    dim = trunk.feature_dim
    if "head.weight" in state and "head.bias" in state:
        weight, bias = state["head.weight"], state["head.bias"]
        if weight.shape != (header.dim, trunk.feature_dim) or bias.shape != (header.dim,):
            raise WeightsError(
                f"{origin}: head.weight is {tuple(weight.shape)} and head.bias {tuple(bias.shape)}"
                f", expected {(header.dim, trunk.feature_dim)} and {(header.dim,)}"
            )
        linear = nn.Linear(trunk.feature_dim, header.dim)
        linear.load_state_dict({"weight": weight.float(), "bias": bias.float()})
        head, dim = linear, header.dim
    if dim != header.dim:
        raise WeightsError(
            f"{origin}: the header promises vectors of {header.dim}, the weights give {dim}"
        )
    module = Embedder(trunk, head, header.preprocessing()).eval()
    return LoadedModel(module, dim, header.size_px)
