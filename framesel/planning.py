"""What a recipe must run: the key of each stage, what is done, what is stale and why."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel import table_files, tables
from framesel.catalog import Catalog, Shard
from framesel.errors import WorkspaceError
from framesel.recipe import Recipe
from framesel.rounds import decisions, holdout, review, state
from framesel.rounds.verdicts import Verdicts
from framesel.settings import RunSettings
from framesel.stage import Gather, Stage, fingerprint
from framesel.stages import unlearnt
from framesel.stages.about_videos import metadata_of
from framesel.workspace import Workspace, write_json


@dataclass(frozen=True)
class Step:
    """One stage of a recipe in one workspace."""

    name: str
    """The stage's, and a number behind a dot where the recipe holds several of its kind."""
    stage: Stage
    key: str
    """Its folder: the fingerprint; for a gathering stage also a digest of what it sees."""
    identity: Mapping[str, Any]
    runtime: str
    total: int
    todo: tuple[Shard, ...]
    why: str
    """Why there is something to do; empty where there is not."""
    heard: int = 0
    """The last decision of a reviewer that it has seen, or will have."""

    @property
    def done(self) -> int:
        """How many shards (of a gathering stage: 0 or 1) are finished."""
        return self.total - len(self.todo)


def plan(workspace: Workspace, recipe: Recipe, until: int | None = None) -> list[Step]:
    """Looks at what is on disk. Reads footers only; changes nothing.

    Args:
        workspace: Where.
        recipe: What is to be done.
        until: The last decision of a reviewer to hear; None for all.

    Raises:
        WorkspaceError: Two different settings share a fingerprint, or a stage.json or a decision
            is damaged.
    """
    catalog = Catalog(workspace)
    runtimes = recorded_runtimes(workspace)
    prints: dict[str, str] = {}
    keys: dict[str, str] = {}
    steps = []
    for name, stage in recipe.stages().items():
        runtime = choose_runtime(name, stage, recipe.run, runtimes)
        known = as_seen_by(name, prints)
        identity = stage.identity(runtime, {n: known[n] for n in stage.needs()})
        prints[name] = keys[name] = fingerprint(identity)
        heard, unheard = 0, ""
        if isinstance(stage, Gather):
            sight = _Sight(workspace, catalog, stage, keys)
            keys[name], heard, unheard = sight.key(name, until)
            todo = _gather_todo(workspace, name, keys[name])
            total = 1
        else:
            keys[name] = _after_gathering(keys[name], stage, known, as_seen_by(name, keys))
            todo = _shard_todo(workspace, catalog, name, keys[name])
            total = len(catalog.shards)
        _check_identity(workspace.stage(name, keys[name]), identity)
        why = unheard or _why(workspace, stage.name, keys[name], identity) if todo else ""
        steps.append(Step(name, stage, keys[name], identity, runtime, total, todo, why, heard))
    return steps


def as_seen_by(name: str, keys: Mapping[str, str]) -> dict[str, str]:
    """Keys of stages as one of them knows them: ``embeddings@coarse`` reads ``frames@coarse``."""
    _, at, instance = name.partition("@")
    own = {
        n.removesuffix(at + instance): key for n, key in keys.items() if n.endswith(at + instance)
    }
    return {**keys, **own} if at else dict(keys)


def _after_gathering(
    key: str, stage: Stage, prints: Mapping[str, str], keys: Mapping[str, str]
) -> str:
    """The folder of a stage whose shards depend on what was found in all of them, if they do."""
    gathered = [keys[n] for n in stage.needs() if keys[n] != prints[n]]
    digest = hashlib.sha256(json.dumps(gathered).encode()).hexdigest()[:8]
    return f"{key}-{digest}" if gathered else key


def recorded_runtimes(workspace: Workspace) -> dict[str, str]:
    """The numeric runtime that each stage used first in this workspace."""
    path = workspace.root / "runtimes.json"
    try:
        found = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise WorkspaceError(f"{path} is damaged ({error}); remove it.") from None
    return {str(k): str(v) for k, v in found.items()}


def choose_runtime(name: str, stage: Stage, run: RunSettings, recorded: Mapping[str, str]) -> str:
    """The runtime recorded at first use, unless the user names a device now."""
    name = name.partition("@")[0]  # one machine does not see one thing in two ways
    if run.device == "auto" and name in recorded and not stage.pins_runtime():
        return recorded[name]
    return stage.runtime(run)


def record_runtime(workspace: Workspace, step: Step) -> None:
    """Writes down which runtime a stage uses in this workspace."""
    if step.stage.pins_runtime():
        return
    known, name = recorded_runtimes(workspace), step.name.partition("@")[0]
    if known.get(name) != step.runtime:
        write_json(workspace.root / "runtimes.json", {**known, name: step.runtime})


def failures(workspace: Workspace, steps: list[Step]) -> list[dict[str, Any]]:
    """Error rows: files that could not be opened, then what broke in a stage."""
    catalog = Catalog(workspace)
    rows = [
        {"stage": "catalog", "video_no": None, "start_pts": None, **_told(row)}
        for row in catalog.errors
    ]
    for step in steps:
        for shard in catalog.shards:
            path = workspace.shard(step.name, step.key, shard.number)
            if not isinstance(step.stage, Gather) and path.exists():
                alive = {p.video_no for p in shard.parts}
                rows += [e for e in tables.footer(path)["errors"] if e["video_no"] in alive]
    return rows


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"path": row["path"], "error": row["error"]}


@dataclass(frozen=True)
class _Sight:
    """What a gathering stage sees, as a digest."""

    workspace: Workspace
    catalog: Catalog
    stage: Gather
    keys: Mapping[str, str]

    def key(self, name: str, until: int | None) -> tuple[str, int, str]:
        """The stage's folder, the last decision that it has seen, and why it must hear more.

        A selection that was made for the round stays valid while everything said since can be
        replayed over its picks.
        """
        if "decisions" not in self.stage.sees():
            return self._key(name, Verdicts()), 0, ""
        this = state.current(self.workspace)
        now = this.verdicts(self.workspace, until)
        heard = this.verdicts(self.workspace, this.heard)
        key, why = self._key(name, heard), ""
        if this.selection == f"{name}/{key}" and not _gather_todo(self.workspace, name, key):
            why = "; ".join(review.unheard(heard, now))
            if not why:
                return key, this.heard, ""
        last = decisions.last(self.workspace) if until is None else until
        return self._key(name, now), last, why

    def _key(self, name: str, verdicts: Verdicts) -> str:
        return f"{self.keys[name]}-{self._digest(verdicts)}"

    def _digest(self, verdicts: Verdicts) -> str:
        """Of live segments, inputs, earlier picks, what is known, said, and held out."""
        looks = self.stage.sees()
        picks = state.already(self.workspace).to_pydict() if "picks" in looks else {}
        needs = {n: self.keys[n] for n in self.stage.needs()}
        seen: list[Any] = [self.catalog.parts_digest, needs, picks]
        if "metadata" in looks:
            seen.append(metadata_of(self.catalog, sorted(self.catalog.live)))
        if "labels" in looks:
            seen.append(unlearnt.seen(self.workspace, self.catalog))
        said = review.shaping(verdicts)
        if said:
            seen.append(said)
        held = holdout.digests(self.workspace) if "picks" in looks else ()
        if held:
            seen.append({"holdout": sorted(held)})
        return hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:8]


def _gather_todo(workspace: Workspace, name: str, key: str) -> tuple[Shard, ...]:
    done = (workspace.stage(name, key) / "all.parquet").exists()
    return () if done else (Shard(0, ()),)


def _shard_todo(workspace: Workspace, catalog: Catalog, name: str, key: str) -> tuple[Shard, ...]:
    paths = {shard.number: workspace.shard(name, key, shard.number) for shard in catalog.shards}
    table_files.look_at(paths.values())
    return tuple(shard for shard in catalog.shards if not _covers(paths[shard.number], shard))


def _covers(path: Path, shard: Shard) -> bool:
    """Whether a shard's file holds all that is alive in it: a video may have come back."""
    try:
        held = {tuple(part) for part in tables.footer(path)["parts"]}
    except FileNotFoundError:
        return False
    except (pa.ArrowInvalid, KeyError) as error:
        raise WorkspaceError(f"{path} is damaged ({error}); remove it and run again.") from None
    return held.issuperset(shard.parts)


def _check_identity(folder: Path, identity: Mapping[str, Any]) -> None:
    path = folder / "stage.json"
    if path.exists() and _read(path) != json.loads(json.dumps(identity)):
        raise WorkspaceError(
            f"{path} was written for other settings that share the fingerprint {folder.name}. "
            "Remove that folder, or change any setting of the stage."
        )


def _why(workspace: Workspace, name: str, key: str, identity: Mapping[str, Any]) -> str:
    folder = workspace.root / name
    if (folder / key / "stage.json").exists():
        return "not finished"
    others = sorted(folder.glob("*/stage.json"), key=lambda p: p.stat().st_mtime_ns)
    if not others:
        return "never run"
    prefix = key.partition("-")[0]
    if any(p.parent.name.partition("-")[0] == prefix for p in others):
        return "its input changed"
    needs = identity["needs"].keys()
    newest_first = (_read(p) for p in reversed(others))
    old = next((found for found in newest_first if found["needs"].keys() == needs), None)
    if old is None:
        return "never run in this way"
    new = json.loads(json.dumps(identity))
    return "; ".join(changes(old, new)) or "its input changed"


def changes(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Differences of two stage.json as a person would say them."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{place}.{key}".removeprefix(".").removeprefix("fields.")
            yield from changes(old.get(key), new.get(key), inner)
    elif old != new:
        if place.startswith("needs."):
            yield f"{place.removeprefix('needs.')} changed"
        else:
            yield f"{place}: {json.dumps(old)} → {json.dumps(new)}"


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise WorkspaceError(f"{path} is damaged ({error}); remove its folder.") from None
