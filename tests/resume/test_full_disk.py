"""A disk that is full: a clear error, and the same bytes once there is room."""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from framesel import recipe as recipes
from framesel.errors import DiskFullError, StageError
from framesel.pipeline import Pipeline
from framesel.sources import expand
from framesel.stages.spilled import Spilled
from framesel.stages.stored_vectors import StoredVectors, in_order
from framesel.workspace import Workspace
from tests.resume.faults import Inline, Silent, label, tree

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

RECIPE = recipes.load(None, ["selection.budget=6", "catalog.shard_videos=2", "run.threads=1"])


class Told(Silent):
    """Remembers which stage is at work."""

    stage = "catalog"

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        self.stage = stage


def run(root: Path, files: list[Path], told: Silent, runner: Any) -> None:
    Pipeline(Workspace.create(root), RECIPE, told, runner).run(files)


@pytest.fixture(scope="module")
def files(footage: "Truth") -> list[Path]:
    return expand([str(footage.folder)])[:4]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, files: list[Path]) -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "ws"
    run(root, files, Silent(), Inline)
    return tree(root)


def test_no_room_for_any_kind_of_file(
    tmp_path: Path,
    files: list[Path],
    undisturbed: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fsync, survived = os.fsync, set[str]()

    def full(handle: int) -> None:
        this = label(str(Path(f"/proc/self/fd/{handle}").readlink()))
        if this not in survived and "." in this:
            survived.add(this)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", full)
    said = []
    for _ in range(60):
        try:
            run(tmp_path / "ws", files, Silent(), Inline)
            break
        except DiskFullError as error:
            said.append(str(error))
    assert all("make room and run the same command" in one for one in said)
    stages = {name.partition("/")[0] for name in survived}
    assert stages >= {"catalog", "frames", "embeddings", "shots", "duplicates", "selection"}
    assert tree(tmp_path / "ws") == undisturbed


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 16 kB that ``grow`` makes larger."""
    folder = tmp_path / "disk"
    folder.mkdir()
    made = ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", str(folder)]
    if os.geteuid() or subprocess.run(made, check=False, capture_output=True).returncode:
        pytest.skip("only root may make a small disk, and not everywhere")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


class Made(StoredVectors):
    """Vectors that lie nowhere."""

    def halves(self, rows: np.ndarray) -> np.ndarray:
        return np.ones((len(rows), self.shape[1]), np.float16)


def test_no_room_for_what_stages_put_aside(small_disk: Path) -> None:
    """A mapped file that grows on a full disk would end the process without a word."""
    nothing = np.zeros(1_000, np.int64)
    vectors = Made([], nothing, nothing, 64)
    rows = np.random.default_rng(0).permutation(1_000)
    with pytest.raises(OSError, match="No space"), in_order(vectors, rows, small_disk):
        pass
    with pytest.raises(OSError, match="No space"), Spilled(small_disk) as spilled:
        spilled.add(np.ones((10_000, 4), np.float32))
    assert not list(small_disk.iterdir())
    with in_order(vectors, rows[:100], small_disk) as ordered:
        assert np.array_equal(ordered[:], vectors[rows[:100]])


def test_a_real_disk_that_grows(
    small_disk: Path, files: list[Path], undisturbed: dict[str, bytes]
) -> None:
    from framesel.runners.local import LocalRunner

    full_in, said, kilobytes = set(), [], 16
    while kilobytes < 65_536:
        told = Told()
        try:
            run(small_disk / "ws", files, told, LocalRunner)
            break
        except (DiskFullError, StageError) as error:
            said.append(str(error))
        full_in.add(told.stage)
        kilobytes = kilobytes * 2
        size = f"remount,size={kilobytes}k"
        subprocess.run(["mount", "-o", size, str(small_disk)], check=True)
    assert len(full_in) >= 3
    assert all("No space left" in one or "no room is left" in one for one in said)
    assert all("What was finished is kept" in one for one in said)
    assert tree(small_disk / "ws") == undisturbed
