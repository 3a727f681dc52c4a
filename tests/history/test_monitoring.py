"""Metrics for other programs: what Prometheus' own parser reads, and the same as JSON."""

import json
import math

from hypothesis import example, given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from framesel.history.history import history
from framesel.history.leaving import write_run
from framesel.history.monitoring import LONGEST, Sample, as_json, of_turn, prometheus, write
from tests.history.handmade import Handmade

Read = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def parsed(content: bytes) -> Read:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(content.decode("utf-8"))
        for one in family.samples
    }


@example("half of a character: \ud800", 1.0)
@given(st.text(max_size=300), st.floats(allow_nan=False))
def test_any_text_in_a_label_comes_back(name: str, value: float) -> None:
    (found,) = parsed(
        prometheus([Sample("boxes", "Some \\ help\nof two lines", value, (("class", name),))])
    ).items()
    kept = name[:LONGEST].encode("utf-8", "replace").decode("utf-8")
    assert found == (("framesel_boxes", (("class", kept),)), value)


def test_json_says_the_same(rounds: Handmade) -> None:
    turn = history(rounds.workspace, rounds.recipe()).turns[1]
    samples = list(of_turn(turn))
    read = parsed(prometheus(samples))
    listed = as_json(samples)
    assert sum(len(values) for values in listed.values()) == len(read) == len(samples)
    for name, values in listed.items():
        for one in values:
            labels = tuple(sorted((k, v) for k, v in one.items() if k != "value"))
            value = read[f"framesel_{name}", labels]
            assert value == one["value"] or (math.isnan(value) and one["value"] is None)
    assert read["framesel_picks", ()] == 2
    assert read["framesel_labelled_boxes", (("class", "drone"),)] == 2
    assert read["framesel_utility_auroc", ()] == 0.55
    assert read["framesel_utility_trusted", ()] == 0
    assert read["framesel_pool_error", ()] == 0.125
    bounds = {labels[0][1] for name, labels in read if name == "framesel_map50"}
    assert bounds == {"value", "low", "high"}


def test_a_run_leaves_the_newest_values(rounds: Handmade) -> None:
    write_run(rounds.workspace, rounds.recipe())
    content = (rounds.root / "metrics.prom").read_bytes()
    read = parsed(content)
    assert read["framesel_videos", ()] == 4
    assert read["framesel_round", ()] == 3
    assert read["framesel_picks", ()] == 1
    # the third round has no model yet: that of the second is the newest
    mine = ("framesel_map50", (("bound", "value"), ("frames", "holdout")))
    assert 0.6 < read[mine] < 0.8
    assert read["framesel_failures", (("stage", "frames"),)] == 0
    assert str(rounds.root).encode() not in content
    told = json.loads((rounds.root / "metrics.json").read_text("utf-8"))
    assert told["picks"] == [{"value": 1}]
    write_run(rounds.workspace, rounds.recipe())
    assert (rounds.root / "metrics.prom").read_bytes() == content
    assert (rounds.root / "stop_set.json").exists()


def test_a_workspace_in_which_nothing_was_chosen_has_numbers_too(hand: Handmade) -> None:
    write_run(hand.workspace, hand.recipe())
    read = parsed((hand.root / "metrics.prom").read_bytes())
    assert read["framesel_videos", ()] == 4
    assert not any(name.startswith("framesel_map") for name, _ in read)
    assert not (hand.root / "stop_set.json").exists()


def test_what_is_unknown_is_null(hand: Handmade) -> None:
    samples = [Sample("a", "A.", float("nan")), Sample("a", "A.", float("inf"))]
    write(hand.root / "there", samples[:1])
    assert json.loads((hand.root / "there/metrics.json").read_text()) == {"a": [{"value": None}]}
    assert as_json(samples)["a"][1]["value"] is None
