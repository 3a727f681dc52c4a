"""``torchvision:NAME[@WEIGHTS]``, or ``torchvision:NAME@PATH`` with the weights of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.error import URLError

from framesel.backbones import hub
from framesel.backbones.backbone import BackboneCard
from framesel.backbones.preprocessing import Preprocessing
from framesel.backbones.source import LoadedModel, NamedModel, parse_model
from framesel.errors import UsageError

if TYPE_CHECKING:
    from framesel.backbones.architectures import Trunk

SIZE_PX = 224


def _parse(name: str) -> NamedModel:
    return parse_model(name, name.partition(":")[2])


def describe(name: str) -> BackboneCard:
    """The card; what vectors it gives, only loading tells."""
    return hub.card(name, "torchvision", _parse(name))


def _from_hub(name: str, parsed: NamedModel) -> tuple[Trunk, Preprocessing]:
    from torchvision import models

    from framesel.backbones.architectures import without_classifier

    known = models.get_model_weights(parsed.model)
    tag = parsed.tag or "DEFAULT"
    if tag not in known.__members__:
        raise UsageError(
            f"backbone {name}: torchvision has no weights {tag!r} for {parsed.model}, only "
            + ", ".join(known.__members__)
        )
    weights = known[tag]
    try:
        state = weights.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (OSError, URLError, RuntimeError) as error:
        raise hub.unreachable(name, weights.url, error) from error
    network = models.get_model(parsed.model, weights=None)
    network.load_state_dict(state)
    seen = weights.transforms()
    preprocessing = Preprocessing(int(seen.crop_size[0]), tuple(seen.mean), tuple(seen.std))
    return without_classifier(network), preprocessing


def load(name: str) -> LoadedModel:
    """The module with its weights.

    Raises:
        UsageError: torchvision has no such architecture or weights.
        WeightsError: The weights could not be fetched or do not fit.
    """
    from torch import nn

    from framesel.backbones.architectures import build_trunk
    from framesel.backbones.embedder import Embedder
    from framesel.backbones.state_dict import load_into, read_state

    parsed = _parse(name)
    trunk, preprocessing = build_trunk(f"torchvision:{parsed.model}"), Preprocessing(SIZE_PX)
    if parsed.path is None:
        trunk, preprocessing = _from_hub(name, parsed)
    else:
        path = parsed.path.expanduser()
        load_into(trunk, read_state(path), str(path))
    module = Embedder(trunk, nn.Identity(), preprocessing).eval()
    return LoadedModel(module, trunk.feature_dim, preprocessing.size_px)
