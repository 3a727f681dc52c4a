"""Making the next item while this one is used changes nothing but the time."""

import threading
from collections.abc import Iterator

import pytest

from framesel.stages.stored_frames import ahead


@pytest.mark.parametrize("wanted", [True, False])
def test_the_same_items_in_the_same_order(wanted: bool) -> None:
    assert list(ahead(iter(range(1, 50)), wanted=wanted)) == list(range(1, 50))
    assert list(ahead(iter(()), wanted=wanted)) == []


def test_the_next_item_is_made_while_this_one_is_used() -> None:
    made = [threading.Event() for _ in range(3)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made, 1):
            event.set()
            yield number

    found = ahead(items(), wanted=True)
    assert next(found) == 1
    assert made[1].wait(10)  # nobody has asked for it yet
    assert list(found) == [2, 3]


@pytest.mark.parametrize("wanted", [True, False])
def test_errors_arrive(wanted: bool) -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("it broke")

    found = ahead(items(), wanted=wanted)
    assert next(found) == 1
    with pytest.raises(ValueError, match="it broke"):
        next(found)
