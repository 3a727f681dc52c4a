"""Each figure against a plain computation from the tables."""

import json
from collections import Counter, defaultdict
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel.report.figures import coverage as coverages
from framesel.report.figures.classes import classes
from framesel.report.figures.coverage import budget_grid, coverage, spread, tau_of
from framesel.report.figures.embedding_map import embedding_map, is_made
from framesel.report.figures.left_out import EXAMPLES, WORDS, counts, left_out
from framesel.report.figures.scores import scores
from framesel.report.figures.timeline import timeline
from framesel.report.view import FATES, View
from tests.pipeline.conftest import Bench


def left_out_rows(view: View) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(
        view.chosen.folder / "left_out.parquet", partitioning=None
    ).to_pylist()
    return rows


def good_vectors(view: View) -> np.ndarray:
    """Vectors of the frames that the gate let through, in float64."""
    bad = {(r["video_no"], r["pts"]) for r in left_out_rows(view) if r["why"] == "rejected"}
    keys = zip(view.frames.video_no.tolist(), view.frames.pts.tolist(), strict=True)
    keep = [key not in bad for key in keys]
    return view.vectors[keep].astype(np.float64)


def test_coverage_of_the_picks_is_that_of_the_tables(view: View) -> None:
    found = coverage(view)
    assert found is not None
    good = good_vectors(view)
    picks = view.vectors[view.pick_rows].astype(np.float64)
    tau = tau_of(view)
    for at, budget in enumerate(found.budgets.tolist()):
        chosen = picks[:budget]
        distance = np.mean([1 - (chosen @ frame).max() for frame in good])
        assert found.arm("picks").distance[0, at] == pytest.approx(distance, abs=1e-5)
        same = [
            any(i != j and chosen[i] @ chosen[j] >= tau for j in range(budget))
            for i in range(budget)
        ]
        assert found.arm("picks").redundant[0, at] == pytest.approx(np.mean(same))
    assert found.budgets[-1] == len(picks)
    assert found.note == ""


def test_baselines_choose_as_many_good_frames_and_differ_by_seed(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[np.ndarray] = []
    original = coverages.Reach.over

    def over(self: coverages.Reach, rows: np.ndarray, sizes: np.ndarray) -> np.ndarray:
        asked.append(rows[: sizes[-1]])
        return original(self, rows, sizes)

    monkeypatch.setattr(coverages.Reach, "over", over)
    budget = len(view.pick_rows)
    found = coverage(view, budgets=np.array([budget]), seeds=4)
    assert found is not None
    picks, *baselines = asked
    np.testing.assert_array_equal(picks, view.pick_rows)
    uniform, lots = baselines[:4], baselines[4:]
    for rows in (*uniform, *lots):
        assert len(set(rows.tolist())) == budget
        assert not np.isin(view.fate[rows], [FATES.index("rejected"), FATES.index("new")]).any()
    assert len({tuple(sorted(rows.tolist())) for rows in lots}) > 1
    # stratified: no video goes without while there is budget for each
    videos = set(view.frames.video_no[view.fate != FATES.index("rejected")].tolist())
    for rows in uniform:
        shown = set(view.frames.video_no[rows].tolist())
        assert len(shown) == min(len(videos), budget)


def test_mean_and_range_of_a_baseline_are_those_of_its_seeds(view: View) -> None:
    budgets = np.array([1, len(view.pick_rows)])
    all_ = coverage(view, budgets=budgets, seeds=3)
    first = coverage(view, budgets=budgets, seeds=1)
    assert all_ is not None
    assert first is not None
    for name in ("uniform", "random"):
        mean, low, high = all_.arm(name).distance
        assert (low <= mean).all()
        assert (mean <= high).all()
        one = first.arm(name).distance
        assert (one[0] == one[1]).all()
        assert ((low <= one[0]) & (one[0] <= high)).all()


def test_many_frames_are_measured_on_some_and_said_so(view: View) -> None:
    found = coverage(view, most=20)
    assert found is not None
    good = good_vectors(view)
    assert found.note == f"Measured on 20 of {len(good):,} good frames, evenly spaced."
    picks = view.vectors[view.pick_rows].astype(np.float64)
    measured = good[spread(len(good), 20)]
    expected = np.mean([1 - (picks @ frame).max() for frame in measured])
    assert found.arm("picks").distance[0, -1] == pytest.approx(expected, abs=1e-5)


def test_earlier_rounds_count_in_every_arm(view: View) -> None:
    fate = view.fate.copy()
    free = np.flatnonzero(fate == FATES.index("outvoted"))
    fate[free[:3]] = FATES.index("earlier")
    known = replace(view)
    known.__dict__["fate"] = fate
    found = coverage(known, budgets=np.array([1]), seeds=2)
    assert found is not None
    chosen = view.vectors[[*free[:3], view.pick_rows[0]]].astype(np.float64)
    expected = np.mean([1 - (chosen @ frame).max() for frame in good_vectors(view)])
    assert found.arm("picks").distance[0, 0] == pytest.approx(expected, abs=1e-5)
    alone = coverage(view, budgets=np.array([1]), seeds=2)
    assert alone is not None
    assert (found.arm("random").distance < alone.arm("random").distance).all()


def test_stills_are_one_stratum_for_each_folder() -> None:
    paths = {1: "/a/x/1.jpg", 2: "/b/x/2.jpg", 3: "/a/x/3.jpg", 4: "/a/x/4.mp4"}
    kinds = {number: "video" if path.endswith("mp4") else "image" for number, path in paths.items()}
    stills = SimpleNamespace(
        frames=SimpleNamespace(video_no=np.array([1, 2, 3, 4, 4])),
        catalog=SimpleNamespace(videos={n: {"path": paths[n], "kind": kinds[n]} for n in paths}),
    )
    line, strata = coverages._line(stills, np.arange(5))  # type: ignore[arg-type]
    assert strata[0] == strata[2] != strata[1]
    assert strata[3] == strata[4] == 4
    assert sorted(line.tolist()) == [0, 1, 2, 3, 4]
    assert (np.diff(strata[line]) >= 0).all()


@pytest.mark.parametrize("most", [1, 2, 7, 100, 5000])
def test_budgets_rise_to_the_number_of_picks(most: int) -> None:
    grid = budget_grid(most)
    assert grid[0] == 1
    assert grid[-1] == most
    assert (np.diff(grid) > 0).all()
    assert len(grid) <= coverages.BUDGETS


def test_tau_is_what_the_duplicates_were_found_with(view: View, bench: Bench) -> None:
    folder = view.workspace.stage("duplicates", view.keys["duplicates"])
    assert tau_of(view) == json.loads((folder / "stage.json").read_text())["fields"]["tau_cos"]
    bench.run("duplicates.tau_cos=auto")
    (path,) = (bench.root / "tau").glob("*/all.parquet")
    rows = pq.read_table(path, partitioning=None).to_pylist()
    (expected,) = [row["tau_cos"] for row in rows if row["chosen"]]
    assert tau_of(View.of(bench.workspace)) == expected


def test_scores_are_densities_of_the_table(view: View) -> None:
    found = scores(view)
    assert found is not None
    assert view.utility is not None
    (path,) = view.workspace.stage("scores", view.keys["scores"]).glob("all.parquet")
    rows = pq.read_table(path, partitioning=None).to_pylist()
    score = {(r["video_no"], r["pts"]): r["utility"] for r in rows}
    picked = [score[p["video_no"], p["pts"]] for p in view.pick_list]
    assert found.frames == (len(rows), len(picked))
    assert found.medians == pytest.approx((np.median(list(score.values())), np.median(picked)))
    width = np.diff(found.edges)
    for density, values in ((found.pool, list(score.values())), (found.picks, picked)):
        assert (density * width).sum() == pytest.approx(1)
        for at in range(len(width)):
            low, high = found.edges[at], found.edges[at + 1]
            last = at == len(width) - 1
            inside = [v for v in values if low <= v < high or (last and v >= high)]
            assert density[at] * width[at] * len(values) == pytest.approx(len(inside), abs=1e-6)


def test_equal_scores_still_have_a_histogram(view: View) -> None:
    same = replace(view)
    same.__dict__["utility"] = np.full(len(view.frames), 0.5, np.float32)
    found = scores(same)
    assert found is not None
    assert (found.pool * np.diff(found.edges)).sum() == pytest.approx(1)


def test_class_shares_are_those_of_the_boxes(view: View) -> None:
    found = classes(view)
    assert found is not None
    everywhere = view.boxes(range(len(view.frames)))
    for seen, rows in ((found.pool, range(len(view.frames))), (found.picks, view.pick_rows)):
        boxes = Counter(view.classes[b.class_no] for row in rows for b in everywhere[row])
        showing = Counter(
            name for row in rows for name in {view.classes[b.class_no] for b in everywhere[row]}
        )
        assert seen.frames == len(rows)
        assert seen.empty == sum(not everywhere[row] for row in rows)
        assert dict(zip(found.names, seen.boxes, strict=True)) == {
            name: boxes[name] for name in found.names
        }
        total = sum(boxes.values())
        for name, box, frame in zip(found.names, seen.box_share, seen.frame_share, strict=True):
            assert box == pytest.approx(boxes[name] / total)
            assert frame == pytest.approx(showing[name] / len(rows))
    assert list(found.pool.boxes) == sorted(found.pool.boxes, reverse=True)
    assert (found.pool.boxes > 0).all()


def test_without_a_detector_there_are_neither_scores_nor_classes(finished: Bench) -> None:
    plain = View.of(finished.workspace)
    assert scores(plain) is None
    assert classes(plain) is None


def test_what_was_left_out_is_counted_by_cause(view: View) -> None:
    found = left_out(view)
    expected = Counter((row["why"], row["detail"]) for row in left_out_rows(view))
    assert {(g.why, g.detail): g.count for g in found.groups} == dict(expected)
    assert found.total == sum(expected.values()) == len(view.frames) - len(view.pick_rows)
    for group in found.groups:
        assert len(set(group.rows)) == min(EXAMPLES, group.count)
        assert all(FATES[view.fate[row]] == group.why for row in group.rows)
        assert all(view.detail[row] == group.detail for row in group.rows)
        assert group.text.startswith(WORDS[group.why])
    assert sum(counts(view).values()) == len(view.frames)
    assert set(WORDS) == set(FATES) - {"pick"}


def test_runs_are_stretches_for_which_one_frame_stands(view: View) -> None:
    frames = view.frames
    keeper = {
        (r["video_no"], r["pts"]): (r["nearest_video_no"], r["nearest_pts"])
        for r in left_out_rows(view)
        if r["why"] == "duplicate"
    }
    keys = list(zip(frames.video_no.tolist(), frames.pts.tolist(), strict=True))
    expected = defaultdict(list)
    run: list[int] = []
    for row, key in enumerate(keys):
        stands = keeper.get(key, key)
        before = keeper.get(keys[row - 1], keys[row - 1]) if row else None
        if run and stands == before and key[0] == keys[row - 1][0]:
            run.append(row)
            continue
        if len(run) > 1:
            expected[keys[run[0]][0]].append(run)
        run = [row]
    if len(run) > 1:
        expected[keys[run[0]][0]].append(run)
    lines = timeline(view)
    assert [line.video_no for line in lines] == sorted(set(frames.video_no.tolist()))
    assert sum(len(runs) for runs in expected.values()) > 0
    for line in lines:
        runs = expected[line.video_no]
        assert line.rows == frames.span(line.video_no)
        assert line.frames.tolist() == [len(run) for run in runs]
        assert line.start_s.tolist() == [frames.t_s[run[0]] for run in runs]
        assert line.end_s.tolist() == [frames.t_s[run[-1]] for run in runs]
        stands = [keeper.get(keys[run[0]], keys[run[0]]) for run in runs]
        assert line.keeper.tolist() == [frames.row_of(*key) for key in stands]


def test_a_run_does_not_go_on_in_the_next_video(view: View) -> None:
    n = len(view.frames)
    alike = SimpleNamespace(
        frames=view.frames,
        fate=np.full(n, FATES.index("duplicate"), np.uint8),
        keeper=np.zeros(n, np.int32),
    )
    for line in timeline(alike):  # type: ignore[arg-type]
        low, high = line.rows
        assert line.frames.tolist() == ([high - low] if high - low > 1 else [])


def test_places_on_the_map_belong_to_their_frames(bench: Bench) -> None:
    view = View.of(bench.workspace)
    assert not is_made(view)
    placed = embedding_map(view)
    assert is_made(view)
    (path,) = (bench.root / "map").glob("*/all.parquet")
    for row in pq.read_table(path, partitioning=None).to_pylist():
        at = view.frames.row_of(row["video_no"], row["pts"])
        assert (placed.x[at], placed.y[at]) == (np.float32(row["x"]), np.float32(row["y"]))
        assert placed.cluster[at] == row["cluster"]
    assert np.isfinite(placed.x).all()
    assert placed.json() == {"method": placed.method, "rows": len(view.frames)}


@pytest.mark.parametrize("draw", [coverage, scores, classes, left_out])
def test_figures_become_json_without_nan(view: View, draw: object) -> None:
    found = draw(view)  # type: ignore[operator]
    text = json.dumps(found.json(), allow_nan=False)
    assert json.loads(text) == found.json()
    json.dumps([line.json() for line in timeline(view)], allow_nan=False)
