"""An export shows what a reviewer left, hides what was blurred, and loses nothing on the way."""

import csv
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import exporting, recipe, upkeep
from framesel.errors import WorkspaceError
from framesel.rounds import decisions, state
from framesel.verify import Check, verify
from framesel.video.blur import covered
from tests.pipeline.conftest import Bench, Recorder
from tests.pipeline.reviewing import Reviewer
from tests.resume.faults import Inline, Moment, run_apart, tree

if TYPE_CHECKING:
    from numpy.typing import NDArray

BOX = (0.2, 0.3, 0.7, 0.9)


def export_folder(bench: Bench) -> Path:
    return bench.root / "rounds/0001/export"


def pictures(bench: Bench) -> dict[str, tuple[int, bytes]]:
    """Name to inode and bytes of every exported picture."""
    found = sorted((export_folder(bench) / "images").iterdir())
    return {p.name: (p.stat().st_ino, p.read_bytes()) for p in found}


def image_of(bench: Bench, key: tuple[int, int]) -> Path:
    """The picture of a pick."""
    rows = Reviewer(bench.workspace).listed()
    (name,) = [r["image"] for r in rows if (r["video_no"], r["pts"]) == key]
    return export_folder(bench) / "images" / str(name)


def pixels_of(path: Path) -> "NDArray[np.uint8]":
    return np.asarray(cv2.imread(str(path)), np.uint8)


def checks(bench: Bench) -> dict[str, Check]:
    return {check.image: check for check in verify(bench.workspace)}


def test_exactly_the_decisions_are_in_the_lists(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    first = reviewer.picks()
    enters, pinned = reviewer.others()[:2]
    reviewer.reject(first[2], enters)
    reviewer.say("pin", pinned, row=reviewer.row(pinned))
    reviewer.say("keep", first[0])
    for tag in ("night", '<img src=x onerror="alert(1)">'):
        reviewer.say("tag", first[1], text=tag)
    reviewer.export()
    rows = reviewer.listed()
    assert [(r["video_no"], r["pts"]) for r in rows] == reviewer.picks()
    assert [r["rank"] for r in rows] == list(range(1, 10))
    told = [r["verdict"] for r in rows]
    assert told == ["pinned", "kept", "", "replacement", "", "", "", "", ""]
    assert rows[2]["tags"] == ["night", '<img src=x onerror="alert(1)">']
    assert {r["image"] for r in rows} == set(pictures(bench))
    with (export_folder(bench) / "picks.csv").open(encoding="utf-8", newline="") as file:
        texts = list(csv.DictReader(file))
    assert [t["verdict"] for t in texts] == told
    assert [t["tags"] for t in texts][:3] == ["", "", 'night; <img src=x onerror="alert(1)">']
    assert {c.verdict for c in checks(bench).values()} <= {"ok", "indistinguishable"}


def test_only_changed_pictures_are_written_and_labels_stay(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    before, first = pictures(bench), reviewer.picks()
    label = export_folder(bench) / "labels" / f"{image_of(bench, first[3]).stem}.txt"
    label.parent.mkdir()
    label.write_text("0 0.5 0.5 0.1 0.1\n")
    enters = reviewer.others()[0]
    gone, hidden = image_of(bench, first[0]).name, image_of(bench, first[1]).name
    reviewer.reject(first[0], enters)
    reviewer.say("blur", first[1], box=BOX)
    reviewer.say("tag", first[2], text="night")
    reviewer.export()
    after = pictures(bench)
    new = image_of(bench, enters).name
    assert set(after) == set(before) - {gone} | {new}
    assert [name for name in before if name in after and before[name] != after[name]] == [hidden]
    assert label.read_text() == "0 0.5 0.5 0.1 0.1\n"
    assert sorted(p.name for p in (bench.root / "rounds/0001").iterdir()) == [
        "export",
        "round.json",
    ]
    assert reviewer.export().todo == {}  # nothing is left to do
    assert pictures(bench) == after


def test_a_tag_alone_exports_again_without_decoding(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    before = pictures(bench)
    reviewer.say("tag", reviewer.picks()[0], text="night")
    for video in bench.videos.iterdir():
        video.unlink()  # what is not there cannot be decoded
    assert reviewer.export().todo == {}
    assert pictures(bench) == before
    assert reviewer.listed()[0]["tags"] == ["night"]


@pytest.mark.parametrize("suffix", ["jpg", "png"])
def test_what_is_blurred_is_gone_and_the_rest_still_proves_the_frame(
    bench: Bench, suffix: str
) -> None:
    bench.run(f"export.format={suffix}")
    reviewer = Reviewer(bench.workspace)
    honest = {c.pts: c.verdict for c in checks(bench).values()}
    keys = reviewer.picks()
    plain = {key: pixels_of(image_of(bench, key)) for key in keys}
    for key in keys:
        reviewer.say("blur", key, box=BOX)
    reviewer.export()
    found = checks(bench)
    assert len(found) == len(keys)
    for key in keys:
        path = image_of(bench, key)
        check, image = found[path.name], pixels_of(path)
        assert check.detail == "blurred"
        assert check.verdict in ("ok", "indistinguishable")
        mask = covered([BOX], image.shape[1], image.shape[0])
        assert np.abs(image[~mask].astype(int) - plain[key][~mask]).mean() < 2
        assert image[mask].std() <= plain[key][mask].std() + 1
    assert [c.verdict for c in found.values()].count("ok") >= 2, honest


def test_a_picture_that_shows_what_it_should_not_is_wrong(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    plain = {key: image_of(bench, key).read_bytes() for key in reviewer.picks()}
    for key in plain:
        reviewer.say("blur", key, box=(0.0, 0.0, 1.0, 0.6))
    reviewer.export()
    for key, content in plain.items():
        image_of(bench, key).write_bytes(content)
    told = [c for c in checks(bench).values() if c.detail == "what should be blurred can be seen"]
    assert told
    assert {c.verdict for c in told} == {"wrong"}


def test_a_blurred_picture_of_another_frame_is_still_found(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    keys = reviewer.picks()
    for key in keys:
        reviewer.say("blur", key, box=(0.4, 0.4, 0.6, 0.6))
    reviewer.export()
    paths = [image_of(bench, key) for key in keys]
    contents = [p.read_bytes() for p in paths]
    for path, content in zip(paths, [*contents[1:], contents[0]], strict=True):
        path.write_bytes(content)
    assert {check.verdict for check in checks(bench).values()} == {"wrong"}


def test_a_blur_is_taken_back_by_decoding_again(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    key, before = reviewer.picks()[0], pictures(bench)
    reviewer.say("blur", key, box=(0.0, 0.0, 1.0, 1.0))
    reviewer.export()
    assert checks(bench)[image_of(bench, key).name].detail == "blurred all over"
    reviewer.say("unblur", key)
    reviewer.export()
    assert {n: c for n, (_, c) in pictures(bench).items()} == {n: c for n, (_, c) in before.items()}


def test_an_export_killed_at_every_moment_ends_up_the_same(bench: Bench, tmp_path: Path) -> None:
    reviewer = Reviewer(bench.workspace)
    first, enters = reviewer.picks(), reviewer.others()[0]
    (export_folder(bench) / "labels").mkdir()
    (export_folder(bench) / "labels" / "mine.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    reviewer.reject(first[0], enters)
    reviewer.say("blur", first[1], box=BOX)
    twin = tmp_path / "twin"
    shutil.copytree(bench.root, twin)
    chosen = recipe.load(bench.workspace.recipe)
    files = sorted(bench.videos.iterdir())
    run_apart(twin, chosen, files, None)
    survived: set[Moment] = set()
    while (killed := run_apart(bench.root, chosen, files, survived)) is not None:
        survived.add(killed)
        there = [export_folder(bench), export_folder(bench).with_name("export.old")]
        assert any((p / "labels/mine.txt").exists() for p in there)
    assert {when for when, _ in survived} == {"before", "after"}
    rounds = {k: v for k, v in tree(twin).items() if k.startswith("rounds")}
    assert {k: v for k, v in tree(bench.root).items() if k.startswith("rounds")} == rounds


def test_a_second_export_waits_for_nobody(bench: Bench) -> None:
    with bench.workspace.locked(), pytest.raises(WorkspaceError, match="another framesel"):
        exporting.export_now(bench.workspace, Recorder(), Inline)


def test_a_decision_about_a_video_that_nobody_knows_is_named(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    row = {**reviewer.row(reviewer.others()[0]), "video_no": 999}
    reviewer.say("pin", (999, row["pts"]), row=row)
    with pytest.raises(WorkspaceError, match="a frame of video 999 is to be exported"):
        exporting.export_now(bench.workspace, Recorder(), Inline)
    assert pictures(bench)


def test_nothing_chosen_is_said(tmp_path: Path) -> None:
    empty = Bench(tmp_path / "ws", tmp_path)
    empty.root.mkdir()
    (empty.root / "workspace.json").write_text('{"format": 1}')
    with pytest.raises(WorkspaceError, match="nothing was chosen"):
        exporting.export_now(empty.workspace, Recorder(), Inline)


def test_forgetting_a_video_takes_what_was_said_of_it(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    key = reviewer.picks()[0]
    reviewer.say("tag", key, text="private garden")
    upkeep.forget(bench.workspace, key[0])
    assert decisions.read(bench.workspace)[0].kind == "undo"
    assert not [k for k, v in tree(bench.root).items() if b"private garden" in v]


def test_a_closed_round_is_exported_as_it_was_closed(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    reviewer.reject(reviewer.picks()[0])
    state.close(bench.workspace, state.current(bench.workspace), decisions.last(bench.workspace))
    reviewer.export()
    assert len(_keys(bench)) == 7


def _keys(bench: Bench) -> list[Any]:
    table = pq.read_table(export_folder(bench) / "picks.parquet", partitioning=None)
    return list(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))


def test_an_export_from_before_there_were_reviews_is_verified_and_taken_over(bench: Bench) -> None:
    reviewer = Reviewer(bench.workspace)
    path, before = export_folder(bench) / "picks.parquet", pictures(bench)
    table = pq.read_table(path, partitioning=None)
    pq.write_table(table.drop_columns(["verdict", "tags", "blurs"]), path)
    assert {c.verdict for c in checks(bench).values()} <= {"ok", "indistinguishable"}
    assert exporting.is_current(bench.workspace, state.current(bench.workspace))
    reviewer.say("tag", reviewer.picks()[0], text="night")
    assert not exporting.is_current(bench.workspace, state.current(bench.workspace))
    assert reviewer.export().todo == {}
    assert pictures(bench) == before
