"""The runner of clusters survives what the local one survives, and the death of nodes."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from framesel import recipe as recipes
from framesel.errors import StageError, UsageError
from framesel.pipeline import Pipeline
from framesel.runners.ray import RayRunner, join
from framesel.runners.sight import Sight
from framesel.settings import RunSettings
from framesel.sources import expand
from framesel.task import Takes
from framesel.workspace import Workspace
from tests.core.runner_tasks import Adder, Numbers
from tests.ray.nodes import Nodes, nodes, workers
from tests.ray.tasks import Waiter
from tests.resume.faults import Inline, Silent, tree

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

WORK = [Numbers(f"w{i}", (1, 2, 3 + i)) for i in range(4)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes() as made:
        made.add(3)
        yield made


@pytest.fixture
def run(cluster: Nodes) -> RunSettings:
    return RunSettings(runner="ray", ray_address=cluster.address)


def test_the_part_that_kills_twice_is_left_out_and_nothing_else(
    tmp_path: Path, run: RunSettings
) -> None:
    told: list[tuple[str, int]] = []
    task = Adder(tmp_path, deadly=5)
    runner = RayRunner(run, tmp_path)
    outcomes = {o.key: o for o in runner.map(task, WORK, lambda k, n: told.append((k, n)))}
    assert {key: o.payload for key, o in outcomes.items()} == {"w0": 6, "w1": 7, "w2": 3, "w3": 9}
    assert "killed its worker twice" in outcomes["w2"].errors[0]["error"]
    assert all(not o.errors for k, o in outcomes.items() if k != "w2")
    # both that died had said what they were about to touch
    assert [k for k, _ in told].count("w2") == 8
    assert {p.name for p in tmp_path.iterdir()} == {"died", "pids"}, "the marker is gone"


def test_one_that_hangs_is_ended_and_forgiven(tmp_path: Path, run: RunSettings) -> None:
    task = Adder(tmp_path, deadly=5, how="hang", once=True)
    outcomes = list(RayRunner(run, tmp_path, hang_s=1.0).map(task, WORK))
    assert {o.key: o.payload for o in outcomes} == {w.key: sum(w.parts) for w in WORK}
    assert (tmp_path / "died").exists()
    assert not any(o.errors for o in outcomes)


def test_what_no_retry_mends_stops_the_run(tmp_path: Path, run: RunSettings) -> None:
    with pytest.raises(StageError, match=r"adder: KeyError: 'a bug'[^$]* in _die"):
        list(RayRunner(run, tmp_path).map(Adder(tmp_path, deadly=5, how="bug"), WORK))


def test_nodes_that_die_are_no_fault_of_the_work(
    tmp_path: Path, cluster: Nodes, run: RunSettings
) -> None:
    pieces = [Numbers("w", (1, 5, 2)), *WORK[:2]]
    met = set()

    def watch(key: str, rows: int) -> None:
        for path in set(tmp_path.glob("node-*")) - met:
            met.add(path)
            cluster.replace(path.read_text())

    outcomes = {o.key: o for o in RayRunner(run, tmp_path).map(Waiter(tmp_path, 2), pieces, watch)}
    assert len(met) == 2  # as many as make poison of what kills workers
    assert {key: o.payload for key, o in outcomes.items()} == {"w": 8, "w0": 6, "w1": 7}
    assert not any(o.errors for o in outcomes.values())


def test_a_node_that_does_not_see_the_workspace_is_named(
    tmp_path: Path, run: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def unseen(root: Path) -> Iterator[Sight]:
        yield Sight(root, root / "elsewhere", ())

    monkeypatch.setattr("framesel.runners.ray.shown", unseen)
    message = f"node {socket.gethostname()} does not see the workspace {tmp_path}"
    with pytest.raises(StageError, match=message):
        list(RayRunner(run, tmp_path).map(Adder(tmp_path), WORK))
    assert not (tmp_path / "pids").exists()


def test_work_that_no_node_has_room_for_is_refused(
    tmp_path: Path, run: RunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("framesel.runners.ray.LOADING_S", 0.1)
    monkeypatch.setattr(Adder, "takes", Takes(gpus=1))
    with pytest.raises(StageError, match=r"1 GPU.*all nodes together have .* 0 GPU"):
        list(RayRunner(run, tmp_path, hang_s=0.1).map(Adder(tmp_path), WORK))


def test_a_cluster_that_does_not_answer_is_told_at_once(
    cluster: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    address = f"127.0.0.1:{port}"
    with pytest.raises(UsageError, match=f"{address} cannot be joined"):
        join(RunSettings(runner="ray", ray_address=address))
    monkeypatch.setitem(os.environ, "RAY_ADDRESS", "nowhere")
    with pytest.raises(UsageError, match="nowhere cannot be joined"):
        join(RunSettings(runner="ray"))


class Drill(Silent):
    """Watches a run; kills a node while frames are decoded, a worker while they are embedded, and
    a node while parts choose."""

    def __init__(self, cluster: Nodes) -> None:
        self.cluster = cluster
        self.stage = ""
        self.killed: dict[str, int] = {}

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        self.stage = stage

    def wrote(self, key: str, rows: int) -> None:
        if self.stage in self.killed or not rows:
            return
        if self.stage in ("frames", "selection"):
            self.killed[self.stage] = 1
            self.cluster.replace()
        if self.stage == "embeddings":
            self.killed[self.stage] = workers()[0].pid
            os.kill(self.killed[self.stage], signal.SIGKILL)


def test_three_nodes_of_which_one_dies_give_the_bytes_of_one_process(
    tmp_path: Path, cluster: Nodes, footage: "Truth"
) -> None:
    where = ["run.runner=ray", f"run.ray_address={cluster.address}"]
    parts = ["selection.budget=2", "selection.exact_below=6"]
    chosen = recipes.load(None, [*parts, "catalog.shard_videos=1", *where])
    files, drill = expand([str(footage.folder)])[:3], Drill(cluster)
    Pipeline(Workspace.create(tmp_path / "one"), chosen, Silent(), Inline).run(files)
    Pipeline(Workspace.create(tmp_path / "ray"), chosen, drill).run(files)
    assert set(drill.killed) == {"frames", "embeddings", "selection"}
    assert tree(tmp_path / "ray") == tree(tmp_path / "one")
