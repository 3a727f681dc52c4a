"""Bytes to frames: probing, sampling, decoding, quality.

The names below are loaded on first use: importing the package loads neither PyAV nor OpenCV.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framesel.video.decoders import Decoder, decoder, decoder_for
    from framesel.video.digest import content_digest
    from framesel.video.frame import Frame
    from framesel.video.info import Segment, VideoInfo
    from framesel.video.probing import probe
    from framesel.video.sampling import Sampling
    from framesel.video.segments import plan_segments

__all__ = [
    "Decoder",
    "Frame",
    "Sampling",
    "Segment",
    "VideoInfo",
    "content_digest",
    "decoder",
    "decoder_for",
    "plan_segments",
    "probe",
]

_HOMES = {
    "Decoder": "decoders",
    "decoder": "decoders",
    "decoder_for": "decoders",
    "content_digest": "digest",
    "Frame": "frame",
    "Sampling": "sampling",
    "Segment": "info",
    "VideoInfo": "info",
    "probe": "probing",
    "plan_segments": "segments",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"framesel.video.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
