"""Pictures to a video file, the same bytes each time."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from framesel.simulation.camera import Image
from framesel.simulation.spec import Encoding

# Fine enough for every usual frame rate to be exact.
CLOCK = Fraction(1, 90_000)
# Encoders that know `crf` and `preset`; the others get a fixed quantizer.
_WITH_CRF = {"libx264", "libx265"}


def write_video(
    path: Path,
    pictures: Iterable[tuple[Image, float]],
    size_wh: tuple[int, int],
    fps: Fraction,
    encoding: Encoding,
    rotation: int = 0,
) -> None:
    """Encodes pictures with one thread.

    Args:
        path: Written over if it exists; its extension chooses the container.
        pictures: (h, w, 3) uint8 RGB and seconds from the first frame, in order.
        size_wh: Pixels of the upright pictures.
        fps: Nominal rate.
        encoding: Codec and its settings.
        rotation: Clockwise degrees by which a reader must turn what is stored; the pictures are
            given upright.
    """
    mp4 = path.suffix == ".mp4"
    options = {"fflags": "+bitexact"} | ({"movflags": "+faststart"} if mp4 else {})
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(encoding.codec, rate=fps, options=_options(encoding))
        stream.width, stream.height = size_wh if rotation % 180 == 0 else size_wh[::-1]
        stream.pix_fmt = "yuvj420p" if encoding.codec == "mjpeg" else "yuv420p"
        stream.gop_size = encoding.gop
        stream.codec_context.max_b_frames = encoding.b_frames
        stream.codec_context.thread_count = 1
        # AVI and MPEG-4 part 2 count in frames; the rest keeps the time of each frame.
        clock = 1 / fps if path.suffix == ".avi" or encoding.codec == "mpeg4" else CLOCK
        stream.codec_context.time_base = stream.time_base = clock
        if rotation:
            # Containers count the other way round.
            stream.set_display_rotation(-rotation)
        for picture, t_s in pictures:
            stored = np.ascontiguousarray(np.rot90(picture, rotation // 90))
            frame = av.VideoFrame.from_ndarray(stored, format="rgb24")
            frame.pts, frame.time_base = round(t_s / clock), clock
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _options(encoding: Encoding) -> dict[str, str]:
    if encoding.codec == "libx264":
        # Scene-cut detection would add keyframes beside those asked for. With macroblock-tree
        # rate control x264 gave other bytes now and then for the same small pictures.
        return {
            "crf": str(encoding.crf),
            "preset": "superfast",
            "sc_threshold": "0",
            "mbtree": "0",
            "threads": "1",
        }
    if encoding.codec == "libx265":
        return {
            "crf": str(encoding.crf),
            "preset": "superfast",
            "x265-params": "pools=none:frame-threads=1:scenecut=0:log-level=none",
        }
    if encoding.codec == "libvpx-vp9":
        return {"crf": str(encoding.crf), "b": "0", "cpu-used": "8", "deadline": "realtime"}
    return {"qscale": "4", "flags": "+qscale"}
