"""Plots show the numbers of the figures, in axes that are given or new."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

import framesel
from framesel import plots
from framesel.errors import UsageError
from framesel.report.figures import classes as class_figure
from framesel.report.figures import coverage as coverage_figure
from framesel.report.figures import scores as score_figure
from framesel.report.figures.embedding_map import embedding_map
from framesel.report.view import FATES, View
from tests.pipeline.conftest import Bench


@pytest.fixture(autouse=True)
def no_window() -> Iterator[None]:
    mpl.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


def line(axes: Axes, label: str) -> tuple[np.ndarray, np.ndarray]:
    (found,) = [one for one in axes.get_lines() if one.get_label() == label]
    return np.asarray(found.get_xdata()), np.asarray(found.get_ydata())


def test_a_folder_a_workspace_and_a_view_are_the_same(looked: Bench, view: View) -> None:
    for source in (looked.root, str(looked.root), looked.workspace, view):
        axes = plots.scores(source)
        assert axes.get_xlabel() == "utility"
    assert plots.opened(view) is view
    assert framesel.plots is plots


def test_it_draws_where_it_is_told_to(view: View) -> None:
    from matplotlib.figure import Figure

    given = Figure().subplots()
    for draw in (plots.coverage, plots.scores, plots.classes):
        given.clear()
        assert draw(view, given) is given
        assert given.has_data()
    given.clear()
    assert plots.timeline(view, view.videos[0].no, given) is given
    assert plots.gains(view, given, ahead=False) is given


def test_gains_are_drawn_slice_by_slice(view: View) -> None:
    axes = plots.gains(view, ahead=False)
    for name, unit in (("coverage", "coverage and classes"), ("rare", "distance")):
        rank, gain = line(axes, f"{name}: {unit}")
        mine = [p for p in view.pick_list if p["source"] == name]
        assert rank.tolist() == [p["rank"] for p in mine]
        assert gain.tolist() == [p["gain"] for p in mine]


def test_gains_go_on_behind_the_picks(bench: Bench) -> None:
    axes = plots.gains(bench.root)
    ranks = np.concatenate([np.asarray(one.get_xdata(), float) for one in axes.get_lines()])
    assert ranks.max() > 9
    assert "more frames would add" in axes.get_title("left")


@pytest.mark.parametrize("what", ["distance", "redundant"])
def test_coverage_draws_its_arms(view: View, what: str) -> None:
    axes = plots.coverage(view, what=what)  # type: ignore[arg-type]
    known = coverage_figure.coverage(view)
    assert known is not None
    for arm in known.arms:
        budgets, mean = line(axes, arm.name)
        assert budgets.tolist() == known.budgets.tolist()
        np.testing.assert_array_equal(mean, getattr(arm, what)[0])


def test_scores_and_classes_draw_their_bars(view: View) -> None:
    known, seen = score_figure.scores(view), class_figure.classes(view)
    assert known is not None
    assert seen is not None
    stairs = {p.get_label(): p for p in plots.scores(view).patches}
    for label, density in (("all frames", known.pool), ("picks", known.picks)):
        np.testing.assert_array_equal(stairs[label].get_data().values, density)
    axes = plots.classes(view, most=2)
    widths = [patch.get_width() for patch in axes.patches]
    assert widths == [*seen.picks.box_share[:2], *seen.pool.box_share[:2]]
    assert [t.get_text() for t in axes.get_yticklabels()] == list(seen.names[:2])


def test_a_video_is_found_by_name_and_drawn_by_fate(view: View) -> None:
    video = max(view.videos, key=lambda v: v.picks)
    axes = plots.timeline(view, video.name)
    rows = slice(*view.frames.span(video.no))
    drawn = {c.get_label(): c.get_offsets() for c in axes.collections if c.get_label()}
    for code in np.unique(view.fate[rows]).tolist():
        mine = np.flatnonzero(view.fate[rows] == code) + rows.start
        assert view.utility is not None
        expected = np.stack([view.frames.t_s[mine], view.utility[mine]], axis=1)
        np.testing.assert_allclose(np.asarray(drawn[FATES[code]]), expected)
    with pytest.raises(UsageError, match="no video is called"):
        plots.timeline(view, "nothing.mp4")


def test_the_map_shows_every_frame_and_picks_on_top(bench: Bench) -> None:
    view = View.of(bench.workspace)
    placed = embedding_map(view)
    axes = plots.embedding_map(view)
    everything, picks = axes.collections[:2]
    np.testing.assert_allclose(np.asarray(everything.get_offsets())[:, 0], placed.x)
    np.testing.assert_allclose(np.asarray(picks.get_offsets())[:, 1], placed.y[view.rank > 0])
    colours = [to_hex(c) for c in np.asarray(everything.get_facecolors())]
    assert colours == [plots.COLOURS[FATES[code]] for code in view.fate]
    for colour in ("cluster", "video"):
        plots.embedding_map(view, colour=colour)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="need a detector"):
        plots.embedding_map(view, colour="score")


def test_a_sheet_shows_picks_in_order_with_their_boxes(view: View) -> None:
    sheet = plots.contact_sheet(view, most=3, columns=2)
    shown = [axes for axes in sheet.axes if axes.get_images()]
    assert len(sheet.axes) == 4
    assert len(shown) == 3
    boxes = view.boxes(view.pick_rows[:3].tolist())
    for rank, (axes, expected) in enumerate(zip(shown, boxes, strict=True), 1):
        assert axes.get_title("left").startswith(f"{rank} ")
        assert len(axes.patches) == len(expected)
        high, wide = axes.get_images()[0].get_size()
        for patch, box in zip(axes.patches, expected, strict=True):
            assert patch.get_bbox().extents == pytest.approx(  # type: ignore[attr-defined]
                [box.x1 * wide, box.y1 * high, box.x2 * wide, box.y2 * high]
            )


def test_what_there_is_nothing_of_is_said(finished: Bench, bench: Bench) -> None:
    for draw in (plots.scores, plots.classes):
        with pytest.raises(UsageError, match="need a detector"):
            draw(finished.root)
    bench.run("selection.strategy.name=random")
    with pytest.raises(UsageError, match="maximises nothing"):
        plots.gains(bench.root)


def test_dollars_in_a_name_are_no_formula(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    from framesel.plots.drawing import named, plain

    figure = Figure()
    named(figure.subplots(), "", "", plain("a$\\frac{$b\x07.mp4"))
    figure.savefig(tmp_path / "x.png")
