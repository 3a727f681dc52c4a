"""The folder holds everything, beside a page that may fetch nothing."""

import json
from pathlib import Path

import pytest

from framesel.report import folder
from framesel.report.page import Made
from framesel.report.view import View
from tests.report.parsed import Page
from tests.report.test_columns import unpacked

HAND_OVER = "framesel.store.addColumns("


@pytest.fixture(scope="module")
def made(view: View, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return folder.write(view, tmp_path_factory.mktemp("folder") / "out")


def test_the_folder_holds_every_frame_and_a_picture_of_each(view: View, made: Made) -> None:
    root = made.path.parent
    assert made.path.name == "index.html"
    names = {p.name for p in (root / "thumbs").iterdir()}
    assert names == {f"{row}.jpg" for row in range(len(view.frames))}
    assert made.pictures == len(names)
    assert made.size == sum(p.stat().st_size for p in root.rglob("*") if p.is_file())
    text = (root / "data/columns.js").read_text("ascii")
    assert text.startswith(HAND_OVER)
    assert text.endswith(");\n")
    held = json.loads(text[len(HAND_OVER) : -3])
    assert unpacked(held["row"]).tolist() == list(range(len(view.frames)))
    assert unpacked(held["pts"]).tolist() == view.frames.pts.tolist()


def test_its_page_runs_its_own_scripts_and_those_beside_it(made: Made) -> None:
    page = Page(made.path.read_text("utf-8"))
    assert page.story["media"] == "folder"
    assert "columns" not in page.story
    (beside,) = [s for s in page.scripts if "src" in s.attributes]
    assert beside.attributes == {"defer": None, "src": "data/columns.js"}
    assert page.scripts.index(beside) > max(
        at for at, s in enumerate(page.scripts) if s.attributes.get("type") == "module"
    )
    allowed = page.policy["script-src"]
    assert allowed[:2] == ["'self'", "file:"]
    inline = [s for s in page.scripts if s.runs and s is not beside]
    assert {s.sha for s in inline} <= set(allowed)
    assert "'unsafe-inline'" not in allowed
    for card in page.story["cards"]:
        assert card["image"] is None or (made.path.parent / card["image"]).exists()


def test_a_second_time_replaces_the_first_whole(view: View, made: Made, tmp_path: Path) -> None:
    target = tmp_path / "out"
    (target / "thumbs").mkdir(parents=True)
    (target / "thumbs/999999.jpg").write_bytes(b"of another time")
    again = folder.write(view, target)
    assert not (target / "thumbs/999999.jpg").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    files = {p.relative_to(target) for p in target.rglob("*") if p.is_file()}
    root = made.path.parent
    assert files == {p.relative_to(root) for p in root.rglob("*") if p.is_file()}
    assert again.path == target / "index.html"
