"""Arms by name and from a file; what cannot be run is refused before anything is."""

from pathlib import Path

import pytest

from framesel.errors import FrameselError, UsageError
from framesel.simulation.detector.arms import ARMS, MORE, OURS, Arm, arms_named, checked, read_arms


def test_arms_are_found_by_name_and_strategies_become_arms() -> None:
    ours, herding, badge = arms_named([OURS, "herding", "class_balance"])
    assert ours in ARMS
    assert (herding.strategy, herding.footage, herding.hears) == ("herding", "kept", "nothing")
    assert (badge.first, badge.hears) == ("random", "entropy")


def test_all_arms_that_are_there_can_be_run_together() -> None:
    assert checked((*ARMS, *MORE)) == (*ARMS, *MORE)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["best"], "no arm or strategy 'best'"),
        (["random", "random"], "each once"),
        (["similar"], "needs targets"),
        ([], "one or more"),
    ],
)
def test_mistakes_are_told(names: list[str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        arms_named(names)


def test_who_needs_a_utility_must_hear_one_from_the_second_batch_on() -> None:
    for wrong in (
        Arm(name="a", strategy="top_k", hears="trusted", first="random"),
        Arm(name="a", strategy="top_k", hears="entropy"),
    ):
        with pytest.raises(UsageError, match="cannot do without a utility"):
            checked((wrong,))


def test_arms_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "arms.yaml"
    path.write_text("- {name: rarer, strategy: cover, settings: {rare: 0.4}, tau_cos: 0.9}\n")
    (found,) = read_arms(path)
    assert found == Arm(name="rarer", strategy="cover", settings={"rare": 0.4}, tau_cos=0.9)


@pytest.mark.parametrize(
    "text",
    [
        "- {name: a, strategy: cover, colour: red}",
        "- {name: a, strategy: cover, settings: {rarity: 1}}",
        "- {name: a, strategy: covr}",
        "- {name: full, strategy: cover}",
        "- !!python/object/apply:os.system [echo]",
        "name: a",
        "[",
    ],
)
def test_a_file_of_no_sense_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "arms.yaml"
    path.write_text(text)
    with pytest.raises(FrameselError):
        read_arms(path)
    with pytest.raises(UsageError, match="arms"):
        read_arms(tmp_path / "missing.yaml")
