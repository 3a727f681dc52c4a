"""The families of detectors, as people choose among them. Nothing is imported to tell."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    """One row of ``framesel list detectors``."""

    name: str
    models: str
    runs_on: str
    features: str
    sides: str
    licence: str


FAMILIES = (
    Family(
        "PATH.pt",
        "Ultralytics YOLOv8, YOLO11, YOLO26 and custom detection models",
        "torch, OpenVINO, CUDA",
        "yes",
        "v8, 11",
        "AGPL-3.0",
    ),
    Family(
        "PATH.onnx, PATH_openvino_model/",
        "detection exports of Ultralytics, made elsewhere",
        "OpenVINO",
        "no",
        "no",
        "the weights'",
    ),
    Family(
        "torchvision:NAME@PATH, torchvision:NAME@WEIGHTS",
        "Faster R-CNN, RetinaNet, SSD, SSDlite",
        "torch, CUDA",
        "Faster R-CNN, SSDlite",
        "no",
        "BSD-3-Clause",
    ),
)
