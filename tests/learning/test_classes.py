"""Which classes are trained for, also when they are renamed, few, or not there at all."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from framesel.annotation.sheet import Box
from framesel.errors import UsageError
from framesel.labels import store, tables
from framesel.labels.labels import Labels, box_row
from framesel.labels.renaming import renamed
from tests.learning.conftest import BLIND, School
from tests.learning.test_train import frozen


def say(school: School, drawn: dict[int, list[str]], classes: tuple[str, ...] = ()) -> None:
    """Labels some of the sampled frames, by their places: a box for each name."""
    rows, boxes = [], []
    for at, names in drawn.items():
        video_no, pts = school.frames[at]
        frame = {"video_no": video_no, "pts": pts, "annotator": "ann"}
        size = {"width": 160, "height": 120, "boxes": len(names)}
        rows.append({**frame, **size, "seconds": None, "at": ""})
        boxes += [{**frame, **box_row(Box(name, 10, 10, 50, 40))} for name in names]
    found = (
        pa.Table.from_pylist(rows, schema=tables.LABELLED),
        pa.Table.from_pylist(boxes, schema=tables.LABELS),
    )
    store.add(school.workspace, Labels(*found, classes), {"source": "test"})


@pytest.fixture(autouse=True)
def blind(school: School) -> None:
    """The names in these tests are not those that the fake training knows."""
    school.trainer.sees = BLIND


def test_one_picture_of_one_class_is_enough(school: School) -> None:
    say(school, {0: ["kite"]})
    result = school.train()
    assert result.model.classes == ("kite",)
    assert len(frozen(school)) == 1
    assert result.metrics["val"] is None
    assert any("frames of two scenes" in remark for remark in result.remarks)
    assert "judged by nothing" in "\n".join(result.lines())
    assert result.remarks == tuple(school.watch.notes[: len(result.remarks)])


def test_a_judge_is_asked_only_where_something_depends_on_it(school: School) -> None:
    say(school, {at: ["kite"] for at in range(len(school.frames))})
    school.train()
    assert not school.trainer.calls[-1]["judge"]
    result = school.train("train.keep=best")
    judge: Callable[[Path], float] = school.trainer.calls[-1]["judge"]
    assert judge(school.folder(result) / result.model.weights) == 0.0
    school.trainer.sees = [["kite", 10, 10, 50, 40]]
    seeing = school.train("train.keep=best", "train.seed=1")
    assert judge(school.folder(seeing) / seeing.model.weights) == pytest.approx(1.0)
    say(school, {at: [] for at in range(len(school.frames))}, ("kite",))
    school.train("train.keep=best", "train.patience=3")
    call = school.trainer.calls[-1]
    assert (call["judge"], call["settings"].keep, call["settings"].patience) == (None, "last", 0)


def test_background_alone_is_learnt_where_classes_are_known(school: School) -> None:
    say(school, {at: [] for at in range(0, len(school.frames), 2)})
    with pytest.raises(UsageError, match="no labelled frame shows anything"):
        school.train()
    result = school.train("classes=[car, person]")
    assert result.model.classes == ("car", "person")
    assert all(not len(one.class_no) for one in frozen(school).pictures)
    assert any("background alone" in remark for remark in result.remarks)
    assert result.metrics["val"]["map50"]["value"] is None
    assert "nothing to be found" in "\n".join(result.lines())


def test_classes_keep_their_numbers_and_new_ones_come_after(school: School) -> None:
    say(school, {0: ["kite"], 1: ["drone"]}, ("kite", "drone", "never drawn"))
    assert school.train().model.classes == ("kite", "drone")
    school.close_round()
    say(school, {2: ["ant"], 3: ["bee"]}, ("bee",))
    result = school.train()
    assert result.model.classes == ("kite", "drone", "bee", "ant")
    assert any("did not know: 'bee', 'ant'" in remark for remark in result.remarks)
    assert not any("train.rename" in remark for remark in result.remarks)


def test_a_class_under_a_new_name_is_the_same_class(school: School) -> None:
    last = len(school.frames) - 1
    options = ("train.start=previous", "train.val_share=0")
    say(school, {0: ["kite"], 1: ["drone"]})
    school.train(*options)
    school.close_round()
    say(school, {0: ["dragon"], 1: ["drone"], last: ["dragon"]})
    told = school.train(*options)
    assert told.model.classes == ("drone", "dragon")
    assert "train.rename={kite: dragon}" in "\n".join(told.remarks)
    say(school, {0: ["kite"], last: ["dragon"]})
    renaming = school.train(*options, "train.rename={kite: dragon}")
    assert renaming.model.classes == ("drone", "dragon")
    assert renaming.model.folder != told.model.folder
    call = school.trainer.calls[-1]
    assert call["settings"].rename == {"kite": "dragon"}
    assert sorted(no for one in call["frozen"].pictures for no in one.class_no) == [0, 1, 1]
    assert not any("train.rename" in remark for remark in renaming.remarks)


def test_a_class_that_the_recipe_does_not_have_is_refused_with_its_cure(school: School) -> None:
    say(school, {0: ["kite"], 1: ["drone", "drone"]})
    with pytest.raises(UsageError, match=r"'drone' \(2 boxes\).*train\.rename=\{drone: kite\}"):
        school.train("classes=[kite, bird]")
    result = school.train("classes=[kite, bird]", "train.rename={drone: kite}")
    assert result.model.classes == ("kite", "bird")
    assert any("nothing labelled shows 'bird'" in remark for remark in result.remarks)


def test_a_renaming_of_what_never_was_is_said(school: School) -> None:
    say(school, {0: ["kite"]})
    result = school.train("train.rename={kitte: kite}")
    assert any("nothing was ever called 'kitte'" in remark for remark in result.remarks)


def test_two_names_may_swap(tmp_path: Path) -> None:
    boxes = [
        {"video_no": 0, "pts": at, "annotator": "", **box_row(Box(name, 0, 0, 1, 1))}
        for at, name in enumerate("abc")
    ]
    table = pa.Table.from_pylist(boxes, schema=tables.LABELS)
    labels = Labels(tables.LABELLED.empty_table(), table, ("a", "b", "c"))
    found = renamed(labels, {"a": "b", "b": "a"})
    assert found.boxes["label"].to_pylist() == ["b", "a", "c"]
    assert found.classes == ("b", "a", "c")
    assert renamed(labels, {"a": "c"}).classes == ("c", "b")
    assert found.boxes.schema.equals(tables.LABELS)
