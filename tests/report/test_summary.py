"""The last words of a run."""

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from framesel.cli.app import app
from framesel.errors import WorkspaceError
from framesel.report import summary as module
from framesel.report.figures.coverage import coverage
from framesel.report.summary import BARS, sparkline, summary
from framesel.report.view import FATES, View
from tests.pipeline.conftest import Bench


def texts(lines: list[str]) -> dict[str, str]:
    """Title to text; what goes on below is joined."""
    found: dict[str, str] = {}
    for line in lines:
        title, text = line[2:12].strip(), line[12:].strip()
        last = next(reversed(found), "")
        found[title or last] = f"{found.get(last, '')} {text}".strip() if not title else text
    return found


def test_it_is_short_and_narrow(view: View, finished: Bench) -> None:
    for one in (view, View.of(finished.workspace)):
        lines = summary(one)
        assert 5 <= len(lines) <= 14
        assert all(len(line) <= 80 for line in lines if "framesel " not in line)
        assert all(line == line.rstrip() for line in lines)


def test_it_says_what_the_figures_say(view: View) -> None:
    told = texts(summary(view))
    budget = np.array([len(view.pick_rows)])
    known = coverage(view, budgets=budget, seeds=3, most=module.MOST_MEASURED)
    assert known is not None
    for arm in known.arms:
        assert f"{arm.distance[0, 0]:.3f}" in told["coverage"]
        assert f"{arm.redundant[0, 0]:.0%}" in told["repeats"]
    gained = [p["gain"] for p in view.pick_list if p["source"] == "coverage"]
    assert f"first {gained[0]:.3g}, last {gained[-1]:.3g}" in told["gain"]
    left = len(view.frames) - len(view.pick_rows)
    copies = int((view.fate == FATES.index("duplicate")).sum())
    assert told["left out"].startswith(f"{left:,} frames: ")
    assert f"{copies:,} near-duplicates" in told["left out"]
    assert view.utility is not None
    middle = np.median(view.utility[view.rank > 0].astype(np.float64))
    assert f"half of the picks have {middle:.2f} or more" in told["score"]
    assert view.classes[0] in told["classes"]
    assert told["review"] == f"framesel review {module._nearby(view.workspace.root)}"


def test_without_a_detector_it_speaks_of_neither_scores_nor_classes(finished: Bench) -> None:
    told = texts(summary(View.of(finished.workspace)))
    assert {"gain", "coverage", "repeats", "left out", "look", "review", "go on"} == set(told)


def test_of_very_many_frames_classes_are_not_counted(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "classes" in texts(summary(view))
    monkeypatch.setattr(module, "MOST_WITH_CLASSES", len(view.frames) - 1)
    assert "classes" not in texts(summary(view))


def test_no_map_and_no_continuation_is_made_for_it(bench: Bench) -> None:
    summary(View.of(bench.workspace))
    assert not (bench.root / "map").exists()
    assert not list(bench.root.rglob("continuation.parquet"))


def test_names_from_outside_cannot_steer_the_terminal(view: View) -> None:
    class Odd(View):
        classes = tuple(f"\x1b[31m{name}\n" for name in view.classes)  # type: ignore[assignment]

    lines = summary(Odd(**{field.name: getattr(view, field.name) for field in fields(view)}))
    assert all(line.isprintable() for line in lines)
    assert any("?[31m" in line for line in lines)


def test_a_terminal_without_blocks_gets_none(view: View) -> None:
    assert any(bar in "".join(summary(view)) for bar in BARS)
    assert "".join(summary(view, bars=False)).isascii()


@given(st.lists(st.floats(-1e6, 1e6), max_size=200), st.integers(1, 40))
def test_bars_are_as_many_as_fit_and_order_is_kept(values: list[float], width: int) -> None:
    bars = sparkline(values, width)
    assert len(bars) == min(width, len(values))
    assert set(bars) <= set(BARS)
    if values and len(values) <= width:
        heights = [BARS.index(bar) for bar in bars]
        order = np.argsort(values, kind="stable")
        assert (np.diff(np.array(heights)[order]) >= 0).all()


def test_bars_are_even_steps_or_logarithms_of_them() -> None:
    assert sparkline([0, 1, 2, 3, 4, 5, 6, 7]) == BARS
    assert sparkline([2.0**n for n in range(8)]) == BARS
    assert sparkline([3.0, 3.0]) == BARS[3] * 2
    assert sparkline([1, 3, 5, 7], width=2) == BARS[0] + BARS[-1]
    assert sparkline([]) == ""


def test_a_run_ends_with_it(bench: Bench) -> None:
    done = CliRunner().invoke(app, ["run", str(bench.videos), "-w", str(bench.root)])
    assert done.exit_code == 0
    lines = done.output.splitlines()
    expected = summary(View.of(bench.workspace))
    assert lines[-len(expected) :] == expected


def test_that_it_fails_does_not_undo_the_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(view: View, *, bars: bool) -> list[str]:
        raise WorkspaceError("the moon is not there")

    monkeypatch.setattr(module, "summary", broken)
    done = CliRunner().invoke(app, ["run", str(bench.videos), "-w", str(bench.root)])
    assert done.exit_code == 0
    assert "no summary: the moon is not there" in done.output
