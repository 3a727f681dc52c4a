"""Looking after a workspace: sweeping what nobody refers to, retrying, forgetting."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from framesel import on_demand, planning, table_files, tables
from framesel.catalog import Catalog, append, remember_forgotten
from framesel.recipe import Recipe
from framesel.rounds import decisions, holdout, model_upkeep, state, stop_set
from framesel.stages.embeddings import Embeddings
from framesel.workspace import STAGES, Workspace, write_json, write_table

RETRIED_PER_SHARD = 16


def unreferenced(workspace: Workspace, recipe: Recipe) -> list[Path]:
    """Stage folders that neither the recipe nor a round refers to, and what models can spare."""
    steps = planning.plan(workspace, recipe)
    kept = {workspace.stage(s.name, s.key) for s in steps}
    queue = [workspace.root / r.selection for r in state.rounds(workspace) if r.selection]
    kept.update(queue)
    found = [f for name in STAGES for f in sorted((workspace.root / name).glob("*/"))]
    for folder in found:
        if folder in kept:
            kept.update(_ancestors(workspace, folder))
    kept.update(f for f in found if f.parent.name == "map" and _still_shown(workspace, f, kept))
    used = _used(workspace, steps)
    found += [f for f in sorted(workspace.converted.glob("*/")) if f != used]
    return [*(f for f in found if f not in kept), *model_upkeep.unreferenced(workspace)]


def _used(workspace: Workspace, steps: list[planning.Step]) -> Path | None:
    """The folder of the converted backbone that the recipe asks for."""
    for step in steps:
        if isinstance(step.stage, Embeddings):
            return step.stage.converted(workspace, step.runtime)
    return None


def _still_shown(workspace: Workspace, folder: Path, kept: set[Path]) -> bool:
    """Whether what was made on demand is of the present input and of tables that stay."""
    path = folder / "stage.json"
    if not path.exists():
        return False
    needs: dict[str, str] = json.loads(path.read_text("utf-8"))["needs"]
    present = folder.name.endswith(f"-{on_demand.seen(Catalog(workspace), needs)}")
    return present and all(workspace.stage(name, key) in kept for name, key in needs.items())


def _ancestors(workspace: Workspace, folder: Path) -> Iterable[Path]:
    """Folders whose fingerprints a stage folder was made from."""
    path = folder / "stage.json"
    if not path.exists():
        return
    for name, key in json.loads(path.read_text("utf-8"))["needs"].items():
        for found in workspace.stage(name, key).parent.glob(f"{key}*/"):
            yield found
            yield from _ancestors(workspace, found)


def size_bytes(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def move_failed(workspace: Workspace, recipe: Recipe) -> int:
    """Puts videos that broke on the way into new shards, so that they are tried again.

    Returns:
        How many videos were moved. What their old shards hold of them no longer counts.
    """
    rows = planning.failures(workspace, planning.plan(workspace, recipe))
    failed = {row["video_no"] for row in rows if row["video_no"] is not None}
    catalog = Catalog(workspace)
    if not failed:
        return 0
    next_shard = max(catalog.segments["shard"].to_pylist()) + 1
    rows = [r for r in catalog.segments.to_pylist() if r["video_no"] in failed]
    moved = {(r["video_no"], r["start_pts"]): r for r in rows}  # the last append holds
    append(
        workspace,
        [{**r, "shard": next_shard + n // RETRIED_PER_SHARD} for n, r in enumerate(moved.values())],
    )
    return len(failed)


def forget(workspace: Workspace, video_no: int) -> list[Path]:
    """Removes all that is of a video: rows, pictures, picks, labels, decisions, catalog entry.

    Its digest is kept, so that the next scan does not take it up again. What gathers the whole
    dataset is removed as a whole and computed again by the next run; closed rounds lose the
    video's picks and pictures. Weights that were trained on it stay (``model_upkeep.taught_by``).

    Returns:
        The files that were rewritten or removed.
    """
    touched: list[Path] = []
    row = Catalog(workspace).videos[video_no]
    digest = row["digest"]
    remember_forgotten(workspace, digest)
    for state_round in state.rounds(workspace):
        touched += _forget_export(state_round.folder(workspace) / "export", video_no)
    for folder in sorted(workspace.handovers.glob("*")):
        touched += _forget_handover(folder, video_no)
    for name in STAGES:
        for path in sorted((workspace.root / name).glob("*/*.parquet")):
            if _drop_rows(path, video_no):
                touched.append(path)
    tables_left = [*workspace.labels.glob("*/*.parquet"), *workspace.catalog.glob("*.parquet")]
    splits = (workspace.root / "splits").glob("*/split.parquet")
    for path in sorted([*tables_left, *splits, *model_upkeep.tables(workspace)]):
        if _drop_rows(path, video_no):
            touched.append(path)
    touched += model_upkeep.forget(workspace, video_no, Path(row["path"]).name)
    touched += _forget_drift(workspace) + holdout.forget(workspace, digest)
    touched += stop_set.forget(workspace, digest)
    return touched + decisions.forget(workspace, video_no)


def _forget_drift(workspace: Workspace) -> list[Path]:
    """What was looked at for `framesel drift` goes; densities know digests alone, and stay."""
    folder = workspace.root / "drift"
    reports = [*sorted(folder.glob("*/report.json")), *sorted(folder.glob("*/drift.png"))]
    footage = sorted(folder.glob("footage"))
    for path in reports:
        path.unlink()
    remove(footage)
    return [*reports, *footage]


def _forget_export(folder: Path, video_no: int) -> list[Path]:
    path = folder / "picks.parquet"
    if not path.exists():
        return []
    picks = table_files.read(path)
    gone = picks.filter(pc.equal(picks["video_no"], video_no))["image"].to_pylist()
    for name in gone:
        (folder / "images" / name).unlink(missing_ok=True)
    if gone:
        from framesel.stages.export_lists import write_lists

        rest = picks.filter(pc.not_equal(picks["video_no"], video_no))
        write_lists(folder, rest)
    return [folder / "images" / name for name in gone]


def _forget_handover(folder: Path, video_no: int) -> list[Path]:
    """Takes a video's pictures and boxes out of a handover; one that is not whole goes."""
    if not (folder / "handover.json").exists():
        shutil.rmtree(folder)
        return [folder]
    path = folder / "pictures.parquet"
    table = table_files.read(path, columns=["video_no", "name"])
    names = table.filter(pc.equal(table["video_no"], video_no))["name"].to_pylist()
    gone = [folder / "images" / name for name in names]
    for picture in gone:
        picture.unlink(missing_ok=True)
    told = json.loads((folder / "handover.json").read_text("utf-8"))
    told["errors"] = [e for e in told["errors"] if e["video_no"] != video_no]
    write_json(folder / "handover.json", told)
    return gone + [p for p in (path, folder / "boxes.parquet") if _drop_rows(p, video_no)]


def _drop_rows(path: Path, video_no: int) -> bool:
    """Rewrites a table without the rows of a video. Says whether there were any."""
    with table_files.opened(path) as file:
        schema = file.schema_arrow
        if "video_no" not in schema.names:
            return False  # it speaks of all footage at once, of no frame
        numbers = file.read(["video_no"])["video_no"]
    entries = {k: v for k, v in tables.footer(path).items() if k != "rows"}
    parts = entries.get("parts", [])
    held = pc.any(pc.equal(numbers, video_no)).as_py()
    if not held and not any(p[0] == video_no for p in parts):
        return False
    if "parts" in entries:
        entries["parts"] = [p for p in parts if p[0] != video_no]
        entries["errors"] = [e for e in entries["errors"] if e["video_no"] != video_no]
    write_table(path, schema, _without(path, video_no), entries=lambda: entries)
    return True


def _without(path: Path, video_no: int) -> Iterable[pa.RecordBatch]:
    with table_files.opened(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            rest = table.filter(pc.not_equal(table["video_no"], video_no))
            yield from rest.combine_chunks().to_batches()


def remove(folders: Iterable[Path]) -> None:
    """Removes stage folders for good."""
    for folder in folders:
        shutil.rmtree(folder)
