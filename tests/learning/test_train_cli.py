"""`framesel train` as people call it, with a real training of a small network."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from framesel import detectors
from framesel.detectors import DetectSettings
from framesel.exporting import last_recipe
from framesel.rounds import models
from framesel.runtime import Runtime
from framesel.splitting import stored
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench
from tests.pipeline.test_cli import call
from tests.splitting.labelling import label

SMALL = [
    f"train.{text}"
    for text in ("size_px=64", "iterations=2", "batch=2", "warmup=1", "plain_end=1", "averaging=0")
]
OPTIONS = [
    part
    for text in (*SMALL, "duplicates.tau_cos=0.999", "run.workers=1")
    for part in ("--set", text)
]


@pytest.fixture
def workspace(tmp_path: Path, finished: Bench) -> Workspace:
    shutil.copytree(finished.root, tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


def test_a_network_is_trained_judged_and_found_again(workspace: Workspace) -> None:
    frames = stored.read(workspace, last_recipe(workspace))
    keys = zip(frames.video_no.tolist(), frames.pts.tolist(), strict=True)
    label(workspace, [key for key in keys if key[0] in (1, 2)])
    root = str(workspace.root)
    code, text = call("train", root, "--weights", "scratch:yolov8n", "--device", "cpu", *OPTIONS)
    assert code == 0, text
    (model,) = models.models(workspace)
    assert "trained for round 0: " in text
    assert "kept apart  mAP50 0.0" in text
    assert f"weights    {workspace.root / model.folder / 'weights.pt'}" in text
    assert last_recipe(workspace).train.weights == "scratch:yolov8n"
    found = detectors.load(
        model.name(workspace), DetectSettings(size_px=64, conf=0.001), runtime=Runtime.TORCH_FP32
    )
    assert found.info.classes == model.classes == ("car", "bird")
    assert len(found([np.zeros((120, 160, 3), np.uint8)])) == 1
    assert not (model.path(workspace) / "checkpoint").exists()
    assert (workspace.round(0) / "summary.json").exists()
    code, text = call("train", root, *OPTIONS)
    assert (code, "already trained for round 0" in text) == (0, True)


def test_without_anything_to_begin_with_the_choices_are_named(workspace: Workspace) -> None:
    label(workspace, [(1, 0)])
    code, text = call("train", str(workspace.root))
    assert code == 2
    assert "--weights scratch:yolo11n" in text
    code, text = call("train", str(workspace.root), "--set", "train.iteration=3")
    assert (code, "did you mean 'iterations'?" in text) == (2, True)
