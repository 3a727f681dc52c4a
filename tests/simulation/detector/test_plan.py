"""Many trials: resumable after any of them, equal however they are run, within their time."""

import time
from pathlib import Path

import pytest

from framesel.selection.strategies.cover import Cover
from framesel.simulation.detector.arms import FULL, Arm, arms_named
from framesel.simulation.detector.plan import Plan, default_budgets, records, simulate
from framesel.simulation.detector.results import Store
from tests.simulation.detector.small import SmallSchool, SmallSource

TWO = (SmallSource(), SmallSource("second"))
ARMS = arms_named(["random", "stratified", "cover, informed"])


def plan(**changes: object) -> Plan:
    given = {
        "sources": (SmallSource(),),
        "school": SmallSchool(),
        "arms": ARMS,
        "budgets": (4, 8),
        "seeds": 2,
        **changes,
    }
    return Plan(**given)  # type: ignore[arg-type]


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.npz")}


class Killed(Exception):
    """Stands for a kill."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    found = simulate(plan(), Store(folder))
    assert len(found) == 2 * (len(ARMS) + 1)
    assert {len(record.budgets) for record in found if record.arm != FULL} == {2}
    return folder


@pytest.mark.parametrize("after", [1, 6])
def test_killed_anywhere_it_goes_on_to_the_same_results(
    after: int, whole: Path, tmp_path: Path
) -> None:
    told: list[str] = []

    def watch(text: str) -> None:
        told.append(text)
        if len(told) == after:
            raise Killed

    with pytest.raises(Killed):
        simulate(plan(), Store(tmp_path), watch=watch)
    simulate(plan(), Store(tmp_path), watch=watch)
    assert len(told) == len(set(told))  # nothing was done twice
    assert contents(tmp_path) == contents(whole)


@pytest.mark.slow
def test_workers_change_no_result(whole: Path, tmp_path: Path) -> None:
    simulate(plan(), Store(tmp_path), workers=2)
    assert contents(tmp_path) == contents(whole)


def test_what_is_done_is_not_done_again(whole: Path) -> None:
    def watch(text: str) -> None:
        raise AssertionError(text)

    before = contents(whole)
    found = simulate(plan(), Store(whole), watch=watch)
    assert contents(whole) == before
    assert [record.arm for record in found[:4]] == [*(arm.name for arm in ARMS), FULL]


def test_another_plan_takes_up_what_is_equal(whole: Path, tmp_path: Path) -> None:
    assert len(records(plan(arms=ARMS[:1]), Store(whole))) == 2 * 2
    assert len(records(plan(arms=ARMS[:1], seeds=3), Store(whole))) == 2 * 2
    other = records(plan(budgets=(4, 9)), Store(whole))
    assert {record.arm for record in other} == {FULL}  # it depends on no budget
    assert not records(plan(school=SmallSchool("another")), Store(whole))
    assert not records(plan(first_seed=5), Store(whole))
    assert not records(plan(), Store(tmp_path))


class AfterTheFirstPoint(float):
    """A time that is over as soon as something was told."""

    told: list[str]

    def __lt__(self, now_s: float) -> bool:
        return bool(self.told)


def test_when_time_is_over_nothing_new_is_trained(tmp_path: Path) -> None:
    assert not simulate(plan(), Store(tmp_path), ends_s=time.time() - 1)
    end = AfterTheFirstPoint()
    end.told = []
    (found,) = simulate(plan(), Store(tmp_path), ends_s=end, watch=end.told.append)
    assert (found.arm, found.budgets) == ("random", (4,))


def test_budgets_go_from_ten_to_the_number_of_clips() -> None:
    assert default_budgets(142, 3000) == (10, 17, 29, 49, 84, 142, 284, 568, 1136)
    assert len(default_budgets(3, 1000)) == 9
    assert plan(budgets=None).budgets_of(SmallSource()) == default_budgets(24, SmallSource().frames)


def test_no_budget_beyond_the_clips_asks_for_more_frames_than_there_are() -> None:
    assert default_budgets(142, 600) == (10, 17, 29, 49, 84, 142, 284, 568)
    assert default_budgets(175, 175)[-1] == 175


def test_whole_seeds_are_run_one_after_the_other() -> None:
    order = [(source.name, seed) for source, seed in plan(sources=TWO, first_seed=5).tasks()]
    assert order == [("small", 5), ("second", 5), ("small", 6), ("second", 6)]


def test_other_defaults_of_a_strategy_are_another_record(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = Arm(name="cover", strategy="cover")
    one = plan(budgets=None).identity(SmallSource(), arm)
    assert one == plan(budgets=None).identity(SmallSource(), arm)
    monkeypatch.setattr(Arm, "make", lambda self: Cover(alpha=0.75))
    assert plan(budgets=None).identity(SmallSource(), arm) != one
