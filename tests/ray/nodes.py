"""A Ray cluster on this machine: several nodes, that is several sets of Ray's processes."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

OBJECT_STORE_BYTES = 80 * 2**20
# A node that is killed shall be known to be dead within a second or two.
WATCHFUL = {
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 500,
    "health_check_timeout_ms": 500,
    "health_check_failure_threshold": 3,
}


class Nodes:
    """The caller is on the first node, which takes no work; each other has one core."""

    def __init__(self, folder: Path) -> None:
        from ray.cluster_utils import Cluster

        self._one = {
            "num_cpus": 1,
            "memory": 2 * 10**9,
            "object_store_memory": OBJECT_STORE_BYTES,
            "node_ip_address": "127.0.0.1",
            "include_dashboard": False,
        }
        head = {
            **self._one,
            "num_cpus": 0,
            "temp_dir": str(folder / "ray"),
            "_system_config": WATCHFUL,
        }
        self.cluster = Cluster(initialize_head=True, head_node_args=head)
        self.address: str = self.cluster.address

    def add(self, count: int = 1) -> None:
        """More nodes."""
        for _ in range(count):
            self.cluster.add_node(**self._one)

    def replace(self, node_id: str = "") -> None:
        """Kills all processes of a node at once: of one with this identity, or of any.

        Another one has come before.
        """
        old = set(self.cluster.worker_nodes)
        self.add()
        node = next(one for one in old if node_id in ("", one.node_id))
        self.cluster.remove_node(node, allow_graceful=False)


@contextmanager
def nodes() -> Iterator[Nodes]:
    """No node that takes work, until some are added. They listen on loopback and leave no file."""
    import ray

    folder = Path(tempfile.mkdtemp(prefix="ray"))  # sockets lie in it: its name must be short
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_TMPDIR", str(folder))
        # a token would be left in the user's home; nobody but this machine can connect
        patch.setenv("RAY_AUTH_MODE", "disabled")
        patch.setattr(ray._private.ray_constants, "ENABLE_RAY_CLUSTER", False)
        made = Nodes(folder)
        try:
            yield made
        finally:
            ray.shutdown()
            made.cluster.shutdown()
            shutil.rmtree(folder, ignore_errors=True)


def workers() -> list[psutil.Process]:
    """Processes of actors that work, on all nodes of this machine."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line: Any = process.info["cmdline"] or [""]
        if line[0].startswith("ray::Worker"):
            found.append(process)
    return found
