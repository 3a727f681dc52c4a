"""What takes long to make is made once, for all folders of tests and all of pytest's processes."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import filelock
import pytest

T = TypeVar("T")


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], T]) -> T:
    """What ``make`` returns for a folder of that name, which nobody may change afterwards.

    The first process that asks makes it; the others wait for it and read what it returned. A
    fixture of the session alone is made again for each folder that imports it, in each process.
    """
    own = factory.getbasetemp()
    # pytest-xdist gives each of its processes a folder in that of the whole run.
    whole = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    folder = whole / "shared" / name
    made = folder.with_suffix(".pickle")
    folder.parent.mkdir(exist_ok=True)
    with filelock.FileLock(folder.with_suffix(".lock")):
        if not made.exists():
            folder.mkdir()
            made.write_bytes(pickle.dumps(make(folder)))
        found: T = pickle.loads(made.read_bytes())
    return found
