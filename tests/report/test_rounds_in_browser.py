"""The rounds on the page: the verdict, the rules, the curve, the table, what changed."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.report import handmade

if TYPE_CHECKING:
    from playwright.sync_api import Page

SCRIPTS = (
    "near", "palette", "curves_words", "curves_charts", "curves", "rounds_words", "rounds_charts",
    "rounds",
)  # fmt: skip
HOSTILE = "<img src=x onerror=alert(1)>"


def estimate(value: float) -> dict[str, float | None]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1}


def one_round(number: int, frames: int, ratio: float) -> dict[str, Any]:
    labelled = {"frames": frames, "boxes": 2 * frames, "cost_s": 3600.0 * number, "told": 0.0}
    labelled |= {"by_class": {HOSTILE: frames, "drone": frames // 2}, "empty": 0}
    seen = {"picked": 0.1 * ratio, "control": None, "pool": 0.1, "ratio": ratio, "error": None}
    return {
        "number": number, "picks": 20, "closed": True, "model": "m", "labelled": labelled,
        "uncertainty": seen | {"picks": 20, "controls": 0},
        "trust": {"auroc": 0.5 + number / 40, "trusted": False, "why": f"AUROC {number}"},
        "measured": {"difference": {"word": "better"}},
        "balance": {"classes": ["drone", "kite"], "picks": [3, 1], "pool": [30, 70]},
        "coverage": {"uncovered": 0.25 / number}, "agreement": None,
        "changed": [] if number == 1 else [f"selection: budget: 20 → {HOSTILE}"],
    }  # fmt: skip


def told(*, stop: bool) -> dict[str, Any]:
    points = [
        {"round": n, "frames": 20 * n, "boxes": 40 * n, "cost_s": 3600.0 * n}
        | {"map50": estimate(v), "map50_95": estimate(v / 2)}
        for n, v in ((1, 0.3), (2, 0.45))
    ]
    ruling = {"rule": "plateau", "title": "Plateau", "round": 2, "numbers": {}}
    return {
        "metric": "map50", "on": "holdout", "points": points,
        "rounds": [one_round(1, 20, 2.5), one_round(2, 40, 1.1)],
        "fit": {
            "frames": [20, 40, 60], "value": [0.3, 0.45, 0.5], "low": [0.2, 0.4, 0.4],
            "high": [0.4, 0.5, 0.6],
        },
        "expected": "20 more labels should bring 0.05.",
        "advice": {
            "stop": stop, "sentence": "Two of five rules say so.",
            "rulings": [
                ruling | {"stop": True, "sentence": f"at most 0.002 to gain {HOSTILE}"},
                ruling | {"title": "Coverage", "stop": None, "sentence": "nothing is known"},
            ],
        },
        "remarks": ["models are judged on few frames"],
    }  # fmt: skip


def opened(page: "Page", folder: Path, rounds: dict[str, Any] | None) -> None:
    story = handmade.story() | {"rounds": rounds, "round": 1}
    page.goto(handmade.write(folder, story, "fs-rounds", SCRIPTS, charts=True))


def test_the_rounds_are_told_in_words_and_numbers(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, told(stop=True))
    verdict = browser_page.locator(".fs-verdict")
    verdict.wait_for()
    assert verdict.inner_text() == "Two of five rules say so."
    assert verdict.get_attribute("data-stop") == "true"
    rules = browser_page.locator(".fs-rule").all_inner_texts()
    assert rules[0].split("\n") == ["Plateau", "says stop", f"at most 0.002 to gain {HOSTILE}"]
    assert "cannot tell yet" in rules[1]
    captions = browser_page.locator("figcaption").all_inner_texts()
    assert captions[0] == (
        "After round 2, with 40 labelled frames, mAP50 on the holdout is 0.45 (0.35 to 0.55), "
        "+0.15 since round 1. 20 more labels should bring 0.05."
    )
    assert captions[1].startswith("After round 2, with 80 labelled boxes")
    assert captions[2].startswith("After round 2, with 2 hours of labelling")
    assert "0.11, against 0.1 for all frames: 1.1 times as much" in captions[3]
    assert captions[4] == f"2 classes have labels; 67% of the boxes are {HOSTILE}."
    rows = browser_page.locator("fs-rounds > .fs-chart-table tbody tr").all_inner_texts()
    assert [row.split("\t")[:6] for row in rows] == [
        ["1", "20", "20", "40", "1", "0.3 (0.2 to 0.4)"],
        ["2", "20", "40", "80", "2", "0.45 (0.35 to 0.55)"],
    ]
    assert [row.split("\t")[7:] for row in rows][1] == ["better", "1.1", "0.55", "–", "13%"]
    assert browser_page.locator(".fs-trust").inner_text() == (
        "Round 1: the detector's uncertainty is not trusted, coverage alone chooses: AUROC 1."
    )
    changed = browser_page.locator(".fs-changes").inner_text()
    assert f"selection: budget: 20 → {HOSTILE}" in changed
    assert "models are judged on few frames" in browser_page.locator("fs-rounds").inner_text()


def test_every_curve_is_drawn(browser_page: "Page", tmp_path: Path) -> None:
    browser_page.set_viewport_size({"width": 900, "height": 4000})
    opened(browser_page, tmp_path, told(stop=False))
    kinds = ("curve-frames", "curve-boxes", "curve-hours", "uncertainty", "balance")
    for kind in kinds:
        browser_page.wait_for_selector(f"[data-kind={kind}] svg .xy")
    curve = browser_page.locator("[data-kind=curve-frames]")
    assert curve.locator(".errorbar").count() == 4
    assert curve.locator(".legendtext").all_text_contents() == ["fitted", "mAP50", "mAP50-95"]
    assert browser_page.locator("[data-kind=curve-boxes] .legendtext").count() == 2
    names = browser_page.locator("[data-kind=balance] .ytick text").all_text_contents()
    assert f"{HOSTILE[:23]}…" in names
    assert browser_page.locator(".fs-verdict").get_attribute("data-stop") == "false"
    assert browser_page.locator(".fs-rules[open]").count() == 0


def test_without_rounds_there_is_nothing(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, None)
    browser_page.wait_for_function("document.readyState === 'complete'")
    assert browser_page.locator("fs-rounds > *").count() == 0
