"""What the rules recommend together, and what they would have done with recorded runs."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.stopping.judge import Known, expected_gain, judge, judge_rounds
from framesel.stopping.replay import Replayed, replay
from framesel.stopping.settings import Stop
from framesel.stopping.verdict import RULES, Verdict, recommend

ANSWERS = st.lists(st.lists(st.sampled_from([True, False, None]), min_size=5, max_size=5))


def verdicts(*rounds: list[bool | None]) -> list[list[Verdict]]:
    return [
        [Verdict(rule, stop, "because") for rule, stop in zip(RULES, one, strict=True)]
        for one in rounds
    ]


TWO: list[bool | None] = [True, False, None, True, False]
OTHER_TWO: list[bool | None] = [False, True, None, True, False]
ONE: list[bool | None] = [True, False, None, False, False]


def test_two_rules_for_two_rounds() -> None:
    assert not recommend([]).stop
    assert not recommend(verdicts(TWO)).stop
    assert recommend(verdicts(ONE, TWO, OTHER_TWO)).stop
    assert not recommend(verdicts(TWO, TWO, ONE)).stop
    assert not recommend(verdicts(TWO, ONE, TWO)).stop
    told = recommend(verdicts(TWO, OTHER_TWO))
    assert told.rules == ("plateau", "coverage")
    assert "plateau, coverage" in told.sentence
    assert told.sentence.startswith("Stopping is recommended")
    assert "2 of 5 rules must say stop for 2 rounds" in recommend(verdicts(ONE)).sentence
    assert "2 (predictions, coverage), for 1 round so far." in recommend(verdicts(TWO)).sentence


@given(answers=ANSWERS, needed=st.integers(1, 5), rounds=st.integers(1, 4))
def test_asking_for_more_never_stops_earlier(
    answers: list[list[bool | None]], needed: int, rounds: int
) -> None:
    told = verdicts(*answers)
    strict = recommend(told, needed, rounds).stop
    assert not strict or recommend(told, max(needed - 1, 1), rounds).stop
    assert not strict or recommend(told, needed, max(rounds - 1, 1)).stop
    last = answers[-rounds:]
    plain = len(last) == rounds and all(one.count(True) >= needed for one in last)
    assert strict == plain


def test_json_has_no_nan() -> None:
    verdict = Verdict("value", None, "because", {"worth": math.nan, "cost": 2.0})
    assert json.loads(json.dumps(verdict.json(), allow_nan=False))["numbers"]["worth"] is None
    assert json.dumps(recommend(verdicts(TWO)).json(), allow_nan=False)


FLAT = [0.30, 0.50, 0.551, 0.553, 0.554, 0.5545, 0.555, 0.555]
RUN = [
    Known(
        labels=20 * (at + 1),
        metric=value,
        agreement=math.nan if at == 0 else 0.8 + 0.03 * at,
        kappa=math.nan if at == 0 else 0.97,
        uncovered=0.5 / (at + 1),
        radius=1.0 / (at + 1),
    )
    for at, value in enumerate(FLAT)
]
STOP = Stop(agreement=0.9, uncovered=0.1)


def test_each_rule_judges_each_round_by_what_was_known_then() -> None:
    told = judge_rounds(RUN, STOP)
    assert len(told) == len(RUN)
    for at, one in enumerate(told):
        assert tuple(verdict.rule for verdict in one) == RULES
        assert repr(one) == repr(judge(RUN[: at + 1], STOP, 20))  # nan is not equal to itself
    assert told[0][1].stop is None
    assert [one[3].stop for one in told] == [False] * 5 + [True] * 3
    assert [one[0].stop for one in told[:3]] == [None] * 3
    assert told[-1][4].stop is None  # nobody said what a point is worth


def test_the_batch_to_come_counts() -> None:
    small, large = (judge(RUN[:4], STOP, batch)[1].numbers["gain"] for batch in (1, 1000))
    assert 0 < small < large
    gain = expected_gain(RUN[:4], 20)
    assert gain is not None
    assert judge(RUN[:4], STOP)[1].numbers["gain"] == gain.expected


def test_a_round_without_a_measurement_says_nothing_new_of_the_curve() -> None:
    assert judge(RUN, STOP)[1].stop is True
    assert judge([*RUN, Known(180, uncovered=0.01)], STOP)[1].stop is None
    assert expected_gain([], 20) is None


def test_a_round_that_added_no_labels_is_judged_by_the_batch_before() -> None:
    told = judge_rounds([*RUN[:5], *RUN[4:5]], STOP)
    assert told[4][1].numbers["batch"] == told[5][1].numbers["batch"] == 20


def found(replayed: tuple[Replayed, ...]) -> dict[str, Replayed]:
    return {one.rule: one for one in replayed}


def test_a_replay_tells_what_was_saved_and_lost() -> None:
    told = found(replay(RUN, STOP))
    coverage = told["coverage"]
    assert (coverage.round, coverage.labels) == (5, 120)
    assert coverage.saved == pytest.approx(0.25)
    assert coverage.lost == pytest.approx(0.0005)
    assert (told["value"].round, told["value"].saved, told["value"].lost) == (None, 0.0, 0.0)
    plateau, predictions = told["plateau"].round, told["predictions"].round
    assert plateau is not None
    assert predictions is not None
    by_round = [
        sum(one.stop is True for one in verdicts) >= 2 for verdicts in judge_rounds(RUN, STOP)
    ]
    expected = next(at for at in range(1, 8) if by_round[at] and by_round[at - 1])
    assert told["recommended"].round == expected
    json.dumps([one.json() for one in told.values()], allow_nan=False)


def test_the_loss_may_be_measured_elsewhere() -> None:
    outcome = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9]
    assert found(replay(RUN, STOP, outcome))["coverage"].lost == pytest.approx(0.4)
    with pytest.raises(UsageError, match="8 rounds and 1 outcomes"):
        replay(RUN, STOP, [0.1])
    with pytest.raises(UsageError, match="at least one round"):
        replay([], STOP)


@given(steps=st.lists(st.floats(0.02, 0.06), min_size=1, max_size=7))
@settings(max_examples=10)
def test_nothing_is_recommended_while_the_curve_rises_and_scenes_are_new(
    steps: list[float],
) -> None:
    run = [
        Known(20 * (at + 1), metric=0.3 + sum(steps[:at]), agreement=0.6, kappa=0.7, uncovered=0.4)
        for at in range(len(steps) + 1)
    ]
    told = found(replay(run, Stop()))
    assert told["recommended"].round is None
    assert told["plateau"].round is None
