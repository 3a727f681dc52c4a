"""Gains of picks and of what would come next."""

import json
from typing import Any

import numpy as np
import pytest

from framesel.report.figures import gains as module
from framesel.report.figures.gains import gains, of_rows
from framesel.report.view import View
from tests.pipeline.conftest import Bench


def row(gain: float | None, source: str = "", **terms: float) -> dict[str, Any]:
    return {"gain": gain, "source": source, "terms": list(terms.items())}


def test_gains_are_those_of_the_table(view: View) -> None:
    found = gains(view, ahead=False)
    assert found is not None
    assert found.picks == len(found.rank) == len(view.pick_list)
    for at, pick in enumerate(view.pick_list):
        assert found.rank[at] == pick["rank"]
        assert found.source[at] == pick["source"]
        if pick["gain"] is None:
            assert np.isnan(found.gain[at])
        else:
            assert found.gain[at] == pick["gain"]
        for name, value in pick["terms"]:
            assert found.terms[name][at] == value
    assert found.next() is None


def test_what_comes_next_is_what_a_larger_budget_buys(bench: Bench) -> None:
    settings = ("selection.strategy.name=facility_location",)
    bench.run(*settings, "selection.budget=6")
    small = gains(View.of(bench.workspace))
    bench.run(*settings, "selection.budget=20")
    large = gains(View.of(bench.workspace), ahead=False)
    assert small is not None
    assert large is not None
    assert small.picks == 6
    assert len(small.gain) > 14
    together = min(len(small.gain), len(large.gain))
    np.testing.assert_allclose(small.gain[:together], large.gain[:together], rtol=1e-6)
    told = small.next()
    assert told is not None
    count = min(50, len(small.gain) - 6)
    assert told["frames"] == count
    assert told["gain"] == pytest.approx(small.gain[6 : 6 + count].sum(), rel=1e-5)
    assert told["share"] == pytest.approx(told["gain"] / small.gain[:6].sum(), rel=1e-4)
    assert f"{count} more frames would add {told['share']:.1%}" in told["text"]


def test_a_strategy_that_maximises_nothing_has_no_gains(bench: Bench) -> None:
    bench.run("selection.strategy.name=random")
    assert gains(View.of(bench.workspace)) is None


def test_only_fifty_are_asked_for_and_only_those_of_the_main_slice_count() -> None:
    picks = [row(10.0, "coverage", coverage=10.0), row(0.9, "rare", distance=0.9)]
    picks += [row(None, "control"), row(6.0, "coverage", coverage=6.0)]
    coming = [row(1.0, "coverage", coverage=1.0), row(0.8, "rare", distance=0.8)] * 40
    found = of_rows(picks, coming)
    assert (found.main, found.unit, found.adds_up) == ("coverage", "coverage", True)
    assert found.unit_of("rare") == "distance"
    assert found.unit_of("control") == ""
    assert found.bought == 16.0
    told = found.next()
    assert told is not None
    assert (told["frames"], told["gain"], told["share"]) == (module.AHEAD, 25.0, 1.5625)


def test_distances_are_not_added_up() -> None:
    found = of_rows([row(1.4, distance=1.4), row(1.0, distance=1.0)], [row(0.9, distance=0.9)])
    assert not found.adds_up
    told = found.next()
    assert told is not None
    assert (told["gain"], told["share"], told["first"], told["last"]) == (None, None, 0.9, 0.9)
    assert "would add" not in told["text"]


def test_without_a_usual_slice_the_largest_one_is_asked_about() -> None:
    found = of_rows([row(1.0, "a", x=1.0), row(2.0, "b", x=2.0), row(1.0, "b", x=1.0)], [])
    assert found.main == "b"


def test_a_pin_without_a_gain_is_no_gain_of_nan_in_json() -> None:
    found = of_rows([row(1.0, coverage=1.0), row(None)], [])
    told = json.loads(json.dumps(found.json(), allow_nan=False))
    assert told["gain"] == [1.0, None]
    assert told["terms"] == {"coverage": [1.0, None]}
    assert told["rank"] == [1, 2]
    assert told["next"] is None
