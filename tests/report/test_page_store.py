"""What all parts of the page share: numbers as text, columns, cards, filters."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report import handmade

if TYPE_CHECKING:
    from playwright.sync_api import Page


def opened(page: "Page", folder: Path) -> None:
    page.goto(handmade.write(folder, handmade.story(), "main", ()))


@pytest.mark.parametrize(
    ("call", "text"),
    [
        ("time(0)", "0:00.0"),
        ("time(62.34)", "1:02.3"),
        ("time(59.96)", "1:00.0"),
        ("time(3725.5)", "1:02:05.5"),
        ("time(null)", "–"),
        ("num(1234.567)", "1,234.57"),
        ("num(0.00012)", "0.00012"),
        ("num(0)", "0"),
        ("num(NaN)", "–"),
        ("share(0.5)", "50%"),
        ("share(0.0312)", "3.1%"),
        ("share(0.00001)", "< 0.1%"),
        ("count(1234567)", "1,234,567"),
        ("bytes(0)", "0 B"),
        ("bytes(1536)", "1.5 KiB"),
    ],
)
def test_numbers_as_text(browser_page: "Page", tmp_path: Path, call: str, text: str) -> None:
    opened(browser_page, tmp_path)
    assert browser_page.evaluate(f"framesel.fmt.{call}") == text


def test_cards_and_columns_agree(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    light = browser_page.evaluate("framesel.card(42)")
    assert light["light"]
    assert (light["key"], light["video"], light["fate"]) == ("2:200", "video 1.mp4", "duplicate")
    assert light["keeper"] == 40
    assert light["t_s"] == 2
    assert browser_page.evaluate("framesel.card(40).light") is None
    assert browser_page.evaluate("framesel.card(120)") is None
    assert browser_page.evaluate("framesel.store.rowOf('2:200')") == 42
    assert browser_page.evaluate("framesel.store.rowOf('2:201')") == -1
    assert browser_page.evaluate("framesel.store.rowOf('x')") == -1
    assert browser_page.evaluate("framesel.columns('nothing')") is None


def test_rows_are_found_where_the_page_holds_only_some(
    browser_page: "Page", tmp_path: Path
) -> None:
    told = handmade.story(videos=1, frames=10)
    told["columns"]["row"] = handmade.column("i32", [0, 3, 4, 9, 20, 21, 40, 41, 90, 1000])
    browser_page.goto(handmade.write(tmp_path, told, "main", ()))
    found = browser_page.evaluate("[0, 3, 9, 1000, 1, 999, 1001, -1].map(framesel.at)")
    assert found == [0, 1, 3, 9, -1, -1, -1, -1]


FILTERS: list[dict[str, Any]] = [
    {"video": [2]},
    {"fate": ["pick", "rejected"]},
    {"score": [0.3, 0.6]},
    {"text": "VIDEO 2"},
    {"video": [1, 3], "fate": ["duplicate"], "score": [0, 0.5], "text": "mp4"},
    {"text": "nowhere"},
]


@pytest.mark.parametrize("wanted", FILTERS, ids=lambda wanted: "-".join(wanted))
def test_the_mask_says_of_each_frame_what_its_card_says(
    browser_page: "Page", tmp_path: Path, wanted: dict[str, Any]
) -> None:
    opened(browser_page, tmp_path)
    mask, cards = browser_page.evaluate(
        """wanted => {
          const patch = Object.fromEntries(Object.entries(wanted).map(([name, value]) =>
            [name, ["video", "fate"].includes(name) ? new Set(value) : value]));
          const { store } = framesel;
          store.setFilters(patch);
          return [[...store.mask()],
            Array.from(framesel.columns("row"), row => Number(store.matches(framesel.card(row))))];
        }""",
        wanted,
    )
    assert mask == cards
    assert sum(mask) < 120
    assert sum(mask) > 0 or wanted["text"] == "nowhere"


def test_what_only_cards_know_light_frames_fail(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    mask = browser_page.evaluate("""() => {
      framesel.store.setFilters({classes: new Set(["person"])});
      return [...framesel.store.mask()];
    }""")
    assert [row for row, passes in enumerate(mask) if passes] == list(range(0, 120, 10))


def test_nodes_take_no_code(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    refused = browser_page.evaluate("""() => ["onclick", "style", "srcdoc", "onError"].map(name => {
      try { framesel.el("a", {[name]: "x"}); return false; } catch { return true; }
    })""")
    assert refused == [True] * 4
    assert browser_page.evaluate("framesel.el('p', null, '<b>x</b>').childElementCount") == 0
    assert browser_page.evaluate("framesel.el = 1, typeof framesel.el") == "function"


def test_elements_stop_listening_when_they_leave(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    heard = browser_page.evaluate("""() => {
      let heard = 0;
      framesel.define("fs-heard", class extends framesel.Component {
        draw() { this.listen(framesel.store, "filters", () => heard++); }
      });
      const node = framesel.el("fs-heard");
      document.body.append(node);
      framesel.store.clearFilters();
      node.remove();
      framesel.store.clearFilters();
      document.body.append(node);
      framesel.store.clearFilters();
      return heard;
    }""")
    assert heard == 2
