"""Where things live, and how they are written so that a kill at any moment loses nothing.

The output is the marker: a file is written under a temporary name, synced, and renamed. What
has its final name is whole; what has not is rubbish that the next run may sweep away.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import filelock
import pyarrow as pa
import pyarrow.parquet as pq

from framesel import tables
from framesel.disk import room_for, sweep
from framesel.errors import WorkspaceError
from framesel.storage import working_copy
from framesel.storage.store import is_url

FORMAT = 1

_GATHERED = ("tau", "duplicates", "scores", "trust", "selection", "map")
STAGES = ("frames", "embeddings", "detections", "windows", "shots", *_GATHERED)
"""The folders of all stages, whatever the current recipe runs; the last is made on demand."""


class Workspace:
    """The folder in which every stage leaves its tables.

    Paths are derived here and nowhere else.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def address(self) -> str:
        """Where it lies for all machines: its folder, or its URL in an object store."""
        return working_copy.url_of(self.root) or str(self.root)

    @classmethod
    def create(cls, root: Path) -> Workspace:
        """Opens a workspace, or makes one where there is nothing yet.

        Raises:
            WorkspaceError: The folder holds something else.
        """
        root = root.absolute()
        if not (root / "workspace.json").exists():
            if root.is_file() or (root.is_dir() and _occupied(root)):
                raise WorkspaceError(
                    f"{cls(root).address} exists and is not a framesel workspace. "
                    "Give --workspace an empty or a new folder."
                )
            root.mkdir(parents=True, exist_ok=True)
            write_json(root / "workspace.json", {"format": FORMAT})
        return cls.open(root)

    @classmethod
    def open(cls, root: Path) -> Workspace:
        """Opens an existing workspace.

        Raises:
            WorkspaceError: There is none, or it was written by a newer framesel.
        """
        root = root.absolute()
        try:
            found = json.loads((root / "workspace.json").read_text("utf-8"))["format"]
        except FileNotFoundError:
            raise WorkspaceError(
                f"{cls(root).address} is not a framesel workspace (it has no workspace.json). "
                "`framesel run SOURCES --workspace FOLDER` makes one."
            ) from None
        except (ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(
                f"{root / 'workspace.json'} is damaged ({error}). "
                f'Restore it with the content {{"format": {FORMAT}}}.'
            ) from None
        if found != FORMAT:
            raise WorkspaceError(
                f"{root} has format {found}; this framesel reads format {FORMAT}. "
                "Use the framesel that wrote it, or update this one."
            )
        return cls(root)

    @property
    def catalog(self) -> Path:
        """The folder of the append-only catalog."""
        return self.root / "catalog"

    @property
    def recipe(self) -> Path:
        """The recipe of the last run, with every default written out."""
        return self.root / "recipe.yaml"

    @property
    def log(self) -> Path:
        """The log of all runs. Timings are there and in no table."""
        return self.root / "framesel.log"

    def stage(self, name: str, key: str) -> Path:
        """The folder of one stage under one fingerprint.

        A recipe may hold a stage more than once (a committee of detectors, a coarse pass); what
        stands behind a dot or an @ tells them apart there. On disk their fingerprints do.
        """
        return self.root / name.partition("@")[0].partition(".")[0] / key

    def shard(self, name: str, key: str, shard: int) -> Path:
        """The file of one shard; that it exists means that it is done."""
        return self.stage(name, key) / f"s{shard:05d}.parquet"

    def round(self, number: int) -> Path:
        """The folder of one round."""
        return self.root / "rounds" / f"{number:04d}"

    @property
    def converted(self) -> Path:
        """The folder of models that were converted for this machine: they can be made again."""
        return self.root / ".converted"

    @property
    def labels(self) -> Path:
        """The folder of all that was labelled: one folder for each import."""
        return self.root / "labels"

    @property
    def handovers(self) -> Path:
        """The folder of all that was handed out."""
        return self.root / "handovers"

    def handover(self, number: int) -> Path:
        """The folder of one handover."""
        return self.handovers / f"{number:06d}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps a second run out of this workspace. A killed run leaves no lock behind.

        In an object store only those of this machine are kept out; what runs elsewhere writes the
        same bytes. What was written there comes first, and what was changed here goes there last.

        Raises:
            WorkspaceError: Another run has it.
        """
        with self.alone():
            working_copy.pull(self.root)
            try:
                yield
            finally:
                working_copy.push(self.root)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """The lock by itself, for what looks at nothing that another machine may have changed."""
        lock = filelock.FileLock(self.root / ".lock", timeout=0)
        try:
            lock.acquire()
        except filelock.Timeout:
            raise WorkspaceError(
                f"another framesel is working in {self.root}. Wait for it, or end it."
            ) from None
        try:
            yield
        finally:
            lock.release()

    def refresh(self) -> None:
        """Where it lies in an object store: sends what was changed here, takes what is new there.

        Only while the lock is held: what is gone here by then was removed on purpose.
        """
        working_copy.push(self.root)
        working_copy.pull(self.root)

    def sweep(self) -> int:
        """Removes what killed runs left under temporary names. Returns how many."""
        return sweep(self.root)


def _occupied(root: Path) -> bool:
    """Whether a folder holds more than what a killed creation of a workspace leaves."""
    return any(not (p.name.startswith(".") and p.name.endswith(".tmp")) for p in root.iterdir())


def write_atomic(path: Path, fill: Callable[[Path], None]) -> None:
    """Lets ``fill`` write a temporary file beside ``path``, syncs it, and renames it.

    After a kill at any moment, ``path`` is absent, the old file, or the new one: never a part. In a
    working copy the object store has it first.
    """
    with room_for(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            prefix=f".{path.name[:80]}.", suffix=".tmp", dir=path.parent
        )
        os.close(handle)
        temporary = Path(name)
        try:
            temporary.chmod(0o644)
            fill(temporary)
            sync(temporary)
            working_copy.sent(temporary, path)
            temporary.replace(path)
            sync(path.parent)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def folder_of(address: str | os.PathLike[str]) -> Path:
    """The folder in which a workspace is worked on: its own, or the working copy of a URL.

    Raises:
        UsageError: The URL holds credentials.
        StorageError: The store cannot be reached.
    """
    text = os.fspath(address)
    return working_copy.folder(text) if is_url(text) else Path(text)


def sync(path: Path) -> None:
    """Makes a file's bytes, or a folder's names, outlive a power cut."""
    if path.is_dir() and os.name == "nt":
        return  # Windows syncs no folders
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a small file atomically."""
    write_atomic(path, lambda temporary: _write(temporary, content))


def write_json(path: Path, content: Any) -> None:
    """Writes JSON atomically, keys sorted, so that equal content gives equal bytes."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    write_bytes(path, text.encode("utf-8"))


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def write_table(
    path: Path,
    schema: pa.Schema,
    batches: Iterable[pa.RecordBatch],
    *,
    entries: Callable[[], Mapping[str, Any]] = dict,
) -> int:
    """Streams batches into one Parquet file, atomically; each batch is one row group.

    Args:
        path: The final name.
        schema: What every batch must have.
        batches: Rows; at most one batch is in memory at a time.
        entries: Called after the last batch; what it returns goes into the footer.

    Returns:
        The number of rows.
    """
    rows = 0
    packed = [f.name for f in schema if not _is_blob(f.type)]

    def fill(temporary: Path) -> None:
        nonlocal rows
        with pq.ParquetWriter(
            temporary,
            schema,
            # pixels, vectors and boxes do not compress: only the small columns try
            compression={f.name: "zstd" if f.name in packed else "none" for f in schema},
            use_dictionary=packed,
            write_statistics=packed,
        ) as writer:
            for batch in batches:
                writer.write_batch(batch)
                rows += batch.num_rows
            writer.add_key_value_metadata(tables.footer_entries(entries()))

    write_atomic(path, fill)
    return rows


def _is_blob(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_fixed_size_binary(kind))
