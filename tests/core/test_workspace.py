"""Atomic writes and the folder's own checks."""

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from framesel import tables, vector_column
from framesel.errors import DiskFullError, WorkspaceError
from framesel.workspace import Workspace, write_atomic, write_json, write_table


def test_a_failed_write_leaves_the_old_file_and_no_rubbish(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_json(target, {"old": 1})

    def fill(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(DiskFullError, match=r"no room is left.*a\.json"):
        write_atomic(target, fill)
    assert json.loads(target.read_text()) == {"old": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_equal_content_gives_equal_bytes(tmp_path: Path) -> None:
    write_json(tmp_path / "a", {"x": 1, "y": "ü"})
    write_json(tmp_path / "b", {"y": "ü", "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_table_streams_its_batches_as_row_groups_and_keeps_its_footer(tmp_path: Path) -> None:
    schema = pa.schema([("video_no", pa.int32()), ("pts", pa.int64())])
    batches = [pa.record_batch([[n] * 3, [1, 2, 3]], schema=schema) for n in range(4)]
    rows = write_table(
        tmp_path / "t.parquet", schema, iter(batches), entries=lambda: {"errors": ["e"], "n": 1}
    )
    assert rows == 12
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 4
    footer = tables.footer(tmp_path / "t.parquet")
    assert (footer["rows"], footer["errors"], footer["n"]) == (12, ["e"], 1)


def test_a_folder_with_other_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with pytest.raises(WorkspaceError, match="not a framesel workspace"):
        Workspace.create(tmp_path)
    assert not (tmp_path / "workspace.json").exists()


def test_a_newer_format_is_refused_with_a_clear_word(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "ws")
    write_json(tmp_path / "ws" / "workspace.json", {"format": 99})
    with pytest.raises(WorkspaceError, match="format 99"):
        Workspace.open(tmp_path / "ws")


@pytest.mark.parametrize("content", ["", "[]", '{"format": null', "{}"])
def test_a_damaged_marker_is_named(tmp_path: Path, content: str) -> None:
    Workspace.create(tmp_path / "ws")
    (tmp_path / "ws" / "workspace.json").write_text(content)
    with pytest.raises(WorkspaceError, match=r"workspace\.json"):
        Workspace.open(tmp_path / "ws")


def test_a_second_run_is_kept_out_and_a_dead_one_leaves_no_lock(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    code = (
        "import os, sys; from pathlib import Path; from framesel.workspace import Workspace\n"
        "with Workspace.open(Path(sys.argv[1])).locked():\n"
        "    print('mine', flush=True); sys.stdin.read()\n"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(workspace.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"mine\n"
        with pytest.raises(WorkspaceError, match="another framesel"), workspace.locked():
            pass
    finally:
        holder.kill()
        holder.communicate()
    with workspace.locked():
        pass


def test_sweep_removes_what_killed_runs_left(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    rubbish = workspace.shard("frames", "abc", 1).parent / ".s00001.parquet.x.tmp"
    rubbish.parent.mkdir(parents=True)
    rubbish.write_bytes(b"half")
    folder = workspace.converted / ".abc.tmp"
    folder.mkdir(parents=True)
    (folder / "model.xml").write_bytes(b"half")
    assert workspace.sweep() == 2
    assert not rubbish.exists()
    assert not folder.exists()


def test_vectors_come_back_unit_length_and_within_fp16(tmp_path: Path) -> None:
    import numpy as np

    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    table = pa.table({"vector": vector_column.pack_vectors(vectors)})
    chunked = pa.concat_tables([table.slice(0, 7), table.slice(7)])
    back = vector_column.unpack_vectors(chunked["vector"])
    assert np.allclose(np.linalg.norm(back, axis=1), 1, atol=1e-6)
    assert ((back * vectors).sum(1) > 1 - 1e-6).all()
    assert np.array_equal(vector_column.unpack_vectors(table["vector"].slice(5, 9)[:3]), back[5:8])


def test_files_are_readable_by_others_as_the_umask_allows(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {})
    assert (tmp_path / "a.json").stat().st_mode & 0o444 == 0o444
