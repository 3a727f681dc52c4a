"""What gathering stages and workers hand to one another, in a folder and in an object store."""

from pathlib import Path

import numpy as np
import pytest

from framesel.errors import StorageError
from framesel.settings import RunSettings
from framesel.stages.pieces import Pieces, borrow
from framesel.storage import working_copy
from framesel.workspace import Workspace, folder_of
from tests.storage.conftest import Bucket
from tests.storage.server import Fault

ARRAYS = {"rows": np.arange(5), "words": np.array(["a", "b"]), "none": np.empty((0, 3))}
RAY = RunSettings(runner="ray")


@pytest.fixture
def workspace(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("FRAMESEL_CACHE", str(tmp_path / "cache"))
    working_copy._known.cache_clear()
    return Workspace.create(folder_of(f"{bucket.url}/ws"))


@pytest.mark.parametrize("where", ["folder", "store here", "store"])
def test_they_come_back_as_they_were(workspace: Workspace, tmp_path: Path, where: str) -> None:
    home = Workspace(tmp_path / "disk") if where == "folder" else workspace
    run = RunSettings() if where == "store here" else RAY
    pieces = Pieces.of(home, home.root / "selection" / "k" / ".parts", run)
    assert not pieces.has("a")
    pieces.write("a", ARRAYS)
    pieces.write("b", {"rows": np.arange(2)})
    assert pieces.has("a")
    found = pieces.read("a")
    assert found.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        assert found[name].dtype == values.dtype
        assert np.array_equal(found[name], values)
    pieces.write("a", {"rows": np.arange(7)})
    assert len(pieces.read("a")["rows"]) == 7
    pieces.remove("b")
    pieces.remove("b")
    assert not pieces.has("b")
    lent = tmp_path / "lent.bin"
    lent.write_bytes(b"some numbers")
    assert borrow(pieces.lend(lent)).read_bytes() == b"some numbers"
    pieces.clear()
    assert not pieces.has("a")
    assert lent.exists()


def test_those_in_a_store_are_seen_by_other_machines_and_by_no_working_copy(
    bucket: Bucket, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.root / "selection" / "k" / ".parts"
    pieces = Pieces.of(workspace, folder, RAY)
    bucket.faulty.faults.append(Fault("PUT", ".parts", "error"))
    pieces.write("a", ARRAYS)
    assert [name for name in bucket.objects("ws") if ".parts" in name] == [
        "selection/k/.parts/a.npz"
    ]
    assert not folder.exists()
    monkeypatch.setenv("FRAMESEL_CACHE", str(tmp_path / "another"))
    assert np.array_equal(pieces.read("a")["rows"], ARRAYS["rows"])
    other = folder_of(f"{bucket.url}/ws")
    assert not list(other.rglob(".parts"))
    working_copy.push(other)
    assert pieces.has("a")


def test_a_bucket_that_is_gone_is_named(workspace: Workspace) -> None:
    gone = Pieces(workspace.root / ".parts", "s3://no-such-bucket/ws/.parts", elsewhere=True)
    with pytest.raises(StorageError, match="no-such-bucket"):
        gone.write("a", ARRAYS)


def test_where_the_workers_are_here_the_store_sees_nothing(
    bucket: Bucket, workspace: Workspace
) -> None:
    pieces = Pieces.of(workspace, workspace.root / "selection" / "k" / ".parts", RunSettings())
    before = bucket.objects("ws")
    pieces.write("a", ARRAYS)
    assert bucket.objects("ws") == before
    assert (pieces.folder / "a.npz").exists()
