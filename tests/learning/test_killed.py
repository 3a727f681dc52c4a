"""A training that dies around its renames goes on, and leaves what one leaves that never died."""

import os
import shutil
from collections.abc import Callable
from typing import Any

import pytest

from framesel.workspace import Workspace
from tests.learning.conftest import School
from tests.learning.test_train import hold_out
from tests.resume.faults import label, tree


class DiedError(BaseException):
    """Stands for a kill."""


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ends whoever renames, just after the first rename of each kind of file; which ones were."""
    survived: list[str] = []
    plain = os.replace

    def replace(source: Any, target: Any) -> None:
        plain(source, target)
        kind = label(str(target))
        if kind not in survived:
            survived.append(kind)
            raise DiedError

    monkeypatch.setattr(os, "replace", replace)
    return survived


def until_done(work: Callable[[], object]) -> int:
    """Calls again and again until nothing dies any more; how often it died."""
    died = 0
    while True:
        try:
            work()
        except DiedError:
            died += 1
        else:
            return died


def test_it_comes_to_the_same_files(school: School, tmp_path: Any, dying: list[str]) -> None:
    # labels and holdout are written in peace
    kinds = {"import.json", "frames.parquet", "boxes.parquet", "holdout.json"}
    dying += [f"{folder}/{name}" for folder in ("ws", "partial-000001") for name in kinds]
    school.label(school.frames[::2])
    hold_out(school, 1)
    shutil.copytree(school.workspace.root, tmp_path / "peace" / "ws")
    before = len(dying)
    died = until_done(school.train)
    kinds_died = {kind.rpartition("/")[2] for kind in dying[before:]}
    assert died == len(dying) - before
    assert kinds_died >= {
        "stage.json", "split.parquet", "pictures.json", "picture.jpg", "examples.json",
        "found.parquet", "metrics.json", "model.json", "runtimes.json", "recipe.yaml",
    }  # fmt: skip
    other = School(Workspace.open(tmp_path / "peace" / "ws"), school.frames)
    assert until_done(other.train) == 0
    assert tree(school.workspace.root) == tree(other.workspace.root)
