"""`framesel verify` proves what was handed over, wherever it lies now."""

import shutil
from pathlib import Path

import pytest

from framesel.annotation.formats import FORMATS
from framesel.errors import UsageError, WorkspaceError
from framesel.handover.exporting import write_out
from framesel.handover.verifying import verify_all, verify_folder
from framesel.verify import Check
from tests.handover.conftest import Desk
from tests.pipeline.test_cli import call

GOOD = {"ok", "indistinguishable"}


@pytest.fixture
def out(desk: Desk, tmp_path: Path) -> Path:
    """Picks with context in two formats with pictures and in one that need not have any."""
    handed = desk.hand(context=1)
    formats = [FORMATS[name] for name in ("yolo", "voc", "csv")]
    write_out(handed, formats, tmp_path / "out", desk.workspace)
    return tmp_path / "out"


def checks(desk: Desk, out: Path) -> list[Check]:
    return list(verify_folder(desk.workspace, out))


def pictures(out: Path) -> list[Path]:
    return sorted((out / "yolo/images").glob("*.jpg"))


def test_a_fresh_folder_is_right_and_every_picture_is_looked_at(desk: Desk, out: Path) -> None:
    found = checks(desk, out)
    assert {c.verdict for c in found} <= GOOD
    assert "ok" in {c.verdict for c in found}
    assert len(found) == len(list(desk.hand(context=1).sheet().pictures))
    code, text = call("verify", str(desk.workspace.root), str(out))
    assert (code, f"{len(found)} pictures" in text) == (0, True)


def test_swapped_pictures_are_found_in_whichever_format(desk: Desk, out: Path) -> None:
    labelled = sorted((out / "voc/JPEGImages").glob("*.jpg"))
    first, other = labelled[0], labelled[-1]
    content = other.read_bytes()
    first.unlink()  # a hard link: the other format keeps its own
    first.write_bytes(content)
    wrong = [c for c in checks(desk, out) if c.verdict not in GOOD]
    assert [(c.image, c.verdict) for c in wrong] == [(f"voc/JPEGImages/{first.name}", "wrong")]
    assert call("verify", str(desk.workspace.root), str(out))[0] == 1


def test_missing_and_strange_pictures_are_named(desk: Desk, out: Path) -> None:
    gone = sorted((out / "voc/JPEGImages").glob("*.jpg"))[0]
    gone.unlink()
    strange = pictures(out)[0].with_name("holiday.jpg")
    shutil.copy(pictures(out)[0], strange)
    wrong = {c.image: c for c in checks(desk, out) if c.verdict not in GOOD}
    assert wrong[gone.name].detail == "it is not in voc"
    assert wrong[strange.relative_to(out).as_posix()].verdict == "wrong"
    assert len(wrong) == 2


def test_a_folder_of_something_else_or_of_others_is_refused(
    desk: Desk, out: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="is no exported folder"):
        checks(desk, tmp_path)
    shutil.rmtree(desk.workspace.handovers)
    with pytest.raises(WorkspaceError, match="of another workspace"):
        checks(desk, out)


def test_all_that_went_out_is_checked_and_what_is_one_file_once(desk: Desk) -> None:
    assert len(list(verify_all(desk.workspace))) == 8
    handed = desk.hand(context=1)
    found = list(verify_all(desk.workspace))
    assert len(found) == len({p.key for p in handed.sheet().pictures}) > 8
    assert {c.verdict for c in found} <= GOOD
    picks = {p.key for p in handed.sheet().pictures if p.rank}
    pick = next(p for p in handed.sheet().pictures if p.rank)
    others = (p for p in handed.sheet().pictures if p.key not in picks)
    near = next(p for p in others if p.key[0] != pick.key[0])
    path = handed.folder / "images" / near.name
    path.unlink()
    path.hardlink_to(handed.folder / "images" / pick.name)  # a file that was checked as another
    found = list(verify_all(desk.workspace))
    assert [c.image for c in found if c.verdict == "wrong"] == [near.name]
