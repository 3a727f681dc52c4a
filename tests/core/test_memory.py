import platform
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from framesel import memory
from framesel.settings import RunSettings


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with 8 GB free; its container's limits are files of the folder returned."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=8e9))
    monkeypatch.setattr(memory, "LIMITS", ((tmp_path / "max", tmp_path / "current"),))
    memory.half_free_gb.cache_clear()
    yield tmp_path
    memory.half_free_gb.cache_clear()


@pytest.mark.parametrize(
    ("most", "taken", "expected"),
    [
        ("3000000000", "1000000000", 1.0),
        ("max", "1000000000", 4.0),
        ("1", "5", 0.0),
        ("9e9", "", 4.0),
    ],
)
def test_half_of_what_machine_and_container_leave_is_taken(
    machine: Path, most: str, taken: str, expected: float
) -> None:
    (machine / "max").write_text(most, "ascii")
    (machine / "current").write_text(taken, "ascii")
    assert RunSettings().memory() == expected


def test_what_a_user_allows_counts_and_bounds_the_workers(machine: Path) -> None:
    assert RunSettings().memory() == 4.0
    assert RunSettings(memory_gb=1.5).memory() == 1.5
    assert RunSettings(memory_gb=0.4).worker_count(0.3) == 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a call of glibc's")
def test_what_was_freed_between_what_is_held_is_given_back() -> None:
    held = [np.ones(100_000, np.uint8) for _ in range(1000)]  # too small to be mapped one by one
    del held[:-1]
    before = psutil.Process().memory_info().rss
    memory.give_back()
    assert before - psutil.Process().memory_info().rss > 50e6
