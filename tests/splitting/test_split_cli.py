"""`framesel split` and `framesel holdout` as people call them."""

import csv
import re
from pathlib import Path

import pytest

from framesel.catalog import Catalog
from framesel.exporting import last_recipe
from framesel.labels import store
from framesel.rounds import holdout
from framesel.splitting import stored
from framesel.stages.export import picture_name
from framesel.workspace import Workspace
from tests.pipeline.test_cli import call
from tests.splitting.test_other_dataset import picture


def test_split_prints_what_it_wrote(labelled_workspace: Workspace) -> None:
    share = ("--share", "0.6,0.4", "--tau", "1.1", "--gap-s", "0")
    code, text = call("split", str(labelled_workspace.root), *share)
    assert code == 0
    assert re.search(r"train +\d+ frames \(6\d\.\d%\)|train +\d+ frames \(5\d\.\d%\)", text)
    assert "val against train: 0 of" in text
    (folder,) = (labelled_workspace.root / "splits").iterdir()
    assert str(folder / "split.parquet") in text
    assert {path.name for path in folder.iterdir()} == {"split.parquet", "split.json"}


def test_a_dataset_is_written_for_training(labelled_workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    options = ("--tau", "1.1", "--gap-s", "0", "--out", str(out), "--format", "yolo,coco")
    code, text = call("split", str(labelled_workspace.root), *options)
    assert code == 0, text
    labels = sorted((out / "yolo/labels").rglob("*.txt"))
    pictures = sorted((out / "yolo/images").rglob("*.jpg"))
    n = len(store.current(labelled_workspace).keys)
    # of the video that was cut short a frame or two may not decode again
    assert n - 2 <= len(labels) == len(pictures) <= n
    assert {path.parent.name for path in pictures} == {"train", "val", "test"}
    assert [p.stem for p in labels] == [p.stem for p in pictures]
    assert any(path.read_text() == "" for path in labels), "empty frames are background"
    yaml = (out / "yolo/data.yaml").read_text()
    assert re.search(r"^train:", yaml, re.MULTILINE)
    assert {p.name for p in (out / "coco").rglob("*.json")} == {
        f"instances_{name}.json" for name in ("train", "val", "test")
    }


def test_the_split_of_somebody_else_is_measured(
    labelled_workspace: Workspace, tmp_path: Path
) -> None:
    frames = stored.read(labelled_workspace, last_recipe(labelled_workspace))
    videos = Catalog(labelled_workspace).videos
    path = tmp_path / "split.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "split"])
        rows.writerow(["nobody.jpg", "train"])
        for row in range(len(frames)):
            key = int(frames.video_no[row]), int(frames.pts[row])
            name = picture_name(Path(videos[key[0]]["path"]), *key, float(frames.t_s[row]), "png")
            called = (f"some/folder/{name}", f"00001-{name}", f"{key[0]}:{key[1]}")[row % 3]
            rows.writerow([called, ("training", "valid")[row % 2]])
    code, text = call("split", str(labelled_workspace.root), "--check", str(path), "--gap-s", "1")
    assert code == 0, text
    assert "1 names are of no labelled frame" in text
    assert re.search(r"val against train: \d+ of 14 frames leak \(100\.0%\)", text)
    assert "most like" in text
    path.write_text("name,split\nnobody.jpg,train\n")
    code, text = call("split", str(labelled_workspace.root), "--check", str(path))
    assert (code, "none of its 1 names" in text) == (2, True)
    path.write_text("name,split\n0:0,maybe\n")
    code, text = call("split", str(labelled_workspace.root), "--check", str(path))
    assert (code, "line 2: 'maybe' is no split" in text) == (2, True)


def test_a_dataset_of_somebody_else_is_measured_without_a_workspace(tmp_path: Path) -> None:
    for name, seed in (("train/a.jpg", 0), ("val/b.jpg", 0), ("val/c.jpg", 1)):
        picture(tmp_path / name, seed)
    code, text = call("split", "--check-dataset", str(tmp_path), "--tau", "0.97")
    assert code == 0, text
    assert "val against train: 1 of 2 frames leak (50.0%)" in text
    assert "val/b.jpg  most like train/a.jpg" in text


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "name a workspace"),
        (("WS", "--out", "x"), "--out takes a --format"),
        (("WS", "--format", "yolo"), "--out takes a --format"),
        (("WS", "--check", "a", "--check-dataset", "b"), "not both"),
        (("WS", "--fps", "3"), "--fps goes with"),
        (("WS", "--share", "1"), "--share"),
        (("WS", "--tau", "-1"), "tau must be above 0"),
        (("WS",), "no labels yet"),
    ],
)
def test_what_makes_no_sense_is_said(
    workspace: Workspace, options: tuple[str, ...], told: str
) -> None:
    code, text = call("split", *(str(workspace.root) if o == "WS" else o for o in options))
    assert code in (1, 2)
    assert told in " ".join(text.split())


def test_a_holdout_is_drawn_and_told(workspace: Workspace) -> None:
    code, text = call("holdout", str(workspace.root), "--share", "0.3", "--frames", "3")
    assert code == 0, text
    found = holdout.read(workspace)
    assert found is not None
    assert f"held out: {len(found.videos)} videos" in text
    assert "3 frames to be labelled" in text
    code, text = call("holdout", str(workspace.root), "--share", "2")
    assert (code, "--share 2" in text) == (2, True)
