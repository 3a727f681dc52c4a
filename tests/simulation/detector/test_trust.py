"""When a detector's doubt is heard."""

import numpy as np
import pytest

from framesel.simulation.detector.trust import Evidence


def evidence(*batches: tuple[list[float], list[int]]) -> Evidence:
    found = Evidence.of({})
    for number, (doubt, error) in enumerate(batches, 1):
        found = found.joined(number, np.array(doubt), np.array(error, np.bool_))
    return found


def right(frames: int, errors: int) -> tuple[list[float], list[int]]:
    """Doubt that knows the errors."""
    return [1.0] * errors + [0.1] * (frames - errors), [1] * errors + [0] * (frames - errors)


def test_nothing_is_trusted_without_evidence() -> None:
    none = Evidence.of({}).trust()
    assert not none.earned
    assert np.isnan(none.auroc)


@pytest.mark.parametrize(
    ("frames", "errors", "earned"),
    [(20, 3, True), (19, 3, False), (20, 2, False), (20, 17, True), (20, 18, False)],
)
def test_there_must_be_enough_of_both(frames: int, errors: int, earned: bool) -> None:
    found = evidence(right(frames, errors)).trust()
    assert found.auroc == 1.0
    assert (found.frames, found.errors, found.earned) == (frames, errors, earned)


def test_doubt_that_is_wrong_is_not_heard() -> None:
    doubt, error = right(40, 20)
    assert not evidence(([1.1 - d for d in doubt], error)).trust().earned
    assert not evidence(([0.5] * 40, error)).trust().earned


def test_batches_are_never_compared_with_one_another() -> None:
    # Each batch knows its errors; over both the doubt of the second is higher throughout.
    low = ([0.2] * 2 + [0.1] * 8, [1] * 2 + [0] * 8)
    high = ([0.9] * 2 + [0.8] * 8, [1] * 2 + [0] * 8)
    found = evidence(low, high).trust()
    assert found.auroc == 1.0
    assert found.earned


def test_it_is_taken_up_from_a_record_and_teaches_chances() -> None:
    found = evidence(right(10, 5), right(10, 5))
    again = Evidence.of(found.notes())
    assert again.trust() == found.trust()
    assert again.calibration().probability([0.1, 1.0]).tolist() == [0.0, 1.0]
