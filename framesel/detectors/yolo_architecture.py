"""The architecture of a YOLO as its checkpoint states it, checked before anything is built from it.

ultralytics evaluates parts of it as Python and lets it name any function, so what reaches it must
be known.
"""

from __future__ import annotations

import re
from typing import Any

from framesel.errors import WeightsError

LAYERS = frozenset(
    """
    A2C2f AConv ADown AIFI Bottleneck BottleneckCSP C1 C2 C2f C2fCIB C2fPSA C2PSA C3 C3Ghost C3TR
    C3k2 C3x CBFuse CBLinear Concat Conv Conv2 ConvTranspose DWConv DWConvTranspose2d ELAN1 Focus
    GhostBottleneck GhostConv HGBlock HGStem PSA RepC3 RepConv RepNCSPELAN4 RepVGGDW ResNetLayer
    SCDown SPP SPPELAN SPPF Silence nn.BatchNorm2d nn.ConvTranspose2d nn.Identity nn.MaxPool2d
    nn.Upsample nn.ZeroPad2d
    """.split()
)
HEADS = ("Detect", "v10Detect")
OTHER_HEADS = re.compile(r"\w*(Segment|Pose|OBB|Classify|RTDETR|World|YOLOE|Depth|LRPC)\w*")
ACTIVATIONS = """
    SiLU ReLU ReLU6 LeakyReLU ELU SELU GELU Mish Hardswish Hardsigmoid Hardtanh Identity PReLU
    Sigmoid Softplus Tanh
""".split()
ACTIVATION = re.compile(
    rf"(torch\.)?nn\.({'|'.join(ACTIVATIONS)})\((inplace=(True|False)|-?[0-9.e-]{{1,12}})?\)"
)
WORDS = frozenset({"None", "True", "False", "nc", "nearest", "bilinear"})
MOST_LAYERS = 500
MOST_REPEATS = 1000
LARGEST_NUMBER = 65_535
MOST_BINS = 256
KEYS = {"backbone", "head", "nc", "depth_multiple", "width_multiple", "scales", "scale"} | {
    "activation", "reg_max", "end2end",
}  # fmt: skip


class _UnfitError(ValueError):
    """What is wrong with an architecture; never leaves this module."""


def checked_architecture(found: dict[str, Any], origin: str) -> dict[str, Any]:
    """The parts of an architecture that matter, all of them known and of sane size.

    Args:
        found: As in the checkpoint.
        origin: Its path, for messages.

    Raises:
        WeightsError: Something is not known or makes no sense; the message says what.
    """
    try:
        return _checked(found)
    except _UnfitError as unfit:
        raise WeightsError(
            f"{origin}: {unfit}. Give weights of a YOLO detection model (v8, 11, 26 or "
            "alike); of another library, export them to ONNX or take a torchvision model."
        ) from unfit


def _checked(found: dict[str, Any]) -> dict[str, Any]:
    classes = found.get("nc")
    if not _is_count(classes) or classes == 0:
        raise _UnfitError(f"the model knows no classes (its nc is {classes!r})")
    if found.get("channels", found.get("ch", 3)) not in (3, None):
        raise _UnfitError("the model does not take RGB pictures")
    kept = {key: found[key] for key in KEYS if found.get(key) is not None}
    _check_numbers(kept)
    rows = []
    for part in ("backbone", "head"):
        if not isinstance(kept.get(part), list):
            raise _UnfitError(f"its architecture has no {part}")
        kept[part] = [_checked_row(row) for row in kept[part]]
        rows += kept[part]
    if not rows or len(rows) > MOST_LAYERS or sum(row[1] for row in rows) > MOST_REPEATS:
        raise _UnfitError(f"its architecture has {len(rows)} layers, which no YOLO has")
    _check_heads([row[2] for row in rows])
    return kept


def _check_heads(modules: list[str]) -> None:
    *others, last = modules
    for module in modules:
        if OTHER_HEADS.fullmatch(module):
            raise _UnfitError(f"it ends in {module}: only detection heads ({' and '.join(HEADS)})")
    unknown = sorted({module for module in others if module not in LAYERS})
    if unknown:
        raise _UnfitError(f"its layers {', '.join(unknown[:5])} are not known")
    if last not in HEADS:
        raise _UnfitError(f"its last layer is {last}, not a detection head ({' or '.join(HEADS)})")


def _check_numbers(kept: dict[str, Any]) -> None:
    activation = kept.get("activation")
    if activation is not None and not (
        isinstance(activation, str) and ACTIVATION.fullmatch(activation.strip())
    ):
        raise _UnfitError(f"its activation {str(activation)[:60]!r} is not known")
    for key in ("depth_multiple", "width_multiple"):
        if not _is_factor(kept.get(key, 1.0)):
            raise _UnfitError(f"its {key} is {kept[key]!r}")
    bins = kept.get("reg_max", 16)
    if not _is_count(bins) or not 1 <= bins <= MOST_BINS:
        raise _UnfitError(f"its reg_max is {bins!r}")
    if not isinstance(kept.get("end2end", False), bool):
        raise _UnfitError(f"its end2end is {kept['end2end']!r}")
    scales = kept.get("scales", {})
    if not isinstance(scales, dict) or not all(_is_scale(scale) for scale in scales.values()):
        raise _UnfitError(f"its scales are {str(scales)[:60]}")
    if scales:
        kept["scale"] = kept.get("scale") or next(iter(scales))
        if kept["scale"] not in scales:
            raise _UnfitError(
                f"its scale {kept['scale']!r} is not one of {', '.join(map(str, scales))}"
            )


def _checked_row(row: Any) -> list[Any]:
    """One layer: from, number, module, arguments."""
    if not isinstance(row, list | tuple) or len(row) != 4:
        raise _UnfitError(f"its architecture has a row {str(row)[:60]!r}")
    sources, number, module, arguments = row
    listed = sources if isinstance(sources, list | tuple) else [sources]
    if not listed or not all(_is_number(s) and abs(s) <= MOST_LAYERS for s in listed):
        raise _UnfitError(f"a layer of it takes its input from {str(sources)[:60]}")
    if not _is_count(number) or number > MOST_REPEATS:
        raise _UnfitError(f"a layer of it comes {str(number)[:20]} times")
    if not isinstance(module, str):
        raise _UnfitError(f"a layer of it is {str(module)[:60]!r}")
    if not isinstance(arguments, list | tuple) or not all(map(_is_argument, arguments)):
        raise _UnfitError(f"its layer {module[:60]} has the arguments {str(arguments)[:60]}")
    plain = [list(a) if isinstance(a, list | tuple) else a for a in arguments]
    return [sources if isinstance(sources, int) else list(listed), number, module, plain]


def _is_argument(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) <= 64 and all(_is_argument(v) and not isinstance(v, list) for v in value)
    if isinstance(value, str):
        return value in WORDS
    return value is None or isinstance(value, bool) or _is_number(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and abs(value) <= LARGEST_NUMBER


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST_NUMBER


def _is_factor(value: Any) -> bool:
    return isinstance(value, int | float) and 0 < value <= 100


def _is_scale(value: Any) -> bool:
    return (
        isinstance(value, list | tuple)
        and len(value) == 3
        and _is_factor(value[0])
        and _is_factor(value[1])
        and _is_number(value[2])
    )
