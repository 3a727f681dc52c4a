"""The contract of a decoder, and the decoders by name."""

import difflib
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, Literal, Protocol

from framesel.errors import UsageError
from framesel.storage.place import Place
from framesel.video.frame import Frame
from framesel.video.info import Segment, Spans, VideoInfo
from framesel.video.sampling import Sampling


class Decoder(Protocol):
    """Bytes to frames.

    All three give frames in presentation order, each pts at most once, and need memory for a few
    frames only, however long the video is. The output depends on the file and the arguments alone.
    From a damaged stream they give what can be had and then raise `DecodeError`, once, at the end.
    """

    name: ClassVar[str]

    def sample(
        self, path: Place, info: VideoInfo, segment: Segment | Spans, sampling: Sampling
    ) -> Iterator[Frame]:
        """The frames of a segment that the sampling chooses on the whole video's time line.

        Raises:
            DecodeError: At the end, if the stream is damaged.
        """
        ...

    def fetch(self, path: Place, info: VideoInfo, pts: Sequence[int]) -> Iterator[Frame]:
        """Exactly the frames with these pts, each once, in order of pts.

        Raises:
            DecodeError: At the end, if some of them could not be had.
        """
        ...

    def decode_all(self, path: Place, info: VideoInfo) -> Iterator[Frame]:
        """Every frame, by plain sequential decoding: what the others are measured against.

        Raises:
            DecodeError: At the end, if the stream is damaged.
        """
        ...


def _pyav(threads: int) -> Decoder:
    from framesel.video.pyav import PyAvDecoder

    return PyAvDecoder(threads=threads)


def _opencv(threads: int) -> Decoder:
    from framesel.video.opencv import OpenCvDecoder

    return OpenCvDecoder(threads=threads)


def _images(threads: int) -> Decoder:
    from framesel.video.images import ImageDecoder

    del threads  # pictures are small: one thread each
    return ImageDecoder()


DECODERS: dict[str, Callable[[int], Decoder]] = {
    "pyav": _pyav,
    "opencv": _opencv,
    "images": _images,
}


def decoder(name: str = "pyav", threads: int = 1) -> Decoder:
    """The decoder of this name.

    Args:
        name: A key of `DECODERS`.
        threads: Decoding threads of one video; 0 lets libav choose. It never changes the frames.
            One is right where several workers share the cores.

    Raises:
        UsageError: If there is none; the message names the nearest.
    """
    if name not in DECODERS:
        near = difflib.get_close_matches(name, DECODERS, n=1, cutoff=0.0)
        raise UsageError(
            f"there is no decoder {name!r}; did you mean {near[0]!r}? Known: {', '.join(DECODERS)}."
        )
    return DECODERS[name](threads)


def decoder_for(
    kind: Literal["video", "sequence", "image"], name: str = "pyav", threads: int = 1
) -> Decoder:
    """The decoder for a kind of footage: `name` for videos, the image decoder for pictures."""
    return decoder(name if kind == "video" else "images", threads)
