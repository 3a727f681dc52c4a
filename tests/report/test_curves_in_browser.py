"""The curves: drawn once they are near, in the page's colours, and told in words and numbers."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.report import handmade

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPTS = ("near", "palette", "curves_words", "curves_charts", "curves")
HOSTILE = "<img src=x onerror=alert(1)>&amp;"


def arm(name: str, distance: list[float], redundant: list[float]) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name}
    for what, values in (("distance", distance), ("redundant", redundant)):
        found |= {what: values, f"{what}_low": values, f"{what}_high": values}
    return found


def seen(frames: int, empty: int, showing: list[int]) -> dict[str, Any]:
    return {
        "frames": frames, "empty": empty, "boxes": showing, "showing": showing,
        "box_share": [n / sum(showing) for n in showing],
        "frame_share": [n / frames for n in showing],
    }  # fmt: skip


def figures() -> dict[str, Any]:
    return {
        "gains": {
            "rank": [1, 2, 3, 4, 5], "gain": [8.0, None, 2.0, 1.5, 1.0],
            "source": ["coverage", "random", "coverage", "coverage", "coverage"],
            "terms": {"coverage": [8.0, None, 2.0, 1.5, 1.0]}, "picks": 3, "main": "coverage",
            "unit": "coverage", "adds_up": True,
            "next": {
                "frames": 2, "first": 1.5, "last": 1.0, "gain": 2.5, "share": 0.25,
                "text": "2 more frames would add 25% to what the picks gained.",
            },
        },
        "coverage": {
            "budgets": [1, 2, 3], "tau_cos": 0.95, "note": "Measured on some.",
            "arms": [
                arm("picks", [0.5, 0.3, 0.2], [0.0, 0.0, 0.0]),
                arm("uniform", [0.6, 0.5, 0.4], [0.0, 0.1, 0.25]),
                arm("random", [0.7, 0.6, 0.5], [0.0, 0.2, 0.5]),
            ],
        },
        "scores": {
            "name": "entropy", "edges": [0.0, 0.5, 1.0], "pool": [1.5, 0.5], "picks": [0.5, 1.5],
            "frames": {"pool": 40, "picks": 4}, "medians": {"pool": 0.3, "picks": 0.7},
        },
        "class_shares": {
            "names": ["person", HOSTILE],
            "pool": seen(100, 40, [60, 5]), "picks": seen(10, 1, [6, 5]),
        },
    }  # fmt: skip


def opened(page: "Page", folder: Path, told: dict[str, Any]) -> None:
    page.goto(handmade.write(folder, handmade.story() | told, "fs-curves", SCRIPTS, charts=True))
    page.wait_for_selector("fs-curves figure, fs-curves p")


def captions(page: "Page") -> dict[str, str]:
    figures = page.locator("fs-curves figure")
    headings = figures.locator("h3").all_inner_texts()
    said = figures.locator("figcaption").all_inner_texts()
    return dict(zip(headings, said, strict=True))


def test_every_curve_says_what_it_finds(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, figures())
    said = captions(browser_page)
    assert said["Gain by rank"] == (
        "Pick 1 gained 8, pick 3 gained 2. 2 more frames would add 25% to what the picks gained. "
        "1 more pick was not bought for this gain and is not in the curve."
    )
    assert (
        "0.2 away from the nearest pick on average, against 0.4 for uniform and 0.5 for"
        in (said["Coverage"])
    )
    assert said["Coverage"].endswith("Measured on some.")
    assert (
        "0% nearly repeat another pick, against 25% for uniform and 50% for" in (said["Redundancy"])
    )
    assert said["Scores"] == "Half of the picks score above 0.7; half of all frames above 0.3."
    assert said["Classes"] == (
        f"{HOSTILE} rose most: in 50% of the picks, in 5% of all frames. "
        "10% of the picks show no confident box, and 40% of all frames."
    )


def test_numbers_stand_in_tables(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, figures())
    browser_page.locator("summary").nth(1).click()
    cells = browser_page.locator("figure").nth(1).locator("tr").all_inner_texts()
    assert [line.split() for line in cells] == [
        ["Frames", "Picks", "Uniform", "Random"],
        ["1", "0.5", "0.6", "0.7"],
        ["2", "0.3", "0.5", "0.6"],
        ["3", "0.2", "0.4", "0.5"],
    ]
    browser_page.locator("summary").nth(3).click()
    shares = browser_page.locator("figure").nth(3).locator("tbody tr").all_inner_texts()
    assert [line.split("\t") for line in shares] == [
        ["0 to 0.5", "75%", "25%"],
        ["0.5 to 1", "25%", "75%"],
    ]


def test_charts_are_drawn_when_they_come_near(browser_page: "Page", tmp_path: Path) -> None:
    story = figures()
    browser_page.set_viewport_size({"width": 700, "height": 300})
    opened(browser_page, tmp_path, story)
    browser_page.wait_for_selector("[data-kind=gains] svg")
    assert browser_page.locator("[data-kind=classes] svg").count() == 0
    browser_page.locator("[data-kind=classes]").scroll_into_view_if_needed()
    browser_page.wait_for_selector("[data-kind=classes] svg")
    # names from outside are letters, whatever they look like
    ticks = browser_page.locator("[data-kind=classes] .ytick text").all_text_contents()
    assert "<img src=x onerror=aler…" in ticks
    label = browser_page.locator("[data-kind=gains]").get_attribute("aria-label")
    assert label is not None
    assert label.startswith("Gain by rank: Pick 1 gained 8")


def test_the_script_for_charts_waits_for_the_first_chart(
    browser_page: "Page", tmp_path: Path
) -> None:
    nothing = dict.fromkeys(figures())
    opened(browser_page, tmp_path, nothing)
    assert browser_page.evaluate("typeof Plotly") == "undefined"
    assert "There are no gains to show." in browser_page.locator("fs-curves").inner_text()
    assert browser_page.locator("figure").count() == 0


def test_paper_gets_all_charts(browser_page: "Page", tmp_path: Path) -> None:
    browser_page.set_viewport_size({"width": 700, "height": 300})
    opened(browser_page, tmp_path, figures())
    browser_page.wait_for_selector("[data-kind=gains] svg")
    assert browser_page.locator("[data-kind=classes] svg").count() == 0
    browser_page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert browser_page.locator("[data-kind=classes] svg").count() > 0


def test_charts_take_the_colours_of_the_theme(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, figures() | {"coverage": None})
    line = browser_page.locator("[data-kind=gains] .js-line").first
    expect(line).to_have_css("stroke", "rgb(217, 72, 15)")
    browser_page.evaluate("document.documentElement.dataset.theme = 'dark'")
    expect(line).to_have_css("stroke", "rgb(255, 138, 76)")


def test_without_the_script_the_words_remain(browser_page: "Page", tmp_path: Path) -> None:
    address = handmade.write(tmp_path, handmade.story() | figures(), "fs-curves", SCRIPTS)
    browser_page.goto(address)
    browser_page.get_by_text("The chart could not be drawn").first.wait_for()
    assert captions(browser_page)["Scores"].startswith("Half of the picks")


def test_long_tables_keep_first_and_last_ranks(browser_page: "Page", tmp_path: Path) -> None:
    told = figures()
    n = 2000
    told["gains"] |= {
        "rank": list(range(1, n + 1)), "gain": [1 / k for k in range(1, n + 1)],
        "source": ["coverage"] * n, "terms": {}, "picks": n, "next": None,
    }  # fmt: skip
    opened(browser_page, tmp_path, told)
    browser_page.locator("summary").first.click()
    ranks = browser_page.locator("figure").first.locator("tbody th").all_inner_texts()
    assert ranks[:3] == ["1", "2", "3"]
    assert ranks[-1] == "2,000"
    assert len(ranks) <= 40
