"""What is labelled becomes a model: all of it, nothing else, once, and what was before stays."""

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel.catalog import Catalog
from framesel.errors import DecodeError, StageError, UsageError, WorkspaceError
from framesel.evaluation.results import Metrics
from framesel.labels import store
from framesel.learning import found as found_table
from framesel.rounds import holdout, models, state
from framesel.stages.footage import Video
from framesel.training.examples import Frozen
from tests.learning.conftest import BLIND, FakeTrainer, School
from tests.resume.faults import tree


def frozen(school: School) -> Frozen:
    found: Frozen = school.trainer.calls[-1]["frozen"]
    return found


def keys_of(school: School, found: Frozen) -> set[tuple[int, int]]:
    """Frames of frozen pictures, told from their names."""
    parts = [one.name.rsplit("_", 3) for one in found.pictures]
    return {(int(video[1:]), int(pts[3:])) for _, video, _, pts in parts}


def hold_out(school: School, *numbers: int) -> None:
    videos = Catalog(school.workspace).videos
    digests = tuple(videos[video_no]["digest"] for video_no in numbers)
    holdout.write(school.workspace, holdout.Holdout(videos=digests))


def test_only_what_is_labelled_and_not_held_out_is_learnt_from(school: School) -> None:
    labelled = school.frames[::2]
    school.label(labelled)
    hold_out(school, 1)
    result = school.train()
    learnt, sides = (
        keys_of(school, frozen(school)),
        pq.read_table(school.folder(result) / "split.parquet").to_pylist(),
    )
    by_side = {
        side: {(r["video_no"], r["pts"]) for r in sides if r["split"] == side}
        for side in ("train", "val")
    }
    assert learnt == by_side["train"] < set(labelled)
    assert by_side["val"]
    assert not by_side["val"] & learnt
    assert 1 not in {video_no for video_no, _ in by_side["train"] | by_side["val"]}
    told = found_table.read(school.folder(result) / "found.parquet")
    assert set(told["val"][0]) == by_side["val"]
    assert set(told["holdout"][0]) == {key for key in labelled if key[0] == 1}


def test_boxes_are_frozen_as_they_were_drawn(school: School) -> None:
    school.label(school.frames)
    school.train()
    (call,) = school.trainer.calls
    assert call["classes"] == ("car", "bird")
    place = {key: at for at, key in enumerate(sorted(school.frames))}
    for one in frozen(school).pictures:
        (key,) = keys_of(school, Frozen((), (one,), ""))
        expected = [0] * (place[key] % 3 > 0) + [1] * (place[key] % 5 == 0)
        assert one.class_no.tolist() == expected
        if expected and expected[0] == 0:
            np.testing.assert_allclose(
                one.xywh[0] * (160, 120, 160, 120), (30, 25, 40, 30), atol=1e-3
            )


def test_the_model_is_judged_by_what_it_did_not_learn_from(school: School) -> None:
    school.label(school.frames)
    hold_out(school, 1)
    told = school.train().metrics
    for name in ("val", "holdout"):
        metrics = Metrics.read(told[name])
        assert metrics.frames
        assert 0.2 < metrics.map50.value <= 1.0  # every picture is said to show both
        assert metrics.classes[0].recall == 1.0
    assert [one["video"] for one in told["holdout"]["videos"]] == [1]
    assert told["difference"] is None
    text = json.dumps(told)
    assert str(school.workspace.root) not in text


def test_the_same_again_does_nothing(school: School) -> None:
    school.label(school.frames)
    first = school.train()
    before = tree(school.workspace.root)
    second = school.train()
    assert (first.again, second.again) == (False, True)
    assert len(school.trainer.calls) == 1
    assert tree(school.workspace.root) == before
    assert second.metrics == first.metrics
    assert next(iter(second.lines())).startswith("already trained for round 0")
    assert school.watch.todo == {}


def test_new_labels_make_a_new_model_and_the_old_one_stays(school: School) -> None:
    school.label(school.frames[::2])
    first = school.train()
    old = {path.name: path.read_bytes() for path in school.folder(first).glob("*.*")}
    school.label(school.frames)
    school.close_round()
    second = school.train()
    assert second.model.folder != first.model.folder
    assert models.models(school.workspace) == [first.model, second.model]
    assert (first.model.round, second.model.round) == (0, 1)
    assert second.model.imports == store.last(school.workspace) == 2
    assert {p.name: p.read_bytes() for p in school.folder(first).glob("*.*")} == old
    before, now = (school.trainer.calls[at]["frozen"].pictures for at in (0, 1))
    kept = {one.name for one in before}
    assert kept < {one.name for one in now}, "what was trained on stays so"
    shared = next(one.path for one in now if one.name in kept)
    other = next(one.path for one in before if one.name == shared.stem)
    assert shared.samefile(other), "pictures are not decoded twice"


def test_one_that_is_worse_is_called_so(school: School) -> None:
    hold_out(school, 1, 2, 3)
    school.label(school.frames)
    first = school.train()
    school.close_round()
    school.trainer.sees = BLIND
    second = school.train("train.seed=1")
    change, before = second.metrics["difference"], first.metrics["holdout"]["map50"]["value"]
    assert (change["round"], change["word"]) == (0, "worse")
    assert change["holdout"]["map50"]["before"] == before > 0.2
    assert change["holdout"]["map50"]["after"] == 0.0
    assert second.metrics["previous"]["holdout"] == first.metrics["holdout"]
    text = "\n".join(second.lines())
    assert f"round 0's model on the same frames (holdout): -{100 * before:.1f} points" in text
    assert "WORSE than the model before" in text
    assert school.folder(first).joinpath("weights.pt").exists()


def test_a_holdout_that_is_labelled_later_is_judged_without_training_anew(school: School) -> None:
    hold_out(school, 1)
    school.label([key for key in school.frames if key[0] != 1])
    first = school.train()
    assert first.metrics["holdout"] is None
    school.label([key for key in school.frames if key[0] == 1])
    second = school.train()
    assert second.model.folder == first.model.folder
    assert (len(school.trainer.calls), second.again) == (1, False)
    assert second.metrics["holdout"]["frames"] == sum(no == 1 for no, _ in school.frames)
    assert second.metrics["val"] == first.metrics["val"]


def test_a_video_that_cannot_be_read_is_left_out_and_said(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    school.label(school.frames)
    videos = Catalog(school.workspace).videos
    bad = {videos[2]["path"]}
    plain = Video.of

    def of(row: dict[str, object], *more: object) -> Video:
        if row["path"] in bad:
            raise DecodeError(f"{row['path']}: its disk is broken")
        return plain(row, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Video, "of", staticmethod(of))
    result = school.train("train.val_share=0")
    assert 2 not in {video_no for video_no, _ in keys_of(school, frozen(school))}
    (lost,) = result.metrics["left_out"]
    name = Path(str(videos[2]["path"])).name
    frames = sum(video_no == 2 for video_no, _ in school.frames)
    assert (lost["video"], lost["frames"]) == (name, frames)
    assert f"left out   {frames} frames of {name}: its disk is broken" in "\n".join(result.lines())
    bad.update(row["path"] for row in videos.values())
    shutil.rmtree(school.workspace.root / "models")
    shutil.rmtree(school.workspace.root / "rounds/0000")
    with pytest.raises(StageError, match=r"not one picture of .* could be made: .*disk is broken"):
        school.train("train.val_share=0")


def test_a_killed_training_goes_on_to_the_same_files(school: School, tmp_path: Path) -> None:
    school.label(school.frames)
    shutil.copytree(school.workspace.root, tmp_path / "other")
    school.train()
    expected = tree(school.workspace.root)

    class Killed(FakeTrainer):
        def __call__(self, *given: object, **more: object) -> object:  # type: ignore[override]
            raise KeyboardInterrupt

    other = School(type(school.workspace).open(tmp_path / "other"), school.frames, Killed())
    with pytest.raises(KeyboardInterrupt):
        other.train()
    assert models.models(other.workspace) == []
    other.trainer = FakeTrainer()
    other.train()
    (model,) = models.models(other.workspace)
    (other.workspace.root / model.folder / "metrics.json").unlink()  # as if killed before the last
    (other.workspace.root / "rounds/0000/model.json").unlink()
    other.train()
    assert tree(other.workspace.root) == expected


def test_settings_weights_and_device_make_other_models_and_paths_do_not(
    school: School, tmp_path: Path
) -> None:
    school.label(school.frames)
    first = school.train().model.folder
    assert school.train("train.iterations=5").model.folder != first
    assert school.train("train.weights=scratch:yolov8s").model.folder != first
    shutil.copytree(school.workspace.root, tmp_path / "moved")
    moved = School(type(school.workspace).open(tmp_path / "moved"), school.frames)
    result = moved.train()
    assert (result.model.folder, moved.trainer.calls) == (first, [])
    assert moved.train("run.workers=1", "run.threads=2").model.folder == first


def test_what_lacks_is_said(school: School) -> None:
    with pytest.raises(WorkspaceError, match="no labels yet"):
        school.train()
    hold_out(school, 1)
    school.label([key for key in school.frames if key[0] == 1])
    with pytest.raises(UsageError, match="are held out"):
        school.train()
    with school.workspace.locked(), pytest.raises(WorkspaceError, match="another framesel"):
        school.train()
    assert state.rounds(school.workspace)[0].closed is False
