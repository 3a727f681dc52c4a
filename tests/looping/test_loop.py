"""Round after round: what is chosen, labelled, learnt from, and where a killed loop goes on."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from framesel import api
from framesel import recipe as recipes
from framesel.catalog import Catalog
from framesel.cli.app import app
from framesel.errors import LabelsError, UsageError
from framesel.labels import store
from framesel.looping import choosing, setting_aside
from framesel.looping.setting_aside import set_aside
from framesel.looping.silent import Silent
from framesel.rounds import holdout, models, state
from tests.looping.conftest import TRAIN, Circuit, circuit_in, fake_detectors, plain_page
from tests.pipeline.conftest import Bench


def held(circuit: Circuit) -> set[int]:
    digests = holdout.digests(circuit.workspace)
    return {no for no, row in Catalog(circuit.workspace).videos.items() if row["digest"] in digests}


def calls_of(circuit: Circuit) -> list[dict[str, Any]]:
    assert circuit.trainer is not None
    return circuit.trainer.calls


def first_video(circuit: Circuit) -> str:
    rows = Catalog(circuit.workspace).sources.to_pylist()
    return str(min(row["path"] for row in rows if row["video_no"] is not None))


def test_rounds_follow_one_another(circuit: Circuit) -> None:
    laps = circuit.go(2, holdout=(first_video(circuit),), holdout_frames=3)
    assert [lap.number for lap in laps] == [1, 2]
    assert circuit.laps == list(laps)
    picks = circuit.picks()
    assert set(picks) == {1, 2}
    assert all(this.closed for this in state.rounds(circuit.workspace))
    assert not set(picks[1]) & set(picks[2])
    assert len(held(circuit)) == 1
    assert not held(circuit) & {no for frames in picks.values() for no, _ in frames}
    labelled = set(store.current(circuit.workspace).keys)
    asked = {key for frames in picks.values() for key in frames}
    assert {key for key in labelled if key[0] not in held(circuit)} == asked
    assert len(labelled - asked) == 3
    known = models.models(circuit.workspace)
    assert [model.round for model in known] == [1, 2]
    assert [call["start"] for call in calls_of(circuit)] == ["scratch:yolov8n"] * 2
    chosen = recipes.load(circuit.workspace.recipe)
    assert chosen.detections.weights == known[0].name(circuit.workspace)
    assert "{workspace}/models/" in circuit.workspace.recipe.read_text("utf-8")
    assert laps[1].trusted is False
    assert laps[1].frames == len(asked)
    assert "on the holdout frames" in laps[1].line()
    assert "uncertainty not trusted" in laps[1].line()


def test_only_what_the_new_weights_change_is_computed_again(circuit: Circuit) -> None:
    circuit.go(1)
    circuit.go(2)
    stages = set(circuit.watch.todo) & {
        *("frames", "embeddings", "duplicates", "detections", "scores", "trust", "selection")
    }
    assert stages == {"detections", "scores", "trust", "selection"}


def test_the_same_call_again_does_nothing(circuit: Circuit) -> None:
    laps = circuit.go(2, holdout_frames=3)
    left, calls = circuit.left(), len(calls_of(circuit))
    again = circuit.go(2, holdout_frames=3)
    assert [(lap.line(), lap.why) for lap in again] == [(lap.line(), lap.why) for lap in laps]
    assert circuit.watch.todo == {}
    assert len(calls_of(circuit)) == calls
    assert circuit.left() == left


def test_a_model_of_ours_needs_none_of_the_classes_that_fed_the_first_detector(
    circuit: Circuit,
) -> None:
    laps = circuit.go(2, "classes={car: [automobile, truck]}")
    assert [lap.frames for lap in laps] == [4, 8]


def test_a_rounds_verdict_stays_what_it_was_when_the_round_ended(circuit: Circuit) -> None:
    circuit.go(2)
    path = circuit.workspace.round(1) / "summary.json"
    summary = json.loads(path.read_text("utf-8"))
    assert summary["advice"]["stop"] is False
    summary["advice"] = {**summary["advice"], "stop": True, "sentence": "enough was seen then"}
    path.write_text(json.dumps(summary), "utf-8")
    (lap,) = circuit.go(2, stop=True)
    assert (lap.number, lap.stop, lap.why) == (1, True, "enough was seen then")


class Killed(BaseException):
    """Stands for the end of the process."""


class Fuse:
    """Counts files that are put in their places, and ends everything at the n-th."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int = 0) -> None:
        self.at, self.moved = at, 0
        replace, rename = os.replace, Path.rename
        patch.setattr(os, "replace", lambda a, b: self._after(replace(a, b)))
        patch.setattr(Path, "rename", lambda a, b: self._after(rename(a, b)))

    def _after(self, done: Any) -> Any:
        self.moved += 1
        if self.moved == self.at:
            raise Killed
        return done


@dataclass(frozen=True)
class Straight:
    """What a loop leaves that nobody killed."""

    moves: int
    picks: dict[int, list[tuple[int, int]]]
    left: dict[str, bytes]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory, finished: Bench) -> Straight:
    with pytest.MonkeyPatch.context() as patch:
        fake_detectors(patch)
        plain_page(patch)
        circuit, fuse = circuit_in(tmp_path_factory.mktemp("straight"), finished), Fuse(patch)
        circuit.go(2, holdout_frames=3)
    return Straight(fuse.moved, circuit.picks(), circuit.left())


def killed_and_gone_on(circuit: Circuit, straight: Straight, at: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        Fuse(patch, at)
        with pytest.raises(Killed):
            circuit.go(2, holdout_frames=3)
    circuit.go(2, holdout_frames=3)
    assert circuit.picks() == straight.picks
    assert circuit.left() == straight.left


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_killed_loop_goes_on_to_the_same_picks_and_metrics(
    share: float, circuit: Circuit, straight: Straight
) -> None:
    killed_and_gone_on(circuit, straight, int(share * straight.moves))


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.04, 0.13, 0.28, 0.34, 0.45, 0.59, 0.67, 0.72, 0.91, 0.99])
def test_at_ten_more_moments(share: float, circuit: Circuit, straight: Straight) -> None:
    killed_and_gone_on(circuit, straight, int(share * straight.moves))


@pytest.mark.slow
def test_with_a_real_detector(tmp_path: Path, finished: Bench) -> None:
    circuit = circuit_in(tmp_path, finished)
    circuit.trainer = None
    small = ["train.size_px=64", "train.iterations=4", "train.batch=2", "train.warmup=1"]
    settings = [*small, "train.plain_end=1", "detections.precision=fp32"]
    laps = circuit.go(2, *settings, holdout_frames=3)
    assert [lap.on for lap in laps] == ["holdout", "holdout"]
    assert all(lap.map50 is not None and 0 <= lap.map50.value <= 1 for lap in laps)
    assert circuit.watch.todo["detections"] > 0
    assert (circuit.root / "rounds" / "0002" / "report.html").stat().st_size > 10_000
    left = circuit.left()
    circuit.go(2, *settings, holdout_frames=3)
    assert circuit.left() == left


def test_a_kill_between_labels_and_the_end_of_a_round(
    circuit: Circuit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: Any) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "close_labelled", killed)
        with pytest.raises(Killed):
            circuit.go(1, holdout_frames=3)
    before = circuit.picks()
    assert not state.current(circuit.workspace).closed
    assert store.last(circuit.workspace) == 1
    circuit.go(1, holdout_frames=3)
    assert circuit.picks() == before
    assert store.last(circuit.workspace) == 1


def test_new_footage_that_is_set_aside_joins_the_input(
    circuit: Circuit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[list[str]] = []
    monkeypatch.setattr(
        setting_aside, "look", lambda ws, recipe, sources, *_: looked.append(sources)
    )
    recipe, known = recipes.load(circuit.workspace.recipe), first_video(circuit)
    choosing.remembered(circuit.workspace, [str(circuit.videos)])
    found = set_aside(circuit.workspace, recipe, [known], 2, Silent())
    assert (found.videos, len(found.holdout.frames), looked) == (1, 2, [])
    new = tmp_path / "new.mp4"
    new.touch()
    with pytest.raises(UsageError, match=r"new\.mp4 are not among the input"):
        set_aside(circuit.workspace, recipe, [str(new)], None, Silent())
    assert looked == [[str(circuit.videos), str(new)]]
    assert choosing.remembered(circuit.workspace, None) == looked[0]


def test_mistakes_are_told_before_anything_is_written(circuit: Circuit, tmp_path: Path) -> None:
    nowhere = tmp_path / "new"
    ask = ["loop", str(circuit.videos), "-w", str(nowhere), "--rounds", "1"]
    done = CliRunner().invoke(app, [*ask, "--oracle", str(circuit.labels)])
    assert isinstance(done.exception, UsageError)
    assert "scratch:yolo11n" in str(done.exception)
    named = [*ask, "--oracle", str(circuit.labels), "--weights", "absent.pt"]
    assert "absent.pt" in str(CliRunner().invoke(app, named).exception)
    next(iter(circuit.labels.glob("*.csv"))).unlink()
    with pytest.raises(LabelsError, match="has no labels of 1 of"):
        api.loop(circuit.videos, nowhere, circuit.labels, 1, settings=TRAIN)
    with pytest.raises(UsageError, match="give 1 or more"):
        api.loop(circuit.videos, nowhere, circuit.labels, 0)
    assert not nowhere.exists()
