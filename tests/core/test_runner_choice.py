"""Which runner a recipe gets, and what a node of a cluster must see."""

import importlib.util
import json
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from framesel import recipe as recipes
from framesel.errors import MissingExtraError, RecipeError, StageError
from framesel.looping.wishes import overrides
from framesel.runners.deaths import NODES, Deaths
from framesel.runners.local import LocalRunner
from framesel.runners.runner import runner_of
from framesel.runners.sight import shown
from framesel.runtime import Runtime, choose_runtime
from framesel.settings import RunSettings
from tests.core.runner_tasks import Numbers

WORK = Numbers("w", (1, 2, 3))


def test_the_option_names_the_runner() -> None:
    chosen = recipes.load(None, overrides(None, None, None, runner="ray")).run
    assert (chosen.runner, chosen.here) == ("ray", False)
    assert RunSettings().here
    assert isinstance(runner_of(RunSettings(), Path())(3, 1.0), LocalRunner)


def test_without_ray_its_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'framesel\[ray\]'"):
        runner_of(RunSettings(runner="ray"), Path())


def test_that_a_package_is_missing_is_told_from_afar() -> None:
    error = MissingExtraError("openvino", "openvino", "this runtime")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["run.runner=ray", "run.device=cuda:1"], "GPU of one machine"),
        (["run.runner=dask"], "local"),
        (["run.ray_address=ray://head:10001"], "ray_address"),
    ],
)
def test_what_makes_no_sense_is_refused(changes: list[str], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        recipes.load(None, changes)


def test_a_cluster_may_have_the_gpu_that_this_machine_lacks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("framesel.runtime.cuda_devices", lambda: 0)
    assert choose_runtime("cuda", here=False) is Runtime.CUDA_FP16
    assert choose_runtime("auto", here=False) is choose_runtime("auto")


def test_what_a_worker_takes_is_said_by_its_stage() -> None:
    recipe = recipes.load(None)
    cpu, gpu = (recipe.embeddings.takes(name) for name in ("torch-fp32", "cuda-fp16"))
    assert (cpu.cpus, cpu.gpus, gpu.gpus) == (1, 0, 1)
    assert cpu.gb > recipe.frames.takes("exact").gb
    assert RunSettings(memory_gb=1000).worker_count(gpu.gb, gpu.gpus) == 1
    assert RunSettings(runner="ray").threads_each(1) == 1


def test_a_part_is_poison_only_if_two_died_on_living_nodes() -> None:
    deaths = Deaths()
    assert deaths.retry(WORK, 1, "gone", node="a") is WORK
    deaths.excuse("a")
    assert deaths.retry(WORK, 1, "gone", node="b") is WORK
    assert deaths.retry(WORK, 1, "gone", node="c").poison == (
        (1, "killed its worker twice (gone)"),
    )


def test_work_over_which_node_after_node_dies_is_suspected() -> None:
    deaths = Deaths()
    for _ in range(NODES - 1):
        deaths.lost(WORK)
    with pytest.raises(StageError, match="5 nodes died while they worked on w"):
        deaths.lost(WORK)


def test_a_node_sees_this_workspace_or_is_named(tmp_path: Path) -> None:
    video, gone = tmp_path / "a.mp4", tmp_path / "gone.mp4"
    video.touch()
    (tmp_path / "sources.json").write_text(json.dumps([str(video), str(gone), "s3://b/*.mp4"]))
    with shown(tmp_path) as sight:
        assert sight.sources == (str(video),)
        sight.check("here")
        with pytest.raises(StageError, match="node far does not see the workspace"):
            replace(sight, marker=tmp_path / "of-another-folder").check("far")
        with pytest.raises(StageError, match="node old has framesel"):
            replace(sight, version="0.0.1").check("old")
        video.unlink()
        with pytest.raises(StageError, match="node far does not see the input"):
            sight.check("far")
    assert {path.name for path in tmp_path.iterdir()} == {"sources.json"}
