"""Pretraining: it learns, goes on to the bit after a kill, stops early, and notices a collapse."""

import json
import multiprocessing
import os
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from framesel.backbones import Runtime, load
from framesel.backbones.augmentation import Augmentation
from framesel.backbones.frame_cache import cache_frames, split_videos
from framesel.backbones.pretrain import Progress, pretrain
from framesel.backbones.pretrain_settings import PretrainSettings
from framesel.errors import StageError, UsageError

TINY = PretrainSettings(
    architecture="slim_resnet:4",
    dim=8,
    size_px=32,
    view_px=24,
    projection=16,
    epochs=3,
    batch=8,
    lr=1e-3,
    checkpoint_steps=2,
    watch_share=0.2,
)


def footage(videos: int = 6, frames: int = 6) -> list[tuple[str, list]]:
    """Videos of a drifting pattern each, as JPEG bytes and as arrays in turn."""
    rng = np.random.default_rng(0)
    source = []
    for video in range(videos):
        coarse = rng.integers(0, 256, (5, 5, 3), dtype=np.uint8)
        world = cv2.resize(coarse, (80, 80), interpolation=cv2.INTER_CUBIC)
        clip: list = [
            np.ascontiguousarray(world[2 * i : 2 * i + 40, i : i + 50]) for i in range(frames)
        ]
        if video % 2:
            clip = [cv2.imencode(".jpg", image[..., ::-1])[1].tobytes() for image in clip]
        source.append((f"video {video}", clip))
    return source


class Killed(Exception):
    """Stands for a kill: nothing of the run survives it but its folder."""


def kill_at(step: int):
    def on_step(progress: Progress) -> None:
        if progress.step == step:
            raise Killed

    return on_step


def files(folder: Path) -> dict[str, bytes]:
    names = ("loss.jsonl", "backbone.safetensors")
    return {name: (folder / name).read_bytes() for name in names}


def test_undisturbed_runs_are_equal_to_the_byte_and_seeds_differ(tmp_path: Path) -> None:
    for name in "ab":
        pretrain(footage(), TINY, tmp_path / name)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    pretrain(footage(), TINY.model_copy(update={"seed": 1}), tmp_path / "c")
    assert (
        files(tmp_path / "a")["backbone.safetensors"]
        != files(tmp_path / "c")["backbone.safetensors"]
    )


@pytest.mark.parametrize("kills", [[1], [2], [3], [5, 7], [8, 9]])
def test_killed_run_ends_as_if_it_had_not_been(tmp_path: Path, kills: list[int]) -> None:
    whole = pretrain(footage(), TINY, tmp_path / "whole")
    for step in kills:
        with pytest.raises(Killed):
            pretrain(footage(), TINY, tmp_path / "killed", on_step=kill_at(step))
        # Whoever runs in between must not matter, nor half a line of the log.
        torch.manual_seed(step)
        with (tmp_path / "killed" / "loss.jsonl").open("a") as log:
            log.write('{"step": 1, "lo')
        (tmp_path / "killed" / ".checkpoint.pt.123.tmp").write_bytes(b"half a checkpoint")
    seen: list[int] = []
    result = pretrain(
        footage(), TINY, tmp_path / "killed", on_step=lambda progress: seen.append(progress.step)
    )
    assert files(tmp_path / "whole") == files(tmp_path / "killed")
    assert {path.name for path in (tmp_path / "killed").iterdir()} == {
        path.name for path in (tmp_path / "whole").iterdir()
    }
    assert result.steps == whole.steps == 9
    # It went on from a checkpoint and did not start again.
    checkpoint = max(s for s in (0, 2, 3, 4, 6, 8, 9) if s <= kills[-1])
    assert seen == list(range(checkpoint + 1, 10))


def _train_and_die(folder: Path, step: int) -> None:
    def on_step(progress: Progress) -> None:
        if progress.step == step:
            os.kill(os.getpid(), signal.SIGKILL)

    pretrain(footage(), TINY, folder, on_step=on_step)


def test_a_run_killed_with_9_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    # all in processes of their own: what this one has done to torch must not matter
    context = multiprocessing.get_context("spawn")
    codes = []
    for folder, step in (("whole", -1), ("killed", 5), ("killed", -1)):
        process = context.Process(target=_train_and_die, args=(tmp_path / folder, step))
        process.start()
        process.join()
        codes.append(process.exitcode)
    assert codes == [0, -signal.SIGKILL, 0]
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_loss_log_has_one_line_a_step_and_one_an_epoch(tmp_path: Path) -> None:
    pretrain(footage(), TINY, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "loss.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 10))
    epochs = [line for line in lines if "rank" in line]
    assert [line["step"] for line in epochs] == [3, 6, 9]
    assert all({"std", "rank", "watched_loss"} <= set(line) for line in epochs)


@pytest.mark.parametrize("loss", ["ntxent", "barlow_twins", "vicreg"])
def test_it_learns(tmp_path: Path, loss: str) -> None:
    gentle = Augmentation(min_area=0.8, gamma=0.1, brightness=0.1, contrast=0.1, noise=0.0)
    changes = {"loss": loss, "epochs": 12, "lr": 3e-3, "batch": 16, "augmentation": gentle}
    settings = TINY.model_copy(update=changes)
    pretrain(footage(videos=10), settings, tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "loss.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert np.mean(losses[-6:]) < 0.9 * np.mean(losses[:6])


def test_result_loads_and_tells_videos_apart(tmp_path: Path) -> None:
    settings = TINY.model_copy(update={"epochs": 10, "watch_share": 0.0})
    result = pretrain(footage(), settings, tmp_path)
    backbone = load(f"file:{result.weights}", runtime=Runtime.TORCH_FP32, batch=8)
    assert (backbone.dim, backbone.size_px) == (8, 32)
    arrays = [(key, clip) for key, clip in footage() if isinstance(clip[0], np.ndarray)]
    vectors = backbone([image for _, clip in arrays for image in clip])
    videos = np.repeat(np.arange(len(arrays)), [len(clip) for _, clip in arrays])
    cos = vectors @ vectors.T
    same = videos[:, None] == videos[None]
    assert cos[same].mean() > cos[~same].mean() + 0.3


def test_early_stop(tmp_path: Path) -> None:
    # A learning rate of almost nothing cannot improve the watched loss for long.
    settings = TINY.model_copy(update={"epochs": 40, "patience": 2, "lr": 1e-12})
    result = pretrain(footage(), settings, tmp_path)
    assert result.stopped_early
    assert result.steps < 120
    # It stays stopped when it is started again.
    again = pretrain(footage(), settings, tmp_path)
    assert (again.steps, again.stopped_early) == (result.steps, True)


def test_collapse_is_an_error(tmp_path: Path) -> None:
    gray = [(str(video), [np.full((32, 32, 3), 90, np.uint8)] * 6) for video in range(6)]
    with pytest.raises(StageError, match="collapsed at step 3: spread 0"):
        pretrain(gray, TINY, tmp_path)


def test_divergence_is_an_error(tmp_path: Path) -> None:
    settings = TINY.model_copy(update={"lr": 1e30, "warmup_share": 0.0})
    with pytest.raises(StageError, match="diverged at step"):
        pretrain(footage(), settings, tmp_path)


def test_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Killed):
        pretrain(footage(), TINY, tmp_path, on_step=kill_at(3))
    with pytest.raises(StageError, match="other settings or other frames"):
        pretrain(footage(), TINY.model_copy(update={"seed": 5}), tmp_path)
    with pytest.raises(StageError, match="other settings or other frames"):
        pretrain(footage(videos=7), TINY, tmp_path)


def test_damaged_checkpoint_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"no checkpoint")
    with pytest.raises(StageError, match="damaged"):
        pretrain(footage(), TINY, tmp_path)


@pytest.mark.parametrize("source", [[], [("a", [])], [("a", [b"no picture"] * 20)]])
def test_too_few_frames_is_an_error(tmp_path: Path, source: list) -> None:
    with pytest.raises(StageError, match="0 readable frames"):
        pretrain(source, TINY, tmp_path)


def test_threads_and_generator_are_the_callers_again(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    torch.manual_seed(11)
    expected = torch.rand(3)
    torch.manual_seed(11)
    pretrain(footage(), TINY.model_copy(update={"epochs": 1}), tmp_path, threads=before + 1)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == before


def test_cache_keeps_order_and_drops_what_is_no_picture() -> None:
    source = footage(videos=3, frames=4)
    source[1][1].insert(2, b"broken")
    frames = cache_frames(source, 16)
    assert frames.pixels.shape == (12, 3, 16, 16)
    assert frames.starts.tolist() == [0] * 4 + [4] * 4 + [8] * 4
    assert frames.stops.tolist() == [4] * 4 + [8] * 4 + [12] * 4
    expected = cv2.resize(source[0][1][1], (16, 16), interpolation=cv2.INTER_AREA)
    assert (frames.pixels[1].transpose(1, 2, 0) == expected).all()
    # JPEG bytes are decoded as RGB, not as BGR.
    decoded = cv2.imdecode(np.frombuffer(source[1][1][0], np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    small = cv2.resize(np.ascontiguousarray(decoded), (16, 16), interpolation=cv2.INTER_AREA)
    assert (frames.pixels[4].transpose(1, 2, 0) == small).all()


def test_neighbours_stay_in_their_video_and_within_reach() -> None:
    frames = cache_frames(footage(videos=3, frames=5), 16)
    rows = np.repeat(np.arange(15), 200)
    partners = frames.neighbours(rows, 2, np.random.default_rng(0))
    assert (rows // 5 == partners // 5).all()
    assert (np.abs(rows - partners) <= 2).all()
    assert set(partners[rows == 7]) == {5, 6, 7, 8, 9}
    assert (frames.neighbours(rows, 0, np.random.default_rng(0)) == rows).all()


def test_watched_videos_are_not_trained_on_and_do_not_depend_on_order() -> None:
    source = footage(videos=10, frames=1)
    train, watched = split_videos(source, 0.3)
    assert len(watched) == 3
    assert sorted(k for k, _ in [*train, *watched]) == sorted(k for k, _ in source)
    again = split_videos(source[::-1], 0.3)[1]
    assert {k for k, _ in again} == {k for k, _ in watched}
    assert split_videos(source[:2], 0.3) == (source[:2], [])


def test_views_larger_than_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="must not exceed size_px"):
        PretrainSettings(size_px=32, view_px=33)


def test_unknown_architecture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="unknown architecture"):
        pretrain(footage(), TINY.model_copy(update={"architecture": "big"}), tmp_path)
