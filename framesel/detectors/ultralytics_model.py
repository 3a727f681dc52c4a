"""``PATH.pt`` or ``ultralytics:PATH``: YOLO detectors of ultralytics (v8, 11, 26 and alike)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from framesel.detectors.detector import DetectorCard, DetectorInfo, DetectSettings, LastLayer
from framesel.detectors.source import digest_of, path_of
from framesel.errors import UsageError, WeightsError
from framesel.model_files import file_digest
from framesel.runtime import Runtime

if TYPE_CHECKING:
    from framesel.detectors.yolo_detector import YoloDetector
    from framesel.detectors.yolo_network import YoloNetwork

HASHED_AS = "ultralytics-1"


def describe(name: str, settings: DetectSettings) -> DetectorCard:
    """The card of a checkpoint: its bytes and how it is asked."""
    path = path_of(name, "ultralytics")
    return DetectorCard(name, digest_of(HASHED_AS, file_digest(path), settings))


def load(
    name: str,
    settings: DetectSettings,
    *,
    runtime: Runtime,
    device: str = "cpu",
    batch: int = 8,
    threads: int = 1,
) -> YoloDetector:
    """The detector in a checkpoint.

    Raises:
        UsageError: The settings do not fit the model.
        WeightsError: The file is missing, damaged, hostile, or holds no detection model.
    """
    from framesel.detectors.checkpoint_file import read_checkpoint
    from framesel.detectors.yolo_boxes import Rule
    from framesel.detectors.yolo_detector import Engines, YoloDetector
    from framesel.detectors.yolo_network import rebuilt, unpickled

    card = describe(name, settings)
    path = path_of(name, "ultralytics")
    if settings.trust:
        model: Any = unpickled(path)
        names = model.names
    else:
        checkpoint = read_checkpoint(path)
        model, names = rebuilt(checkpoint, str(path)), checkpoint.names
    network = _network(model, settings, str(path))
    classes = _class_names(names, network.class_count, settings.classes, path)
    info, last_layer = _info(card, network, classes, settings)
    rule = Rule(
        strides=network.strides,
        positions=network.positions,
        conf=settings.conf,
        iou=None if network.one2one else settings.iou,
        most=settings.max_candidates,
    )
    engines = Engines(name, network, rule.floor(), runtime, device, threads)
    pictures = batch if runtime is Runtime.CUDA_FP16 else 1
    return YoloDetector(info, last_layer, rule, settings.size_px, pictures, engines)


def _network(model: Any, settings: DetectSettings, origin: str) -> YoloNetwork:
    """What we run of a model, fused, and compared with the model as it was."""
    from framesel.detectors.yolo_check import check_faithful, own_inference
    from framesel.detectors.yolo_network import YoloNetwork, wants_one2one

    one2one = wants_one2one(model, settings.head, origin)
    answer = own_inference(model, one2one)
    model.fuse(verbose=False)
    network = YoloNetwork(model, one2one, settings.features).eval()
    network.requires_grad_(False)
    check_faithful(network, answer, origin)
    if network.with_features and network.last_layer() is None:
        network.with_features = False
    return network


def _class_names(names: Any, count: int, wanted: tuple[str, ...], path: Path) -> tuple[str, ...]:
    """One name for each class: those asked for, else the file's.

    Raises:
        UsageError: As many were not asked for.
        WeightsError: The file's make no sense.
    """
    if wanted:
        if len(wanted) != count:
            raise UsageError(f"{path}: has {count} classes, but {len(wanted)} names were given")
        return wanted
    found = dict(enumerate(names)) if isinstance(names, list | tuple) else names
    if not isinstance(found, dict) or sorted(map(str, found)) != sorted(map(str, range(count))):
        raise WeightsError(
            f"{path}: has {count} classes, but its names are {str(names)[:80]}. Name them in "
            "detections.classes."
        )
    by_number = {int(key): str(value) for key, value in found.items()}
    return tuple(by_number[number] for number in range(count))


def _info(
    card: DetectorCard, network: YoloNetwork, classes: tuple[str, ...], settings: DetectSettings
) -> tuple[DetectorInfo, LastLayer | None]:
    missing = {}
    last_layer = network.last_layer()
    if not settings.features:
        missing["features"] = "switched off (features: false)"
    elif last_layer is None:
        missing["features"] = "the levels of this model end in layers of different shapes"
    if not network.positions:
        missing["sides"] = "this model states each side as one number (YOLO26: reg_max is 1)"
    info = DetectorInfo(
        name=card.name,
        digest=card.digest,
        classes=classes,
        activation="sigmoid",
        strides=network.strides,
        feature_dim=last_layer.weight.shape[2] if last_layer and network.with_features else 0,
        side_bins=len(network.positions),
        missing=missing,
    )
    return info, last_layer
