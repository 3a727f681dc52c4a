import numpy as np
import pytest
from threadpoolctl import threadpool_info

from framesel import threads
from framesel.settings import RunSettings


def of_libraries() -> list[int]:
    np.ones((2, 2)) @ np.ones((2, 2))  # so that there is one
    return [library["num_threads"] for library in threadpool_info()]


def test_a_limit_holds_for_libraries_and_for_ours_and_is_lifted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    before = of_libraries()
    assert before
    with threads.limited(2), threads.limited(1):
        assert (threads.count(), set(of_libraries())) == (1, {1})
    assert (threads.count(), of_libraries()) == (3, before)


@pytest.mark.parametrize("said", ["", "0", "many"])
def test_without_a_number_there_is_one_for_each_core(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert threads.count() == threads.cores() == RunSettings().thread_count()
    assert RunSettings(threads=7).thread_count() == 7
