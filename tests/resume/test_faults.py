"""Killed just before and after each sync and rename, resumed: the same bytes."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from framesel import recipe as recipes
from framesel.sources import expand
from tests.resume.faults import Moment, run_apart, tree

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

SETTINGS = ["selection.budget=6", "catalog.shard_videos=2", "run.threads=1"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "ws"
    run_apart(root, recipes.load(None, SETTINGS), expand([str(footage.folder)]), None)
    return tree(root)


def test_the_undisturbed_run_repeats_itself(
    tmp_path: Path, footage: "Truth", undisturbed: dict[str, bytes]
) -> None:
    run_apart(tmp_path / "ws", recipes.load(None, SETTINGS), expand([str(footage.folder)]), None)
    assert tree(tmp_path / "ws") == undisturbed


def test_a_run_killed_at_every_moment_leaves_the_same_bytes(
    tmp_path: Path, footage: "Truth", undisturbed: dict[str, bytes]
) -> None:
    chosen, files = recipes.load(None, SETTINGS), expand([str(footage.folder)])
    survived: set[Moment] = set()
    while (killed := run_apart(tmp_path / "ws", chosen, files, survived)) is not None:
        survived.add(killed)
    # both operations, on the files of every stage
    touched = {name.partition("/")[0] for _, _, name in survived}
    assert touched >= {"catalog", "frames", "embeddings", "duplicates", "selection", "images"}
    assert {(when, what) for when, what, _ in survived} == {
        (when, what) for when in ("before", "after") for what in ("sync", "rename")
    }
    assert tree(tmp_path / "ws") == undisturbed
