"""`--blur`: what a detector finds is unrecognisable in all that leaves, and nowhere else."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from framesel.errors import UsageError, WeightsError
from framesel.handover import privacy
from framesel.handover.handing import Handed, Wanted
from framesel.handover.privacy import hiding, probabilities, widened
from framesel.recipe import load
from framesel.verify import verify_pictures
from framesel.video.blur import covered
from tests.handover.conftest import Desk
from tests.pipeline.conftest import Recorder
from tests.pipeline.test_cli import call
from tests.resume.faults import tree


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's detector sees small pictures, fast."""
    monkeypatch.setattr(privacy, "SIZE_PX", 64)


def hidden(handed: Handed) -> dict[str, list[list[float]]]:
    """What is hidden in each picture."""
    rows = handed.table().to_pylist()
    return {r["name"]: json.loads(r["blurs"]) for r in rows if r["blurs"]}


def image(path: Path) -> "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]":
    return np.asarray(cv2.imread(str(path)), np.uint8)


def test_boxes_of_the_classes_are_destroyed_in_picks_and_context(desk: Desk) -> None:
    plain = desk.hand(context=1)
    before = tree(desk.workspace.root)
    handed = desk.hand(context=1, blur=("kite", "bird"))
    found = hidden(handed)
    near = {p.name for p in handed.sheet().pictures if p.context_of}
    assert found.keys() & near
    assert found.keys() - near
    for name, boxes in found.items():
        was, is_now = (image(h.folder / "images" / name) for h in (plain, handed))
        mask = covered([tuple(b) for b in boxes], was.shape[1], was.shape[0])  # type: ignore[misc]
        assert np.abs(is_now[~mask].astype(int) - was[~mask]).mean() < 2 if (~mask).any() else True
        assert len(np.unique(is_now[mask] // 24, axis=0)) <= 64 * len(boxes)
        assert not np.array_equal(was[mask], is_now[mask])
    rows = [{**r, "image": r["name"]} for r in handed.table().to_pylist()]
    verdicts = [c.verdict for c in verify_pictures(desk.workspace, handed.folder / "images", rows)]
    assert set(verdicts) <= {"ok", "indistinguishable"}  # `verify` checks the blur itself
    after = tree(desk.workspace.root)
    assert {k: after[k] for k in before} == before  # the originals stay
    assert not list(desk.workspace.handovers.glob("*/hidden"))


def test_it_is_written_down_what_hid_what_and_the_same_is_not_made_twice(
    desk: Desk, weights: Path, tmp_path: Path
) -> None:
    handed = desk.hand(blur=("kite",))
    told = handed.told["hidden"]
    assert (told["classes"], told["least"]) == (["kite"], privacy.LEAST)
    assert len(told["weights"]) == 64
    assert str(weights) not in (handed.folder / "handover.json").read_text("utf-8")
    watch = Recorder()
    assert desk.hand(watch=watch, blur=("kite",)) == handed
    assert watch.todo == {}
    copy = shutil.copy(weights, tmp_path / "same.pt")
    assert desk.hand(blur=("kite",), blur_weights=str(copy)) == handed
    assert desk.hand(blur=("bird",)) != handed


def test_a_frame_that_could_not_be_looked_at_does_not_leave(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from framesel.errors import DecodeError

    first = desk.picks.frames[0].video_no
    look = privacy.LookTask._found

    def failing(task: object, row: dict[str, object], *more: object) -> object:
        if row["video_no"] == first:
            raise DecodeError(f"{row['path']}: broke")
        return look(task, row, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(privacy.LookTask, "_found", failing)
    handed = desk.hand(blur=("kite",))
    lost = [f for f in desk.picks.frames if f.video_no == first]
    assert handed.missing == len(lost) > 0
    assert all(p.video_no != first for p in handed.sheet().pictures)
    assert len(list((handed.folder / "images").iterdir())) == 8 - len(lost)
    assert handed.told["errors"][0]["error"] == "broke"


def test_a_class_that_the_detector_lacks_and_no_detector_are_said(
    desk: Desk, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="--blur face: the detector has no such class; it knows"):
        desk.hand(blur=("kite", "face"))
    recipe = load(None)
    with pytest.raises(UsageError, match="--blur needs a detector"):
        hiding(recipe, ("face",), None)
    with pytest.raises(UsageError, match="--blur-weights needs --blur"):
        hiding(recipe, (), "faces.pt")
    with pytest.raises(WeightsError):
        desk.hand(wanted=Wanted(blur=("kite",), blur_weights=str(tmp_path / "none.pt")))
    code, text = call(
        "export", str(desk.workspace.root), "--format", "csv", "--out", str(tmp_path / "out"),
        "--blur", "kite, face",
    )  # fmt: skip
    assert (code, "--blur face" in text) == (2, True)
    assert not (tmp_path / "out").exists()


def test_a_margin_stays_in_the_picture_and_probabilities_are_those_of_the_model() -> None:
    assert widened((0.4, 0.4, 0.6, 0.8)) == pytest.approx((0.38, 0.36, 0.62, 0.84))
    assert widened((0.0, 0.5, 1.0, 0.99)) == pytest.approx((0.0, 0.451, 1.0, 1.0))
    logits = np.array([[0.0, 2.0], [-3.0, -800.0]], np.float32)
    plain = 1 / (1 + np.exp(-logits[0].astype(float)))
    assert probabilities(logits, "sigmoid")[0] == pytest.approx(plain)
    parts = np.exp([0.0, 2.0, 0.0])
    assert probabilities(logits, "softmax")[0] == pytest.approx(parts[:2] / parts.sum(), rel=1e-5)
    assert probabilities(logits, "sigmoid")[1, 1] == pytest.approx(0.0, abs=1e-20)


def test_the_command_says_in_how_many_pictures_something_is_hidden(
    desk: Desk, tmp_path: Path
) -> None:
    number = len(hidden(desk.hand(blur=("kite",))))  # the command finds it, and starts no workers
    out = str(tmp_path / "out")
    code, text = call(
        "export", str(desk.workspace.root), "--format", "csv", "--out", out, "--blur", "kite"
    )
    assert (code, f"hidden (kite) in {number} of them" in text) == (0, True), text
    assert (
        "Hidden as far as a detector found it: kite." in (tmp_path / "out/README.txt").read_text()
    )
