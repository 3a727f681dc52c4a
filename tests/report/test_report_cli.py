"""`framesel report` as a user meets it: where it goes, what it refuses, what it opens."""

import json
import shutil
import webbrowser
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from framesel.report.places import is_report
from tests.pipeline.conftest import Bench
from tests.pipeline.test_cli import call
from tests.report.parsed import Page


@pytest.fixture
def ws(looked: Bench, tmp_path: Path) -> Path:
    """A copy that may be changed."""
    return Path(shutil.copytree(looked.root, tmp_path / "ws"))


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was opened in a browser; nothing really is."""
    found: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda url: found.append(url))
    return found


def test_the_page_goes_to_its_round_and_opens_only_when_asked(ws: Path, opened: list[str]) -> None:
    page = ws / "rounds/0001/report.html"
    code, text = call("report", str(ws))
    assert (code, page.exists(), opened) == (0, True, [])
    assert str(page) in text
    assert "MB" in text
    code, _ = call("report", str(ws), "--round", "1", "--open")
    assert (code, opened) == (0, [page.as_uri()])
    folder = ws / "rounds/0001/report"
    code, _ = call("report", str(ws), "--folder", "--open")
    assert (code, opened[1:]) == (0, [(folder / "index.html").as_uri()])
    links = [c["image"] for c in Page(page.read_text("utf-8")).story["cards"] if c["rank"]]
    assert all(link.startswith("export/images/") for link in links)


def test_out_may_be_any_place_outside_and_reports_only_replace_reports(
    ws: Path, tmp_path: Path
) -> None:
    page, mine = tmp_path / "a page.html", tmp_path / "mine.html"
    assert call("report", str(ws), "--out", str(page))[0] == 0
    assert call("report", str(ws), "--out", str(page))[0] == 0
    assert is_report(page)
    (tmp_path / "there").mkdir()
    assert call("report", str(ws), "--out", str(tmp_path / "there"))[0] == 0
    assert is_report(tmp_path / "there/report.html")
    mine.write_text("<!doctype html><p>my own")
    code, text = call("report", str(ws), "--out", str(mine))
    assert (code, "is no report" in text) == (2, True)
    assert mine.read_text().endswith("my own")
    code, text = call("report", str(ws), "--out", str(tmp_path / "report.pdf"))
    assert (code, ".html" in text) == (2, True)


def test_a_folder_replaces_only_what_is_empty_or_a_report(ws: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "index.html").write_text("<!doctype html><p>my own")
    code, text = call("report", str(ws), "--folder", "--out", str(mine))
    assert (code, "is no report" in text) == (2, True)
    assert [p.name for p in mine.iterdir()] == ["index.html"]
    (mine / "index.html").unlink()
    for _ in range(2):
        assert call("report", str(ws), "--folder", "--out", str(mine))[0] == 0
    assert is_report(mine / "index.html")


@pytest.mark.parametrize("place", ["frames", "catalog/x", "rounds/0001/export", "../ws/map"])
@pytest.mark.parametrize("kind", [["--folder"], []])
def test_nothing_is_written_among_the_tables(ws: Path, place: str, kind: list[str]) -> None:
    before = sorted(ws.rglob("*"))
    target = ws / place if kind else ws / place / "report.html"
    code, text = call("report", str(ws), *kind, "--out", str(target))
    assert (code, "lies among the tables" in text) == (2, True)
    assert sorted(ws.rglob("*")) == before


def test_beside_the_tables_a_page_may_be(ws: Path) -> None:
    assert call("report", str(ws), "--out", str(ws / "report.html"))[0] == 0
    images = [c["image"] for c in Page((ws / "report.html").read_text("utf-8")).story["cards"]]
    assert all((ws / image).exists() for image in images if image)


def test_a_selection_of_no_round_goes_to_its_own_folder(ws: Path) -> None:
    (folder,) = (ws / "selection").iterdir()
    (ws / "rounds/0001/round.json").unlink()
    assert call("report", str(ws), "--selection", folder.name)[0] == 0
    assert Page((folder / "report.html").read_text("utf-8")).story["round"] is None


def test_what_is_not_there_is_told(ws: Path, tmp_path: Path) -> None:
    for arguments, code, told in (
        ([str(ws), "--round", "7"], 2, "no selection is called '7'"),
        ([str(ws), "--round", "1", "--selection", "abc"], 2, "not both"),
        ([str(tmp_path)], 1, "not a framesel workspace"),
    ):
        found, text = call("report", *arguments)
        assert (found, told in text) == (code, True), text


def test_a_newer_workspace_is_refused_in_words(ws: Path) -> None:
    (ws / "workspace.json").write_text(json.dumps({"format": 99}))
    code, text = call("report", str(ws))
    assert (code, "has format 99" in text) == (1, True)


@pytest.mark.parametrize(
    ("pattern", "column"),
    [
        ("selection/*/all.parquet", "pts"),
        ("selection/*/left_out.parquet", "why"),
        ("frames/*/s*.parquet", "t_s"),
        ("embeddings/*/s*.parquet", "vector"),
        ("detections/*/s*.parquet", "xyxy"),
    ],
)
def test_a_table_of_another_version_is_named_and_nothing_is_drawn(
    ws: Path, pattern: str, column: str
) -> None:
    path = next(ws.glob(pattern))
    table = pq.ParquetFile(path).read()
    names = [f"{name}_v9" if name == column else name for name in table.column_names]
    pq.write_table(table.rename_columns(names), path)
    code, text = call("report", str(ws))
    assert (code, str(path) in text, "another version" in text) == (1, True, True), text
    assert not (ws / "rounds/0001/report.html").exists()


def test_a_damaged_table_is_named(ws: Path) -> None:
    path = next(ws.glob("selection/*/left_out.parquet"))
    path.write_bytes(path.read_bytes()[:100])
    code, text = call("report", str(ws))
    assert (code, str(path) in text, "damaged" in text) == (1, True, True), text
