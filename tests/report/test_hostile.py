"""Names, classes and metadata full of markup stay text; missing pictures are told."""

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.report import page, shell
from framesel.report.story import Story, as_json
from framesel.report.view import View
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.pipeline.conftest import Bench
from tests.report.parsed import Page

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

MARKUP = "</script><script>alert(1)</script>"
NAMES = (
    "<img src=x onerror=alert(1)>.mp4",
    '"><svg onload=alert(1)>.mp4',
    "<!--<script>{{7*7}}{% x %}.mp4",
    "x<\N{LINE SEPARATOR}style>'.mp4",
)
CLASSES = (MARKUP, "<b onclick=alert(1)>", "]]>&lt;")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> tuple[Bench, Page]:
    """A workspace in which all that comes from outside is markup, and its page."""
    root = tmp_path_factory.mktemp("hostile")
    videos = root / "in<" / "script>alert(1)<"
    videos.mkdir(parents=True)
    sources = sorted(
        p for p in footage.folder.iterdir() if p.suffix == ".mp4" and "no_" not in p.name
    )
    for name, source in zip(NAMES, sources, strict=False):
        shutil.copy(source, videos / name)
    told = root / "told.csv"
    told.write_text("path,site,<b>\n" + "".join(f'"{escaped(n)}","{MARKUP}",<i>\n' for n in NAMES))
    model = yolo_model("v8", 3, seed=0)
    model.names = dict(enumerate(CLASSES))
    weights = save_yolo(root / "small.pt", model)
    bench = Bench(root / "<i>ws & {{7*7}}", videos)
    bench.run(
        f"detections.weights={weights}",
        f"detections.size_px={SIZE_PX}",
        "detections.precision=fp32",
        "detections.top_classes=2",
        f"catalog.metadata={told}",
        "selection.budget=4",
    )
    made = page.write(View.of(bench.workspace), bench.root / "report.html")
    return bench, Page(made.path.read_text("utf-8"))


def escaped(text: str) -> str:
    return text.replace('"', '""')


def test_hostile_names_are_text_in_the_story_and_nowhere_markup(
    hostile: tuple[Bench, Page],
) -> None:
    _, found = hostile
    story = found.story
    assert {video["name"] for video in story["videos"]} == set(NAMES)
    assert {video["folder"] for video in story["videos"]} == {"script>alert(1)<"}
    assert {video["metadata"]["site"] for video in story["videos"]} == {MARKUP}
    assert story["classes"] == list(CLASSES)
    assert story["workspace"] == "<i>ws & {{7*7}}"
    assert {video for card in story["cards"] for video in [card["video"]]} <= set(NAMES)
    seen = {name for card in story["cards"] for name in card["classes"]}
    assert seen
    assert seen <= set(CLASSES)


def test_a_hostile_page_has_the_elements_of_any_page(
    hostile: tuple[Bench, Page], view: View, tmp_path: Path
) -> None:
    _, found = hostile
    usual = Page(page.write(view, tmp_path / "report.html").path.read_text("utf-8"))

    def elements(one: Page) -> list[str]:
        kept = [tag for tag in one.tags if tag not in ("li", "ul")]
        blocks = sum(str(s.attributes.get("id")).startswith("thumbs-") for s in one.scripts)
        for _ in range(blocks):
            kept.remove("script")
        return [tag for tag in kept if (tag != "section")]

    assert elements(found) == elements(usual)
    assert [s.sha for s in found.scripts if s.runs] == [s.sha for s in usual.scripts if s.runs]
    assert "<i>ws & {{7*7}}, round 1" in found.text
    assert not [value for _, name, value in found.attributes if name.startswith("on")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_no_json_says_anything_to_html_and_no_number_is_nan(value: object) -> None:
    text = as_json(value)
    assert not set("<>&") & set(text)
    assert text.isascii()

    def refuse(name: str) -> object:
        raise AssertionError(name)

    found = json.loads(text, parse_constant=refuse)
    if isinstance(value, (str, int, bool)) or value is None:
        assert found == value


@settings(max_examples=15)
@given(st.text(), st.text(), st.text())
def test_whatever_is_said_around_the_story_is_escaped(name: str, strategy: str, said: str) -> None:
    none = np.empty(0, np.int64)
    counts = {"picks": 1, "frames": 2, "videos": 3}
    told = {"workspace": name, "selection": "s", "round": None, "counts": counts}
    story = Story({**told, "strategy": strategy}, none, none, none, [said])
    found = Page(shell.html(story).decode("utf-8"))
    assert found.tags.count("script") == 2 + len(
        [s for s in found.scripts if s.attributes.get("type") == "module"]
    )
    shown = [part for part in shell.PARTS if part.id != "rounds"]  # nothing is told of those
    assert found.tags.count("li") == len(shown) + 1
    assert found.json("story")["strategy"] == strategy


def test_pages_of_videos_that_are_gone_tell_so(tmp_path: Path, footage: "Truth") -> None:
    videos = tmp_path / "videos"
    shutil.copytree(footage.folder, videos)
    bench = Bench(tmp_path / "ws", videos)
    bench.run("frames.store_px=0", "selection.budget=3")
    shutil.rmtree(videos)
    shutil.rmtree(bench.root / "rounds/0001/export/images")
    view = View.of(bench.workspace)
    made = page.write(view, tmp_path / "report.html")
    found = Page(made.path.read_text("utf-8"))
    assert made.pictures == 0
    assert found.story["thumb_blocks"] == {}
    assert all(card["image"] is None for card in found.story["cards"])
    assert "No picture of 3 frames could be had" in found.text
    assert "Only picks have pictures" in found.text
