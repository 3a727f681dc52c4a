"""`framesel export --format`: a folder for each format, refused where something else lies."""

import json
from pathlib import Path

import pytest

from framesel.annotation.formats import FORMATS
from framesel.annotation.opening import open_labels
from framesel.handover.handing import handovers
from tests.handover.conftest import Desk
from tests.pipeline.reviewing import Reviewer
from tests.pipeline.test_cli import call

WRITTEN = [name for name, one in FORMATS.items() if one.writes]


def export(desk: Desk, *options: str) -> tuple[int, str]:
    """Calls the command."""
    return call("export", str(desk.workspace.root), *options)


def test_every_format_lies_in_a_folder_of_its_own_and_names_the_same_pictures(
    desk: Desk, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code, text = export(desk, "--format", ",".join(WRITTEN), "--out", str(out), "--context", "1")
    assert (code, "8 pictures and" in text) == (0, True), text
    assert sorted(p.name for p in out.iterdir() if p.is_dir()) == sorted(WRITTEN)
    (handed,) = handovers(desk.workspace)
    names = {p.name for p in handed.sheet().pictures if p.rank}
    guessed = {p.name: len(p.boxes) for p in handed.sheet().pictures if p.boxes}
    readme = (out / "README.txt").read_text("utf-8")
    for name in WRITTEN:
        assert f"\n{name}/\n" in readme
        path = out / name / "tasks.json" if name == "label-studio" else out / name
        found = open_labels(path, name).pictures if name != "label-studio" else ()
        boxes = {Path(p.name).name: len(p.boxes) for p in found if p.boxes}
        assert boxes in (guessed, {}), name  # predictions are no labels, frames no annotations
        assert {Path(p.name).name for p in found} <= names
    assert "context that is not to be labelled" in readme


def test_without_a_format_the_round_is_exported_as_ever(desk: Desk) -> None:
    reviewer = Reviewer(desk.workspace)
    reviewer.say("tag", reviewer.picks()[0], text="night")
    code, text = export(desk)
    assert (code, "round 1: 8 picks" in text) == (0, True), text
    assert reviewer.listed()[0]["tags"] == ["night"]
    folder = desk.workspace.root / "rounds/0001/export"
    assert {p.name for p in folder.iterdir()} == {
        "export.json", "images", "picks.csv", "picks.parquet",
    }  # fmt: skip
    assert not desk.workspace.handovers.exists()


def test_the_same_again_adds_formats_and_writes_nothing_anew(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export(desk, "--format", "coco", "--out", str(out))[0] == 0
    before = (out / "coco/annotations/instances_default.json").stat()
    (out / "coco/mine.txt").write_text("a note")
    assert export(desk, "--format", "coco,csv", "--out", str(out))[0] == 0
    after = (out / "coco/annotations/instances_default.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert json.loads((out / "handover.json").read_text("utf-8"))["formats"] == ["coco", "csv"]
    assert (out / "csv/boxes.csv").exists()
    assert (out / "coco/mine.txt").exists()


def test_a_folder_with_other_content_is_refused_and_left_alone(desk: Desk, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "holiday.txt").write_text("sun")
    code, text = export(desk, "--format", "coco", "--out", str(full))
    assert (code, "exists and is no export" in text) == (2, True)
    assert [p.name for p in full.iterdir()] == ["holiday.txt"]
    assert not desk.workspace.handovers.exists()
    file = tmp_path / "file"
    file.write_text("")
    assert export(desk, "--format", "coco", "--out", str(file))[0] == 2
    inside = desk.workspace.root / "labels"
    code, text = export(desk, "--format", "coco", "--out", str(inside))
    assert (code, "lies in the workspace" in text) == (2, True)
    assert not inside.exists()


def test_another_handover_and_strange_files_are_refused(desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert export(desk, "--format", "coco", "--out", str(out))[0] == 0
    code, text = export(desk, "--format", "coco", "--out", str(out), "--no-pre-annotations")
    assert (code, "holds handover 1, and this is handover 2" in text) == (2, True), text
    (out / "notes.md").write_text("mine")
    code, text = export(desk, "--format", "coco", "--out", str(out))
    assert (code, "'notes.md', which is not of this export" in text) == (2, True)
    (out / "handover.json").write_text('{"handover": "1"}')
    assert export(desk, "--format", "coco", "--out", str(out))[0] == 2


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--format", "coco"), "say with --out"),
        (("--out", "x"), "name what to write with --format"),
        (("--context", "1"), "name what to write with --format"),
        (("--format", "cocoa", "--out", "x"), "there is no format 'cocoa'"),
        (("--format", "mot", "--out", "x"), "framesel reads mot"),
        (("--format", ",", "--out", "x"), "name a format"),
        (("--format", "coco", "--out", "x", "--round", "7"), "there is no round 7 with picks"),
        (("--format", "coco", "--out", "x", "--what", "holdout"), "has no holdout"),
        (
            ("--format", "coco", "--out", "x", "--what", "holdout", "--round", "1"),
            "a holdout is of no round",
        ),
    ],
)
def test_what_makes_no_sense_is_said(
    desk: Desk, tmp_path: Path, options: tuple[str, ...], told: str
) -> None:
    given = [str(tmp_path / "x") if option == "x" else option for option in options]
    code, text = export(desk, *given)
    assert code == 2
    assert told in " ".join(text.split())
    assert not (tmp_path / "x").exists()
