"""One S3 server for a module, empty for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from framesel.storage import retrying, store
from tests.storage.server import Faulty, Server
from tests.video.conftest import render_video

__all__ = ["render_video"]


class Bucket:
    """An empty bucket, and what stands before it."""

    def __init__(self, server: Server, name: str) -> None:
        self.url = f"s3://{name}"
        self.faulty: Faulty = server.faulty
        self.name = name
        self._system = store._system("s3")

    def make(self) -> None:
        self._system.mkdir(self.name)

    def put(self, path: Path, name: str | None = None) -> str:
        """Puts a file into it; returns its URL."""
        url = f"{self.url}/{name or path.name}"
        self._system.pipe_file(url, path.read_bytes())
        return url

    def put_folder(self, folder: Path, name: str) -> str:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            self.put(path, f"{name}/{path.relative_to(folder).as_posix()}")
        return f"{self.url}/{name}"

    def put_all(self, objects: dict[str, bytes], name: str) -> str:
        for key, content in objects.items():
            self._system.pipe_file(f"{self.url}/{name}/{key}", content)
        return f"{self.url}/{name}"

    def remove(self, names: list[str]) -> None:
        for name in names:
            self._system.rm_file(f"{self.url}/{name}")

    def names(self, under: str = "") -> list[str]:
        """What there is under a name."""
        root = f"{self.name}/{under}".rstrip("/")
        return [key.removeprefix(f"{root}/") for key in self._system.find(root)]

    def objects(self, under: str = "") -> dict[str, bytes]:
        """The same, with what it holds."""
        root = f"{self.name}/{under}".rstrip("/")
        return {name: self._system.cat_file(f"{root}/{name}") for name in self.names(under)}

    def unfinished_uploads(self) -> int:
        answer = self._system.call_s3("list_multipart_uploads", Bucket=self.name)
        return len(answer.get("Uploads", []))


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """moto on loopback; the environment points to it, here and in processes started meanwhile."""
    made = Server()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", made.url)
        patch.setenv("AWS_ACCESS_KEY_ID", "testing")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setattr(retrying, "FIRST_WAIT_S", 0.001)
        store._system.cache_clear()
        yield made
        made.stop()
    store._system.cache_clear()


@pytest.fixture
def bucket(server: Server, request: pytest.FixtureRequest) -> Iterator[Bucket]:
    """An empty bucket of a test's own."""
    server.faulty.reset()
    name = f"test-{abs(hash(request.node.nodeid))}"
    made = Bucket(server, name)
    made.make()
    server.faulty.reset()
    yield made
    server.faulty.reset()
