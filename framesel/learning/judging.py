"""A detector is shown labelled frames that it has not learnt from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from framesel.detectors.detector import Detections, DetectSettings
from framesel.evaluation.boxes import Found, Truth
from framesel.learning.material import Shown
from framesel.learning.pictures import out_of_picture, picture_of
from framesel.runtime import Runtime

LEAST_CONF = 0.001
"""Confidence from which boxes count: average precision asks for the whole curve."""

MOST_BOXES = 100
"""In a picture, as COCO has it."""

AT_ONCE = 16
"""Pictures that are in memory together."""


@dataclass(frozen=True)
class Exam:
    """Labelled frames that have a picture, n of them.

    Attributes:
        frames: In order of video and time.
        folder: Of their pictures.
        classes: Names, in the order of their numbers.
    """

    frames: tuple[Shown, ...]
    folder: Path
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def truth(self) -> Truth:
        """What is labelled, in pixels of the full pictures."""
        number = {name: at for at, name in enumerate(self.classes)}
        boxes = [box for one in self.frames for box in one.boxes]
        return Truth(
            _offsets([len(one.boxes) for one in self.frames]),
            np.array([box.xyxy for box in boxes], np.float32).reshape(-1, 4),
            np.array([number[box.label] for box in boxes], np.int64),
        )

    @property
    def video(self) -> npt.NDArray[np.int64]:
        """(n,) number of each frame's video."""
        return np.array([one.key[0] for one in self.frames], np.int64)

    @property
    def worth_asking(self) -> bool:
        """Whether there is an object to be found in it."""
        return len(self.truth.class_no) > 0


@dataclass(frozen=True)
class Machine:
    """What detectors are judged with: full precision, on the CPU unless there is a GPU.

    Attributes:
        runtime: Of the detector.
        device: ``cpu``, ``cuda`` or ``cuda:N``.
        threads: On the CPU.
    """

    runtime: Runtime
    device: str
    threads: int

    @classmethod
    def of(cls, device: str, threads: int) -> Self:
        """For a device, ``cpu``, ``cuda`` or ``cuda:N``."""
        cpu = device == "cpu"
        return cls(Runtime.TORCH_FP32 if cpu else Runtime.CUDA_FP16, device, threads)


@dataclass(frozen=True)
class Judged:
    """A detector that is to be judged.

    Attributes:
        name: As ``detectors.load`` takes it.
        size_px: Long side of what the network sees.
        rename: Old names of its classes to present ones.
    """

    name: str
    size_px: int
    rename: Mapping[str, str] = field(default_factory=dict)

    def opened(self, machine: Machine, classes: Sequence[str]) -> Callable[[Exam], Found]:
        """Loads it.

        Args:
            machine: What with.
            classes: The present ones; boxes of others get the number -1.

        Returns:
            From an exam to what is found in it, in pixels of the full pictures.

        Raises:
            WeightsError: The weights are missing or damaged, or give no finite values.
        """
        from framesel import detectors

        settings = DetectSettings(
            size_px=self.size_px, conf=LEAST_CONF, max_candidates=MOST_BOXES, features=False
        )
        detector = detectors.load(
            self.name,
            settings,
            runtime=machine.runtime,
            device=machine.device,
            threads=machine.threads,
        )
        place = {name: at for at, name in enumerate(classes)}
        names = [self.rename.get(name, name) for name in detector.info.classes]
        number = np.array([place.get(name, -1) for name in names], np.int64)
        softmax = detector.info.activation == "softmax"

        def look(exam: Exam) -> Found:
            return _joined(list(_found(exam, detector, number, softmax=softmax)))

        return look


def _found(
    exam: Exam,
    detector: Callable[[list[npt.NDArray[np.uint8]]], list[Detections]],
    number: npt.NDArray[np.int64],
    *,
    softmax: bool,
) -> Iterator[Found]:
    """What is found in each picture."""
    from framesel.video import jpeg

    for first in range(0, len(exam), AT_ONCE):
        some = exam.frames[first : first + AT_ONCE]
        images = [jpeg.decode(picture_of(exam.folder, one).read_bytes()) for one in some]
        for one, image, seen in zip(some, images, detector(images), strict=True):
            height, width = image.shape[:2]
            xyxy = out_of_picture(seen.xyxy.astype(np.float64), one, (width, height))
            best = seen.logits.argmax(axis=1) if len(seen) else np.empty(0, np.int64)
            yield Found(
                _offsets([len(seen)]),
                xyxy.astype(np.float32),
                number[best],
                confidence(seen.logits, softmax=softmax),
            )


def confidence(logits: npt.NDArray[np.float32], *, softmax: bool) -> npt.NDArray[np.float32]:
    """(m,) probability of each box's likeliest class, from (m, C) logits relative to nothing."""
    from scipy.special import expit, logsumexp

    z = logits.astype(np.float64)
    if not z.size:
        return np.zeros(len(z), np.float32)
    top = z.max(axis=1)
    if not softmax:
        return np.asarray(expit(top), np.float32)
    with_nothing = np.concatenate([z, np.zeros((len(z), 1))], axis=1)
    return np.asarray(np.exp(top - logsumexp(with_nothing, axis=1)), np.float32)


def _joined(each: Sequence[Found]) -> Found:
    """Of several pictures, one after the other."""
    return Found(
        _offsets([len(one.conf) for one in each]),
        np.concatenate([np.empty((0, 4), np.float32), *(one.xyxy for one in each)]),
        np.concatenate([np.empty(0, np.int64), *(one.class_no for one in each)]),
        np.concatenate([np.empty(0, np.float32), *(one.conf for one in each)]),
    )


def _offsets(counts: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
