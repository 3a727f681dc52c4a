"""`framesel simulate`: arms, trials, the comparison and what is printed of it."""

import csv
import io
from dataclasses import replace

import numpy as np
import pytest

from framesel.errors import SelectionError, UsageError
from framesel.selection.registry import STRATEGIES
from framesel.simulation import arms, metrics, results_text, tallies, trial, warm_start
from framesel.simulation.comparison import Key, Results, Samples, compare, verdicts
from framesel.simulation.measures import MEASURES
from framesel.simulation.simulate import Plan, simulate
from framesel.stages.duplicates import Duplicates
from tests.simulation.worlds import VIDEOS, Small

WORLD = Small().world(0)
POOL = WORLD.pool
TAU = arms.Tau(0.95, 0.998, 0.9)
BASELINES = arms.arms_named(("random", "uniform", "stratified"))
SPREAD = arms.Arm(name="spread", strategy="k_center")
PLAN = Plan((Small(),), (*BASELINES, SPREAD), ("3%", "15"), 10, TAU)


@pytest.fixture(scope="module")
def results() -> Results:
    return simulate(PLAN)


def value(found: dict[str, np.ndarray], measure: str) -> float:
    """Of all videos."""
    tally = found[measure]
    return float(MEASURES[measure].reduce(tally, np.ones((1, len(tally))))[0])


def test_what_videos_contribute_adds_up_to_the_plain_figures() -> None:
    rows = np.array([0, 3, 11, 20, 81, 150, 151, 230])
    found = tallies.of_picks(WORLD, rows, 0.9, radius_bound=0.5)
    picks, good = POOL.vectors[rows], POOL.subset(np.flatnonzero(POOL.good))
    useful = rows[POOL.good[rows]]
    cosine, _ = metrics.nearest(good.vectors, picks)
    assert value(found, "distance") == pytest.approx(metrics.mean_distance(cosine))
    weight = metrics.share_of_moment(good.moment)
    by_moment = [(1.0 - cosine[good.moment == m]).mean() for m in np.unique(good.moment)]
    assert value(found, "moments_distance") == pytest.approx(np.mean(by_moment), rel=1e-6)
    assert value(found, "moments_distance") == pytest.approx(metrics.mean_distance(cosine, weight))
    held, _ = metrics.nearest(WORLD.held_out.vectors[WORLD.held_out.good], picks)
    assert value(found, "held_out_distance") == pytest.approx(metrics.mean_distance(held))
    radius = metrics.coverage_radius(good.vectors, picks)
    assert value(found, "radius") == pytest.approx(radius)
    assert value(found, "certified") == pytest.approx(radius / 0.5)
    judged = WORLD.held_out.subset(np.flatnonzero(WORLD.held_out.good))
    guess = metrics.predicted_labels(judged.vectors, POOL.vectors[useful], POOL.label[useful])
    assert value(found, "accuracy") == pytest.approx(metrics.macro_accuracy(judged.label, guess))
    assert value(found, "redundant") == pytest.approx(metrics.repeated(picks, 0.9).mean())
    assert value(found, "faulty") == 1 / 8
    assert value(found, "events") == 1 / 2
    histogram = np.bincount(POOL.label[useful], minlength=3)
    assert value(found, "balance") == pytest.approx(metrics.class_balance(histogram))


def test_a_bad_picture_teaches_nothing_and_shows_no_event() -> None:
    bad = tallies.of_picks(WORLD, np.array([20, 21]), 0.9, 1.0)
    assert value(bad, "faulty") == 1
    assert value(bad, "accuracy") == 0
    assert np.isnan(value(bad, "balance"))


def test_near_duplicates_are_judged_by_the_truth() -> None:
    rows = np.flatnonzero(POOL.passes)
    prepared = trial.Prepared(WORLD, TAU)
    duplicates, moment = prepared.duplicates.among(rows), POOL.moment[rows]
    found = tallies.of_duplicates(WORLD, rows, duplicates)
    ours, true, both = metrics.partners(duplicates.keeper, moment)
    assert value(found, "precision") == pytest.approx(both.sum() / ours.sum())
    assert value(found, "recall") == pytest.approx(both.sum() / true.sum())
    assert value(found, "kept") == pytest.approx(duplicates.kept.mean())
    _, lost = metrics.lost_moments(moment, duplicates.kept)
    assert value(found, "lost") == pytest.approx(lost.mean())


def test_dropping_a_newcomer_and_an_event_is_seen() -> None:
    rows = np.flatnonzero(POOL.passes)
    duplicates = trial.Prepared(WORLD, TAU).duplicates.among(rows)
    keeper = np.arange(len(rows))
    keeper[np.isin(rows, [25, 26, 27, 28, 29, 42])] = 0
    found = tallies.of_duplicates(WORLD, rows, replace(duplicates, keeper=keeper))
    assert value(found, "lost_newcomers") == 1
    assert value(found, "lost_events") == 0.5
    # Of the 47 good moments, that of the newcomer; frame 42 shares its moment with others.
    assert value(found, "lost") == pytest.approx(1 / len(np.unique(POOL.moment[rows])))


def test_baselines_choose_from_all_frames_and_ours_from_what_is_kept() -> None:
    prepared = trial.Prepared(WORLD, TAU)
    everything, rows = prepared.candidates(BASELINES[0])
    assert len(everything) == len(POOL)
    assert np.array_equal(rows, np.arange(len(POOL)))
    kept, rows = prepared.candidates(SPREAD)
    assert 30 < len(kept) < 100
    assert POOL.passes[rows].all()
    assert kept.mass.sum() == POOL.passes.sum()
    assert kept.utility is None
    assert np.array_equal(kept.vectors, POOL.vectors[rows])


def test_an_informed_arm_hears_the_warm_model() -> None:
    prepared = trial.Prepared(WORLD, TAU)
    told, rows = prepared.candidates(SPREAD.model_copy(update={"informed": True}))
    assert told.utility is not None
    assert told.class_counts is not None
    assert told.gradients is not None
    assert np.array_equal(told.utility, prepared.guess.utility[rows])
    assert told.class_counts.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert told.classes == WORLD.classes


def test_the_warm_model_has_learnt_and_tells_how_unsure_it_is() -> None:
    rng = np.random.default_rng(0)
    rows = warm_start.warm_rows(WORLD, rng)
    assert len(np.unique(POOL.video_no[rows])) == 4  # all there are; five are asked for
    assert POOL.good[rows].all()
    guess = warm_start.guess(WORLD, rows, rng)
    labelled = np.flatnonzero(POOL.good)
    right = guess.class_counts.argmax(axis=1)[labelled] == POOL.label[labelled]
    assert right.mean() > 0.8
    chances = guess.class_counts.astype(np.float64)
    entropy = -(chances * np.log(chances)).sum(axis=1) / np.log(3)
    assert guess.utility == pytest.approx(0.05 + 0.95 * entropy, abs=1e-5)
    # Where the model is sure the gradient is short.
    lengths = np.linalg.norm(guess.gradients, axis=1)
    assert np.corrcoef(lengths, guess.utility)[0, 1] > 0.5


def test_without_two_classes_there_is_no_model() -> None:
    alike = replace(WORLD, pool=replace(POOL, label=np.zeros(len(POOL), np.int64)))
    with pytest.raises(SelectionError, match="fewer than two classes"):
        warm_start.warm_rows(alike, np.random.default_rng(0))


def test_a_nested_strategy_is_asked_once_and_its_prefix_is_its_answer() -> None:
    prepared = trial.Prepared(WORLD, TAU)
    both = trial.choose(prepared, SPREAD, [5, 20])
    assert np.array_equal(both[5], both[20][:5])
    assert np.array_equal(both[5], trial.choose(prepared, SPREAD, [5])[5])
    stride = trial.choose(prepared, BASELINES[1], [5, 20])
    assert not np.array_equal(stride[5], stride[20][:5])


@pytest.mark.parametrize(
    ("budget", "frames"), [("12", 12), ("1%", 3), ("0.5%", 2), ("0.01%", 1), ("100%", 300)]
)
def test_a_budget_is_frames_or_a_share(budget: str, frames: int) -> None:
    assert trial.frames_of(budget, 300) == frames


@pytest.mark.parametrize("budget", ["0", "-3", "1.5", "0%", "101%", "%", "many", "nan%", ""])
def test_another_budget_is_refused(budget: str) -> None:
    with pytest.raises(UsageError, match="neither a whole number"):
        trial.frames_of(budget, 300)


def test_every_arm_can_be_made_and_the_threshold_is_the_recipes() -> None:
    for arm in arms.ARMS:
        assert arm.make().name == arm.strategy
        assert arm.informed or not STRATEGIES[arm.strategy].uses
    known = Duplicates()
    assert arms.default_tau() == (known.tau_cos, known.tau_across, known.tau_tile)
    names = {arm.name for arm in arms.ARMS}
    assert {arms.OURS, arms.REFERENCE, *(e.against for e in arms.ENDPOINTS)} <= names
    assert {endpoint.measure for endpoint in arms.ENDPOINTS} <= set(MEASURES)


def test_any_strategy_can_be_named() -> None:
    (arm,) = arms.arms_named(("class_balance",))
    assert arm.informed
    assert arm.footage == "kept"
    with pytest.raises(UsageError, match="no arm or strategy 'nonsense'"):
        arms.arms_named(("nonsense",))
    with pytest.raises(UsageError, match="needs targets, which no simulation has"):
        arms.arms_named(("similar",))


def test_all_arms_compete_in_the_same_worlds(results: Results) -> None:
    keys = {row[:4] for row in results.rows if row.budget}
    assert len(keys) == 10 * 2 * 4
    assert all(len(row.tally) == VIDEOS for row in results.rows)
    assert results.frames == {"small": 240}
    assert {row.seed for row in results.rows if row.arm == trial.NEAR_DUPLICATES} == set(range(10))


def test_results_do_not_depend_on_the_number_of_processes(results: Results) -> None:
    plan = replace(PLAN, seeds=2)
    told: list[str] = []
    both = simulate(plan, workers=2, watch=told.append)
    assert told == [f"small, seed {seed}: 240 frames to choose from" for seed in range(2)]
    one = [row for row in results.rows if row.seed < 2]
    assert [row[:5] for row in both.rows] == [row[:5] for row in one]
    for mine, theirs in zip(both.rows, one, strict=True):
        assert np.array_equal(mine.tally, theirs.tally, equal_nan=True)


def test_spreading_out_is_seen_to_find_the_rare(results: Results) -> None:
    """The two events look like nothing else: farthest-first finds them, a stride by chance."""
    samples = Samples(results)
    figures = compare(results, samples)
    key = Key("small", "15", "spread", "events")
    spread, reference = figures[key], figures[key._replace(arm="stratified")]
    assert spread.values == (1.0,) * 10
    assert spread.mean == spread.low == spread.high == 1
    assert spread.difference == pytest.approx(1 - reference.mean)
    assert 0 < spread.difference_low <= spread.difference <= spread.difference_high
    assert spread.p < spread.p_holm < 0.05
    assert np.isnan(reference.p)
    redundant = figures[key._replace(measure="redundant")]
    assert redundant.mean == 0 < figures[key._replace(arm="random", measure="redundant")].mean


def test_intervals_hold_the_mean_and_are_the_same_today_and_tomorrow(results: Results) -> None:
    figures = compare(results, Samples(results))
    again = compare(results, Samples(results))
    for key, figure in figures.items():
        if np.isfinite(figure.mean):
            assert figure.low - 1e-9 <= figure.mean <= figure.high + 1e-9, key
        assert (figure.low, figure.p) == pytest.approx((again[key].low, again[key].p), nan_ok=True)


def test_claims_are_judged(results: Results) -> None:
    samples = Samples(results)
    figures = compare(results, samples)
    better = arms.Endpoint("events", "small", "stratified", ("15",), "better")
    twice = arms.Endpoint("events", "small", "uniform", ("15",), "twice")
    harm = arms.Endpoint("distance", "small", "spread", ("15",), "no harm")
    elsewhere = arms.Endpoint("events", "large", "uniform", ("15",), "twice")
    claims = (better, twice, harm, elsewhere)
    found = verdicts(figures, samples, claims, "spread")
    assert [v.endpoint for v in found] == [better, twice, harm]
    assert all(verdict.holds for verdict in found)
    assert found[1].effect == pytest.approx(found[1].ours / found[1].theirs)
    assert found[1].low <= found[1].effect <= found[1].high
    # A claim that is tested among others has to pay for it.
    (alone,) = verdicts(figures, samples, (better,), "spread")
    assert alone.p_holm < found[0].p_holm
    failing = verdicts(figures, samples, (better, twice), "random")
    assert not any(verdict.holds for verdict in failing)


def test_lower_is_better_where_it_is() -> None:
    results = simulate(replace(PLAN, arms=(SPREAD, *BASELINES), budgets=("15",)))
    samples = Samples(results)
    figures = compare(results, samples)
    claim = arms.Endpoint("radius", "small", "stratified", ("15",), "better")
    (verdict,) = verdicts(figures, samples, (claim,), "spread")
    assert verdict.ours < verdict.theirs
    assert verdict.effect > 0
    assert verdict.holds
    marks = results_text.markdown(list(results_text.grids(results, figures))[1])
    assert any("spread" in line and results_text.BETTER in line for line in marks.splitlines())


def test_a_report_says_what_was_found(results: Results) -> None:
    report = results_text.report(PLAN, results)
    text = report.markdown()
    assert text.startswith("# What strategies find")
    assert "## small: 240 frames to choose from; near-duplicates" in text
    assert "| spread | k_center | as they are | what gate and near-duplicates leave | no |" in text
    assert "Near-duplicates from a cosine of 0.95 on (tiles: 0.9)." in text
    assert "## small: 240 frames to choose from; budget 3%" in text
    assert "two-sided Wilcoxon" in text
    assert "| spread | " in text
    rows = list(csv.DictReader(io.StringIO(report.csv())))
    row = next(
        r for r in rows if (r["arm"], r["budget"], r["measure"]) == ("spread", "15", "events")
    )
    assert [row[f"seed_{seed}"] for seed in range(10)] == ["1"] * 10
    assert float(row["p_holm"]) < 0.05


def test_with_few_seeds_there_is_no_test_and_the_report_says_so() -> None:
    plan = replace(PLAN, seeds=3, budgets=("15",))
    report = results_text.report(plan, simulate(plan))
    assert "No test was made: that takes 10 seeds or more." in report.markdown()
    assert results_text.BETTER not in report.markdown().replace("by seed", "")
    assert all(np.isnan(figure.p) for figure in report.figures.values())
