"""Small frozen pictures, and small detectors to begin with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from framesel.training import Example, Trained, freeze, train
from framesel.training.settings import TrainSettings

CLASSES = ("bird", "kite")
SIZE_PX = 64
SHORT = TrainSettings(
    size_px=SIZE_PX, iterations=4, batch=2, warmup=2, plain_end=2, check_every=2, seed=3
)


def picture(rng: np.random.Generator, size_wh: tuple[int, int], boxes: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8: dim noise, with bright boxes."""
    image = rng.integers(0, 60, (size_wh[1], size_wh[0], 3)).astype(np.uint8)
    for x1, y1, x2, y2 in boxes.astype(int):
        image[y1:y2, x1:x2] = 230
    return image


def example(
    number: int, boxes: int = 1, size_wh: tuple[int, int] = (64, 48), classes: int = len(CLASSES)
) -> Example:
    """A picture with so many bright boxes."""
    rng = np.random.default_rng(number)
    corner = rng.integers(2, 20, (boxes, 2))
    xyxy = np.concatenate([corner, corner + rng.integers(12, 24, (boxes, 2))], axis=1)
    done, data = cv2.imencode(".png", picture(rng, size_wh, xyxy))
    assert done
    class_no = rng.integers(0, classes, boxes)
    return Example(f"p{number}", data.tobytes(), xyxy.astype(np.float32), class_no, size_wh)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three frozen pictures with one, two and no boxes."""
    folder = tmp_path_factory.mktemp("training") / "data"
    freeze(folder, [example(0), example(1, 2), example(2, 0)], CLASSES)
    return folder


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The path of a small YOLO of a version, whose classes are drone, bird and kite."""
    from tests.detectors.conftest import save_yolo, yolo_model

    folder = tmp_path_factory.mktemp("start")

    def make(version: str) -> str:
        path = folder / f"{version}.pt"
        return str(path if path.exists() else save_yolo(path, yolo_model(version)))

    return make


@pytest.fixture(scope="session")
def undisturbed(
    data: Path, start: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Trained]:
    """A training with the settings ``SHORT`` that nobody disturbs; its folder is not to change."""
    done: dict[str, Trained] = {}

    def make(version: str) -> Trained:
        if version not in done:
            folder = tmp_path_factory.mktemp("undisturbed")
            done[version] = train(data, SHORT, start(version), CLASSES, folder)
        return done[version]

    return make


@pytest.fixture
def pictures() -> list[np.ndarray]:
    """Pictures of several sizes with something bright in them, RGB."""
    rng = np.random.default_rng(7)
    boxes = np.array([[4, 4, 30, 28], [20, 22, 40, 40]])
    return [picture(rng, size_wh, boxes) for size_wh in ((64, 48), (48, 64), (90, 70))]
