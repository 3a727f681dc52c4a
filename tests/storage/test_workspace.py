"""A workspace in an object store: the same tables as on a disk, and whole at every moment."""

import io
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from framesel import planning, table_files
from framesel import recipe as recipes
from framesel.catalog import Catalog
from framesel.errors import StorageError
from framesel.pipeline import Pipeline
from framesel.settings import RunSettings
from framesel.sources import expand
from framesel.stage import ShardStage, ShardTask
from framesel.storage import working_copy
from framesel.tables import footer
from framesel.workspace import Workspace, folder_of, write_json
from tests.resume.faults import Inline, Silent, tree
from tests.storage.conftest import Bucket
from tests.storage.server import Fault, Server

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

SETTINGS = ["selection.budget=6", "selection.spare=0.0", "catalog.shard_videos=2"]
STAGES = ("frames", "embeddings", "shots", "duplicates", "selection")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's working copies lie."""
    monkeypatch.setenv("FRAMESEL_CACHE", str(tmp_path / "cache"))
    working_copy._known.cache_clear()
    return tmp_path / "cache"


def run(address: str, source: str, before: str = "") -> Path:
    """One run as the command does it; returns the folder that it worked in."""
    workspace = Workspace.create(folder_of(address))
    with workspace.locked():
        recipe = recipes.load(None, SETTINGS)
        Pipeline(workspace, recipe, Silent(), Inline).run(expand([source]), before=before)
    return workspace.root


def tables(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name.startswith(STAGES)}


def own(root: Path) -> dict[str, bytes]:
    """What the store should have of a working copy."""
    return {n: c for n, c in tree(root).items() if not n.startswith(".")}


def on_another_machine(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nothing is known of what this one has fetched."""
    monkeypatch.setenv("FRAMESEL_CACHE", str(cache.with_name("another")))


@pytest.fixture(scope="module")
def stored(
    server: Server, tmp_path_factory: pytest.TempPathFactory, footage: "Truth"
) -> dict[str, bytes]:
    """The objects of a workspace that was made once, with faults on the way."""
    server.faulty.reset()
    bucket = Bucket(server, "finished")
    bucket.make()
    source = bucket.put_folder(footage.folder, "footage")
    faults = bucket.faulty.faults
    for kind in ("error", "slow", "reset"):
        written = ("embeddings/", "selection/", "frames/", "round.json", "export/images/")
        faults += [Fault("PUT", part, kind) for part in written]
        faults += [Fault("GET", part, kind) for part in (".mp4", "list-type")]
    faults.append(Fault("GET", ".mp4", "truncated", 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMESEL_CACHE", str(tmp_path_factory.mktemp("finished")))
        root = run(f"{bucket.url}/ws", source)
    assert not any(fault.times for fault in faults)
    server.faulty.reset()
    found = bucket.objects("ws")
    assert found == own(root)
    assert bucket.unfinished_uploads() == 0
    return found


def test_the_same_bytes_as_on_a_disk_with_faults_on_the_way(
    footage: "Truth", stored: dict[str, bytes], tmp_path: Path
) -> None:
    root = run(str(tmp_path / "ws"), str(footage.folder))
    assert tables(stored) == tables(tree(root))


@pytest.fixture
def finished(bucket: Bucket, stored: dict[str, bytes]) -> str:
    """A finished workspace in a test's own bucket."""
    return bucket.put_all(stored, "ws")


def test_another_machine_goes_on_with_it(
    bucket: Bucket, finished: str, footage: "Truth", stored: dict[str, bytes]
) -> None:
    bucket.faulty.put.clear()
    run(finished, str(footage.folder))
    there = bucket.objects("ws")
    # the same videos lie elsewhere now: what a scan found is the only table that was written
    made = {name.partition("/ws/")[2] for name in bucket.faulty.put if name.endswith("quet")}
    assert made == {"catalog/sources-000002.parquet"}
    assert stored.keys() - there.keys() == {"catalog/sources-000001.parquet"}
    assert tables(there) == tables(stored)


def test_large_tables_are_fetched_where_they_are_read(
    bucket: Bucket, finished: str, stored: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working_copy, "_AT_ONCE_BYTES", 1 << 10)
    name = max((n for n in stored if n.startswith("frames/")), key=lambda n: len(stored[n]))
    bucket.faulty.bytes_read.clear()
    path = folder_of(finished) / name
    key = f"/{bucket.name}/ws/{name}"
    assert path.stat().st_size == len(stored[name])
    assert bucket.faulty.bytes_read[key] == 0
    table_files.look_at([path, path.with_name("none.parquet")])
    bucket.faulty.requests.clear()
    assert footer(path)["parts"]
    assert not bucket.faulty.requests  # it is known
    here = io.BytesIO(stored[name])
    assert table_files.metadata(path).num_rows == pq.read_metadata(here).num_rows
    assert table_files.read(path, ["pts"]).equals(pq.read_table(here, columns=["pts"]))
    with table_files.opened(path) as file:
        assert file.read_row_group(0, ["pts"]).num_rows > 0
    assert path.read_bytes() == bytes(len(stored[name]))  # still nothing but its place
    assert table_files.read(path)["pts"].equals(pq.read_table(here)["pts"])
    assert path.read_bytes() == stored[name]


def test_what_is_removed_here_goes_there_and_what_is_written_there_comes_here(
    bucket: Bucket, finished: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Workspace.open(folder_of(finished))
    on_another_machine(cache, monkeypatch)
    there = Workspace.open(folder_of(finished))
    with there.locked():
        shutil.rmtree(there.root / "embeddings")
        write_json(there.root / "runtimes.json", {"embeddings": "fp32"})
        (there.root / "rounds/0001/notes").mkdir()
        (there.root / "rounds/0001/notes/a.txt").write_text("put by hand")
        (there.root / "labels/partial-000001").mkdir(parents=True)
        write_json(there.root / "labels/partial-000001/import.json", {})
    monkeypatch.setenv("FRAMESEL_CACHE", str(cache))
    with here.locked():
        here.refresh()
    assert own(here.root) == bucket.objects("ws")
    assert not list(here.root.glob("embeddings/*/*"))
    assert (here.root / "rounds/0001/notes/a.txt").read_text() == "put by hand"
    assert not (here.root / "labels/partial-000001").exists()


def test_equal_sizes_and_times_do_not_hide_a_change(bucket: Bucket, finished: str) -> None:
    root = folder_of(finished)
    before = (root / "workspace.json").stat()
    content = (root / "workspace.json").read_bytes().replace(b" ", b"\t")
    bucket.put_all({"workspace.json": content}, "ws")
    folder_of(finished)
    assert (root / "workspace.json").stat().st_size == before.st_size
    assert (root / "workspace.json").read_bytes() == content


def test_two_writers_of_one_shard_write_the_same_bytes(
    bucket: Bucket,
    finished: str,
    stored: dict[str, bytes],
    footage: "Truth",
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Both begin before either has finished anything: each writes every shard."""
    behind = ("shots/", "duplicates/", "selection/", "rounds/", "embeddings/")
    bucket.remove([f"ws/{name}" for name in stored if name.startswith(behind)])
    written: list[dict[str, bytes]] = []
    for machine in ("one", "other"):
        monkeypatch.setenv("FRAMESEL_CACHE", str(cache.with_name(machine)))
        folder_of(finished)
    monkeypatch.setattr(working_copy, "pull", lambda root: None)  # neither looks what the other did
    for machine in ("one", "other"):
        monkeypatch.setenv("FRAMESEL_CACHE", str(cache.with_name(machine)))
        bucket.faulty.put.clear()
        run(finished, str(footage.folder), before="duplicates")
        put = {n.partition("/ws/")[2]: c for n, c in bucket.faulty.put.items()}
        written.append({n: c for n, c in put.items() if n.endswith(".parquet")})
    assert written[0] == written[1]
    again = {n for n in stored if n.startswith(("embeddings/", "shots/")) and n.endswith("quet")}
    assert {n for n in written[1] if not n.startswith("catalog/")} == again
    there = bucket.objects("ws")
    assert {n: there[n] for n in again} == {n: stored[n] for n in again}


def test_a_worker_elsewhere_needs_the_address_alone(
    bucket: Bucket,
    finished: str,
    stored: dict[str, bytes],
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workspace = Workspace.open(folder_of(finished))
    steps = planning.plan(workspace, recipes.load(None, SETTINGS))
    step, keys = next(s for s in steps if s.name == "shots"), {s.name: s.key for s in steps}
    assert isinstance(step.stage, ShardStage)
    first = Catalog(workspace).shards[0]
    name = f"shots/{step.key}/s{first.number:05d}.parquet"
    bucket.remove([f"ws/{name}"])
    task = ShardTask(step.stage, workspace.address, step.key, keys, step.runtime, RunSettings())
    on_another_machine(cache, monkeypatch)
    task.open()(first, lambda part, rows: None)
    assert bucket.objects("ws") == stored


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_kill_around_a_write_leaves_the_whole_or_nothing(
    bucket: Bucket, tmp_path: Path, when: str
) -> None:
    root = folder_of(f"{bucket.url}/ws")
    Workspace.create(root)
    code = (
        "import os, signal; from pathlib import Path; from framesel import workspace\n"
        "from framesel.storage import store; real = store.put\n"
        "def put(source, url):\n"
        "    if os.environ['WHEN'] == 'after': real(source, url)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        f"store.put = put; workspace.write_bytes(Path({str(root)!r}) / 'a.bin', bytes(100_000))"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "WHEN": when})
    assert done.returncode == -signal.SIGKILL
    assert not (root / "a.bin").exists()  # its name here comes last
    there = bucket.objects("ws")
    assert there.get("a.bin") == (bytes(100_000) if when == "after" else None)
    folder_of(f"{bucket.url}/ws")
    assert own(root) == there


def test_a_store_that_stays_silent_ends_the_run_and_it_goes_on_later(
    bucket: Bucket, footage: "Truth", stored: dict[str, bytes]
) -> None:
    bucket.faulty.faults.append(Fault("PUT", "embeddings/", "error", 99))
    with pytest.raises(StorageError, match="the same command"):
        run(f"{bucket.url}/ws", str(footage.folder), before="shots")
    assert not any(n.startswith("embeddings/") for n in bucket.objects("ws"))
    bucket.faulty.faults.clear()
    run(f"{bucket.url}/ws", str(footage.folder), before="shots")
    made = tables(bucket.objects("ws"))
    assert any(n.startswith("embeddings/") for n in made)
    assert {n: stored[n] for n in made} == made


def test_names_that_lead_out_of_the_workspace_are_left_alone(bucket: Bucket) -> None:
    bucket.put_all({"workspace.json": b'{"format": 1}', "a/../../../evil.json": b"{}"}, "ws")
    root = folder_of(f"{bucket.url}/ws")
    assert sorted(own(root)) == ["workspace.json"]
    assert not list(root.parent.parent.rglob("evil.json"))


def test_no_credentials_are_written_down(finished: str, cache: Path) -> None:
    folder_of(finished)
    for path in cache.rglob("*"):
        assert not path.is_file() or b"not-a-secret" not in path.read_bytes()
