"""``timm:NAME[@TAG]`` with weights from timm's hub, ``timm:NAME@PATH`` with those of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framesel.backbones import hub
from framesel.backbones.backbone import BackboneCard
from framesel.backbones.preprocessing import Preprocessing
from framesel.backbones.source import LoadedModel, NamedModel, parse_model
from framesel.errors import MissingExtraError

if TYPE_CHECKING:
    from framesel.backbones.architectures import Trunk


def _parse(name: str) -> NamedModel:
    return parse_model(name, name.partition(":")[2])


def describe(name: str) -> BackboneCard:
    """The card; what vectors it gives, only loading tells."""
    return hub.card(name, "timm", _parse(name))


def _from_hub(name: str, parsed: NamedModel) -> Trunk:
    import timm

    from framesel.backbones.architectures import Trunk

    full = f"{parsed.model}.{parsed.tag}" if parsed.tag else parsed.model
    try:
        network = timm.create_model(full, pretrained=True, num_classes=0)
    except (OSError, RuntimeError, ValueError) as error:
        config = timm.get_pretrained_cfg(full, allow_unregistered=True)
        place = getattr(config, "hf_hub_id", None) or getattr(config, "url", None)
        where = f"model.safetensors of https://huggingface.co/{place}" if place else "the weights"
        raise hub.unreachable(name, where, error) from error
    return Trunk(network, int(network.num_features))


def load(name: str) -> LoadedModel:
    """The module with its weights.

    Raises:
        MissingExtraError: timm is not installed.
        UsageError: timm has no such architecture.
        WeightsError: The weights could not be fetched or do not fit.
    """
    try:
        import timm  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("timm", "timm", f"the backbone {name}") from error
    from torch import nn

    from framesel.backbones.architectures import build_trunk
    from framesel.backbones.embedder import Embedder
    from framesel.backbones.state_dict import load_into, read_state

    parsed = _parse(name)
    trunk = build_trunk(f"timm:{parsed.model}")
    if parsed.path is None:
        trunk = _from_hub(name, parsed)
    else:
        path = parsed.path.expanduser()
        load_into(trunk, read_state(path), str(path))
    preprocessing = _preprocessing(trunk.network)
    module = Embedder(trunk, nn.Identity(), preprocessing).eval()
    return LoadedModel(module, trunk.feature_dim, preprocessing.size_px)


def _preprocessing(network: Any) -> Preprocessing:
    """Size and colours that timm records for a network."""
    config = network.pretrained_cfg
    mean, std = (tuple(float(v) for v in config[key]) for key in ("mean", "std"))
    return Preprocessing(int(config["input_size"][-1]), mean, std)  # type: ignore[arg-type]
