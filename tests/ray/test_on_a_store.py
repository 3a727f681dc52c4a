"""A cluster whose machines share nothing but an object store gives the bytes of one process."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from framesel import recipe as recipes
from framesel.pipeline import Pipeline
from framesel.sources import expand
from framesel.storage import working_copy
from framesel.workspace import Workspace, folder_of
from tests.ray.nodes import Nodes, nodes
from tests.resume.faults import Inline, Silent, tree
from tests.storage.conftest import Bucket, bucket, server
from tests.storage.server import Server

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

__all__ = ["bucket", "server"]

STAGES = ("frames", "embeddings", "shots", "duplicates", "selection")


@pytest.fixture
def cluster(server: Server, tmp_path: Path) -> Iterator[Nodes]:
    """Two nodes that keep their working copies where the caller does not look."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FRAMESEL_CACHE", str(tmp_path / "nodes"))
        with nodes() as made:
            made.add(2)
            patch.setenv("FRAMESEL_CACHE", str(tmp_path / "caller"))
            working_copy._known.cache_clear()
            yield made


class Sees(Silent):
    """Looks at the store when a piece of a gathering stage was done."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket
        self.there: set[str] = set()

    def wrote(self, key: str, rows: int) -> None:
        if key.startswith(("part-", "links-")):
            self.there |= {Path(name).name for name in self.bucket.names("ws") if "/." in name}


def test_parts_and_loads_travel_through_the_store(
    tmp_path: Path, cluster: Nodes, bucket: Bucket, footage: "Truth"
) -> None:
    where = ["run.runner=ray", f"run.ray_address={cluster.address}"]
    few = ["selection.budget=2", "selection.exact_below=6", "catalog.shard_videos=1"]
    files = expand([str(footage.folder)])[:3]
    one = Workspace.create(tmp_path / "one")
    Pipeline(one, recipes.load(None, [*few, "run.memory_gb=2e-4"]), Silent(), Inline).run(files)
    sees = Sees(bucket)
    workspace = Workspace.create(folder_of(f"{bucket.url}/ws"))
    with workspace.locked():
        chosen = recipes.load(None, [*few, *where, "run.memory_gb=2e-4"])
        Pipeline(workspace, chosen, sees).run(files)
    found, expected = bucket.objects("ws"), tree(one.root)
    made = {name: content for name, content in expected.items() if name.startswith(STAGES)}
    assert {name: c for name, c in found.items() if name.startswith(STAGES)} == made
    assert {"already.npz", "lent"} <= sees.there
    assert any(name.startswith("part-0-") for name in sees.there)
    assert any(name.startswith("links-") for name in sees.there)
    assert not list((tmp_path / "nodes").rglob(".parts"))
