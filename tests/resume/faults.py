"""A run that is killed at chosen moments: just before and after each rename.

What a killed process has written is there whether it was synced or not, so that a kill around a
sync leaves nothing else; that what is renamed was synced before is checked on the way. Each run
happens in a process of its own, forked from a server that has imported everything and used
nothing, with a runner that works in that same process: a kill costs milliseconds. Workers are
killed in `test_kill.py`.
"""

import multiprocessing as mp
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from framesel.pipeline import Pipeline
from framesel.recipe import Recipe
from framesel.task import Outcome, Task
from framesel.workspace import Workspace

PRELOAD = [
    "tests.resume.faults",
    "torch",
    "numba",
    "cv2",
    "av",
    "framesel.selection.registry",
    "framesel.detectors.ultralytics_model",
    "framesel.stages.scoring",
    "framesel.uncertainty.calibration",
    "framesel.uncertainty.temporal",
    "framesel.detectors.tracking",
    "scipy.stats",
    "torch._refs",
    "trackers",
    "ultralytics.nn.tasks",
]

Moment = tuple[str, str]
"""(before or after its rename, which file)"""


class Silent:
    """Watches without a word."""

    def begin(self, stage: str, todo: int, total: int, why: str) -> None: ...
    def wrote(self, key: str, rows: int) -> None: ...
    def finished(self, outcome: Outcome) -> None: ...
    def end(self, stage: str, seconds: float) -> None: ...
    def note(self, remark: str) -> None: ...


class Inline:
    """A runner without processes."""

    def __init__(self, workers: int = 1, hang_s: float = 1.0) -> None:
        del workers, hang_s

    def map(
        self, task: Task, pieces: Sequence[Any], watch: Callable[[str, int], None]
    ) -> Iterator[Outcome]:
        one = task.open()
        for piece in pieces:
            yield one(piece, lambda part, rows, key=piece.key: watch(key, rows))


def run(root: Path, recipe: Recipe, files: Sequence[Path]) -> None:
    """One run, start to end."""
    Pipeline(Workspace.create(root), recipe, Silent(), Inline).run(files)


def run_apart(
    root: Path,
    recipe: Recipe,
    files: Sequence[Path],
    survived: set[Moment] | None,
    only: tuple[str, ...] = (),
) -> Moment | None:
    """A run in a process of its own, killed at the first moment not yet survived.

    Args:
        only: Folders whose files count; none: all.

    Returns:
        The moment; None if the run ended. Without a set it is never killed.
    """
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(PRELOAD)
    reader, writer = context.Pipe(duplex=False)
    process = context.Process(target=_apart, args=(root, recipe, files, survived, only, writer))
    process.start()
    writer.close()
    try:
        told: Moment | None = reader.recv()
    except EOFError:
        told = None
    process.join()
    if told is not None:
        assert process.exitcode == -signal.SIGKILL
        return told
    assert process.exitcode == 0, "the run failed by itself"
    return None


def _apart(
    root: Path,
    recipe: Recipe,
    files: Sequence[Path],
    survived: set[Moment] | None,
    only: tuple[str, ...],
    writer: Connection,
) -> None:
    if survived is not None:
        _arm(survived, only, writer)
    run(root, recipe, files)


def _arm(survived: set[Moment], only: tuple[str, ...], writer: Connection) -> None:
    """Patches renaming so that it kills this process at the first new moment."""

    rename, replace, fsync = os.rename, os.replace, os.fsync
    synced: set[str] = set()

    def moment(when: str, path: str) -> None:
        this = (when, label(path))
        counts = not only or this[1].partition("/")[0] in only
        if counts and this not in survived:
            writer.send(this)
            os.kill(os.getpid(), signal.SIGKILL)

    def noted(fd: int) -> None:
        synced.add(str(Path(f"/proc/self/fd/{fd}").readlink()))
        fsync(fd)

    def moved(move: Callable[..., Any]) -> Callable[..., None]:
        def patched(source: Any, target: Any) -> None:
            assert Path(source).is_dir() or str(source) in synced, f"{target} was not synced"
            moment("before", str(target))
            move(source, target)
            moment("after", str(target))

        return patched

    os.fsync, os.rename, os.replace = noted, moved(rename), moved(replace)


def label(path: str) -> str:
    """What kind of file it is: pictures and shards are many, one of each is enough."""
    name = Path(path).name
    name = re.sub(r"^\.(.+)\.[^.]+\.tmp$", r"\1", name)
    name = re.sub(r"^.*\.(jpg|png)$", r"picture.\1", name)
    name = re.sub(r"^s\d+", "shard", name)
    name = re.sub(r"^[0-9a-f]{8}(-[0-9a-f]{8})?$", "fingerprint", name)
    parent = Path(path).parent.name
    parent = re.sub(r"^[0-9a-f]{8}(-[0-9a-f]{8})?$", Path(path).parent.parent.name, parent)
    return f"{parent}/{name}"


def tree(root: Path) -> dict[str, bytes]:
    """Every file of a workspace but the log, the lock, and models that can be made again."""
    return {
        str(p.relative_to(root)): p.read_bytes()
        for p in sorted(root.rglob("*"))
        if p.is_file()
        and p.name not in ("framesel.log", ".lock")
        and not p.is_relative_to(root / ".converted")
    }
