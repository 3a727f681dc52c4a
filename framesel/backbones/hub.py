"""What the sources with a hub share: digests of names, and an error that says what to fetch."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version

from framesel.backbones.backbone import BackboneCard
from framesel.backbones.source import NamedModel
from framesel.errors import WeightsError
from framesel.model_files import file_digest

PREPROCESSED_AS = "squash-cv2-inter-area-1, size and colours of the weights"


def library_version(package: str) -> str:
    """Version of an installed package, or ``none``."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"


def card(name: str, package: str, parsed: NamedModel) -> BackboneCard:
    """A card whose digest covers the file, or else the full name and the library's version."""
    weights = parsed.tag if parsed.path is None else file_digest(parsed.path.expanduser())
    text = json.dumps([package, library_version(package), parsed.model, weights, PREPROCESSED_AS])
    return BackboneCard(name, None, None, hashlib.sha256(text.encode()).hexdigest())


def unreachable(name: str, where: str, error: BaseException) -> WeightsError:
    """The error for weights that could not be fetched."""
    return WeightsError(
        f"backbone {name}: its weights are not on this machine and could not be fetched ("
        f"{type(error).__name__}: {error}). With network, run it again; without, fetch {where} on "
        f"another machine and use {name.partition('@')[0]}@PATH_OF_THE_FILE"
    )
