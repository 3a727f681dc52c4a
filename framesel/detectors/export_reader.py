"""Exported networks, read by OpenVINO and checked: is it a detector with all class scores?"""

from __future__ import annotations

from typing import Any

from framesel.detectors.detector import DetectorCard, DetectorInfo, DetectSettings
from framesel.detectors.export_files import (
    AGAIN,
    ExportFiles,
    ExportMetadata,
    read_metadata,
    understood,
)
from framesel.detectors.exported_detector import PLACE_COLUMNS, ExportedDetector
from framesel.detectors.letterbox import check_size
from framesel.errors import UsageError, WeightsError
from framesel.runtime import Runtime, compiled

ONLY_SCORES = "an export keeps only boxes and class scores; give the .pt that it was made from"
# Where OpenVINO's reader of ONNX files puts their metadata.
ONNX_METADATA = "framework"
NMS_COLUMNS = 6


def opened(
    card: DetectorCard,
    files: ExportFiles,
    settings: DetectSettings,
    runtime: Runtime,
    threads: int,
) -> ExportedDetector:
    """The detector that is in some files; see ``exported.load``."""
    origin = str(files.model)
    model = _read(files)
    metadata = _metadata(model, files)
    if metadata.task not in ("", "detect"):
        raise WeightsError(
            f"{origin}: was exported for {metadata.task!r}; only detection models are understood"
        )
    shape_hw, pictures = _input(model, origin)
    ready = _model(model, runtime, threads, origin)
    detector = ExportedDetector(
        DetectorInfo(
            name=card.name,
            digest=card.digest,
            classes=(),
            activation="sigmoid",
            missing={"features": ONLY_SCORES, "sides": ONLY_SCORES},
        ),
        ready.create_infer_request(),
        settings,
        shape_hw=shape_hw,
        free_px=check_size(settings.size_px, metadata.stride),
        stride=metadata.stride,
        pictures=pictures,
    )
    columns = _columns(detector.probe(), metadata, origin)
    detector.name_classes(_classes(columns - PLACE_COLUMNS, metadata, settings, origin))
    return detector


def _read(files: ExportFiles) -> Any:
    import openvino

    try:
        return openvino.Core().read_model(files.model)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1][:200]
        raise WeightsError(
            f"{files.model}: OpenVINO cannot read it ({first}). It is damaged or no export; "
            "export it again."
        ) from error


def _metadata(model: Any, files: ExportFiles) -> ExportMetadata:
    """What the export says of itself, wherever it says so."""
    if files.metadata is not None:
        return read_metadata(files.metadata)
    if not model.has_rt_info([ONNX_METADATA]):
        return ExportMetadata()
    texts = {str(k): v.astype(str) for k, v in model.get_rt_info()[ONNX_METADATA].items()}
    return understood(texts, str(files.model))


def _input(model: Any, origin: str) -> tuple[tuple[int, int] | None, int]:
    """Height and width of the input, None where they are free, and pictures in a batch.

    Raises:
        WeightsError: It is not one batch of pictures of three channels.
    """
    shapes = [one.partial_shape for one in model.inputs]
    if len(shapes) != 1 or shapes[0].rank.is_dynamic or len(shapes[0]) != 4:
        raise WeightsError(f"{origin}: does not take pictures (batch, 3, h, w). {AGAIN}")
    count, channels, height, width = shapes[0]
    if channels.is_dynamic or channels.get_length() != 3:
        raise WeightsError(f"{origin}: its pictures have not 3 channels of colour. {AGAIN}")
    fixed = None
    if height.is_static and width.is_static:
        fixed = (height.get_length(), width.get_length())
    return fixed, count.get_length() if count.is_static else 1


def _model(model: Any, runtime: Runtime, threads: int, origin: str) -> Any:
    """The model for (n, h, w, 3) uint8 pictures, scaled to 0 to 1 inside.

    Raises:
        WeightsError: OpenVINO cannot run it.
    """
    import openvino
    from openvino.preprocess import PrePostProcessor

    try:
        steps = PrePostProcessor(model)
        given = steps.input()
        given.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
        given.model().set_layout(openvino.Layout("NCHW"))
        given.preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
        hint = "bf16" if runtime is Runtime.OPENVINO_BF16 else "f32"
        return compiled(steps.build(), hint, threads)
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1][:200]
        raise WeightsError(
            f"{model.friendly_name}: OpenVINO cannot run it ({first}). {AGAIN}"
        ) from (error)


def _columns(shapes: list[tuple[int, ...]], metadata: ExportMetadata, origin: str) -> int:
    """Numbers for each anchor: four for the place, then one for each class.

    Args:
        shapes: Of the outputs.
        metadata: Tells how many classes there are.
        origin: For messages.

    Raises:
        WeightsError: The outputs are not those of a detection model with all class scores.
    """
    if len(shapes) != 1 or len(shapes[0]) != 3:
        raise WeightsError(
            f"{origin}: has outputs of shape {shapes}; only detection models with one output "
            f"(batch, 4 + classes, anchors) are understood. {AGAIN}"
        )
    _, columns, rows = shapes[0]
    wanted = len(metadata.names) + PLACE_COLUMNS if metadata.names else None
    if rows == NMS_COLUMNS and columns != wanted:
        raise WeightsError(
            f"{origin}: was exported with suppression inside, so it has no class scores; export it "
            "with nms=False, or give the .pt that it was made from"
        )
    if columns <= PLACE_COLUMNS:
        raise WeightsError(f"{origin}: gives {columns} numbers per box: no class. {AGAIN}")
    if wanted is not None and columns != wanted:
        raise WeightsError(
            f"{origin}: its metadata name {len(metadata.names)} classes, its output has "
            f"{columns - PLACE_COLUMNS}. {AGAIN}"
        )
    return columns


def _classes(
    count: int, metadata: ExportMetadata, settings: DetectSettings, origin: str
) -> tuple[str, ...]:
    """Names as asked for, else of the metadata, else numbers."""
    if settings.classes and len(settings.classes) != count:
        raise UsageError(
            f"{origin}: has {count} classes, but {len(settings.classes)} names were given"
        )
    return settings.classes or metadata.names or tuple(f"class_{k}" for k in range(count))
