"""Still pictures and folders of pictures as videos."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import numpy as np

from framesel.errors import DecodeError
from framesel.storage.place import Place
from framesel.video.companions import arrange, with_companions
from framesel.video.frame import Frame
from framesel.video.info import Segment, Spans, VideoInfo
from framesel.video.picture import list_pictures, load_picture
from framesel.video.sampling import Sampling
from framesel.video.timeline import Timeline


@dataclass(frozen=True)
class ImageDecoder:
    """A picture is a video of one frame; a folder is one with a frame a second, all keyframes."""

    name: ClassVar[str] = "images"

    def sample(
        self, path: Place, info: VideoInfo, segment: Segment | Spans, sampling: Sampling
    ) -> Iterator[Frame]:
        """See `Decoder.sample`."""
        pictures = _pictures(path, info)
        times = np.arange(len(pictures), dtype=np.int64)
        line = Timeline(times, np.ones(len(times), np.bool_), Fraction(1), 0, len(times))
        chosen = sampling.choose(line)
        wanted = times[with_companions(chosen, sampling.companions)].tolist()
        frames = _load(path, pictures, [p for p in wanted if segment.holds(p)])
        return arrange(frames, sampling, set(times[chosen].tolist()))

    def fetch(self, path: Place, info: VideoInfo, pts: Sequence[int]) -> Iterator[Frame]:
        """See `Decoder.fetch`."""
        pictures = _pictures(path, info)
        wanted = sorted(set(pts))
        yield from _load(path, pictures, [p for p in wanted if 0 <= p < len(pictures)])
        if absent := [p for p in wanted if not 0 <= p < len(pictures)]:
            raise DecodeError(
                f"{path}: has {len(pictures)} pictures, none at {absent[:5]}. "
                "Were pictures removed since it was scanned?"
            )

    def decode_all(self, path: Place, info: VideoInfo) -> Iterator[Frame]:
        """See `Decoder.decode_all`."""
        pictures = _pictures(path, info)
        return _load(path, pictures, list(range(len(pictures))))


def _pictures(path: Place, info: VideoInfo) -> list[Place]:
    if info.kind == "image":
        return [path]
    try:
        return list_pictures(path)
    except OSError as error:
        raise DecodeError(f"{path}: cannot be listed ({error.strerror}).") from error


def _load(path: Place, pictures: list[Place], positions: list[int]) -> Iterator[Frame]:
    failures: list[str] = []
    for k in positions:
        try:
            image = load_picture(pictures[k])
        except DecodeError as error:
            failures.append(str(error))
            continue
        yield Frame(pts=k, index=k, t_s=float(k), key=True, image=image)
    if failures and len(pictures) == 1:
        raise DecodeError(failures[0])
    if failures:
        raise DecodeError(
            f"{path}: {len(failures)} of {len(positions)} pictures cannot be decoded; "
            f"the first: {failures[0]}"
        )
