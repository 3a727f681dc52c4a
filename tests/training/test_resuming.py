"""A training that was killed ends with the weights of one that was not, to the bit."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from framesel.training import Progress, Trained, loop, train
from framesel.training import checkpoint as checkpoints
from tests.training.conftest import CLASSES, SHORT

Start = Callable[[str], str]


class Killed(Exception):
    pass


def killed_at(step: int, said: list[Progress] | None = None) -> Callable[[Progress], None]:
    def on_step(progress: Progress) -> None:
        if said is not None:
            said.append(progress)
        if progress.iteration == step:
            raise Killed

    return on_step


def digest(found: Trained) -> str:
    return hashlib.sha256(found.weights.read_bytes()).hexdigest()


@pytest.mark.parametrize(("version", "steps"), [("v8", (1, 3)), ("26", (2,))])
def test_killed_after_some_steps(
    version: str,
    steps: tuple[int, ...],
    data: Path,
    start: Start,
    undisturbed: Callable[[str], Trained],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop, "SAVE_AFTER_S", 0.0)
    for step in steps:
        with pytest.raises(Killed):
            train(data, SHORT, start(version), CLASSES, tmp_path, on_step=killed_at(step))
    said: list[Progress] = []
    found = train(data, SHORT, start(version), CLASSES, tmp_path, on_step=said.append)
    assert found.resumed_at == steps[-1]
    assert [one.iteration for one in said] == list(range(steps[-1] + 1, 5))
    assert said[0].remark == f"goes on after iteration {steps[-1]} of 4"
    assert {one.resumed_at for one in said} == {steps[-1]}
    assert digest(found) == digest(undisturbed(version))


def test_killed_by_the_system_between_checkpoint_and_weights(
    data: Path, start: Start, undisturbed: Callable[[str], Trained], tmp_path: Path
) -> None:
    """In a process of its own, at once: nothing is cleaned up."""
    script = f"""
import os, signal
from pathlib import Path
from framesel.training import train
from tests.training.conftest import CLASSES, SHORT

def on_step(progress):
    if progress.iteration == 4:
        os.kill(os.getpid(), signal.SIGKILL)

data, folder = Path({str(data)!r}), Path({str(tmp_path)!r})
train(data, SHORT, {start("v8")!r}, CLASSES, folder, on_step=on_step)
"""
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": path},
        cwd=root,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "weights.pt").exists()
    said: list[Progress] = []
    found = train(data, SHORT, start("v8"), CLASSES, tmp_path, on_step=said.append)
    assert said == []
    assert found.resumed_at == 4
    assert digest(found) == digest(undisturbed("v8"))


def test_what_is_done_is_not_done_again(
    data: Path, start: Start, undisturbed: Callable[[str], Trained]
) -> None:
    before = undisturbed("v8")
    said: list[Progress] = []
    again = train(data, SHORT, start("v8"), CLASSES, before.weights.parent, on_step=said.append)
    assert said == []
    assert again.resumed_at == 4
    assert (again.weights, again.classes, again.size_px) == (
        before.weights,
        before.classes,
        before.size_px,
    )


def test_a_checkpoint_of_other_settings_begins_anew(
    data: Path, start: Start, undisturbed: Callable[[str], Trained], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(loop, "SAVE_AFTER_S", 0.0)
    other = SHORT.model_copy(update={"seed": 9})
    with pytest.raises(Killed):
        train(data, other, start("v8"), CLASSES, tmp_path, on_step=killed_at(2))
    assert (tmp_path / checkpoints.FOLDER / checkpoints.FILE).exists()
    said: list[Progress] = []
    found = train(data, SHORT, start("v8"), CLASSES, tmp_path, on_step=said.append)
    assert "belongs to other settings" in said[0].remark
    assert [one.remark for one in said[1:]] == [""] * 3
    assert found.resumed_at == 0
    assert digest(found) == digest(undisturbed("v8"))


def test_looks_and_the_best_survive_a_kill(data: Path, start: Start, tmp_path: Path) -> None:
    """The judge likes step 2 best; three looks later without a better one the training ends."""
    settings = SHORT.model_copy(
        update={"keep": "best", "check_every": 1, "iterations": 6, "patience": 3}
    )
    liked = iter([0.1, 0.9, float("nan"), 0.3, 0.2])
    judged: dict[int, str] = {}

    def judge(path: Path) -> float:
        judged[len(judged) + 1] = hashlib.sha256(path.read_bytes()).hexdigest()
        return next(liked)

    with pytest.raises(Killed):
        train(data, settings, start("v8"), CLASSES, tmp_path, judge=judge, on_step=killed_at(3))
    found = train(data, settings, start("v8"), CLASSES, tmp_path, judge=judge)
    again = train(data, settings, start("v8"), CLASSES, tmp_path, judge=judge)
    assert found.resumed_at == 3
    for one in (found, again):
        assert one.iterations == 5
        assert [step for step, _ in one.scores] == [1, 2, 3, 4, 5]
        assert [score for _, score in one.scores if score == score] == [0.1, 0.9, 0.3, 0.2]
        assert one.kept == 2
        assert digest(one) == judged[2]
