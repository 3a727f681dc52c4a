"""What is tried again, how often, and what is said when that does not help."""

from pathlib import Path

import pytest

from framesel.errors import FrameselError, MissingExtraError, StorageError, UsageError
from framesel.storage import retrying, store
from tests.storage.conftest import Bucket
from tests.storage.server import Fault

CONTENT = bytes(range(256)) * 500


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT)
    return path


@pytest.mark.parametrize("kind", ["error", "slow", "truncated", "reset", "silent"])
def test_a_read_is_tried_again(
    bucket: Bucket, file: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE_S", 0.5)
    url = bucket.put(file)
    bucket.faulty.requests.clear()
    bucket.faulty.faults.append(Fault("GET", "file.bin", kind, times=2 - (kind == "silent")))
    assert store.read(url, 100, 90_000) == CONTENT[100:90_000]
    assert bucket.faulty.requests["GET"] == 3 - (kind == "silent")


@pytest.mark.parametrize("kind", ["error", "slow", "reset", "silent"])
def test_a_write_is_tried_again_and_leaves_the_whole_or_nothing(
    bucket: Bucket, file: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PATIENCE_S", 0.5)
    bucket.faulty.faults.append(Fault("PUT", "file.bin", kind))
    written = store.put(file, f"{bucket.url}/a/file.bin")
    assert written.size == len(CONTENT)
    assert bucket.faulty.requests["PUT"] == 2
    assert bucket.objects() == {"a/file.bin": CONTENT}


def test_it_ends_after_so_many_attempts_and_says_so(bucket: Bucket, file: Path) -> None:
    url = bucket.put(file)
    bucket.faulty.requests.clear()
    bucket.faulty.faults += [Fault("GET", "file.bin", "error", 99), Fault("PUT", "", "error", 99)]
    with pytest.raises(
        StorageError, match=rf"{url} cannot be read: tried {retrying.ATTEMPTS} times"
    ):
        store.read(url, 0, 10)
    with pytest.raises(StorageError, match="the same command"):
        store.put(file, f"{bucket.url}/b")
    assert bucket.faulty.requests == {"GET": retrying.ATTEMPTS, "PUT": retrying.ATTEMPTS}
    bucket.faulty.faults.clear()
    assert bucket.objects() == {"file.bin": CONTENT}


def test_what_is_not_there_is_asked_for_once(bucket: Bucket) -> None:
    for url in (f"{bucket.url}/nothing", "s3://no-such-bucket/nothing"):
        bucket.faulty.requests.clear()
        with pytest.raises(FileNotFoundError):
            store.entry(url)
        assert bucket.faulty.requests["HEAD"] == 1


def test_waits_grow_and_differ() -> None:
    first = {retrying._wait_s(1) for _ in range(20)}
    assert len(first) > 1
    assert max(first) < min(retrying._wait_s(3) for _ in range(20))
    assert retrying._wait_s(60) <= retrying.LONGEST_WAIT_S


def test_a_mistake_of_ours_is_not_tried_again() -> None:
    tried = []

    def wrong() -> None:
        tried.append(1)
        raise TypeError("of ours")

    with pytest.raises(TypeError):
        retrying.retried("read", "s3://a/b", wrong)
    assert len(tried) == 1


def test_without_credentials_it_says_where_they_come_from() -> None:
    class NoCredentialsError(Exception):
        pass

    def refused() -> None:
        raise NoCredentialsError("unable to locate credentials")

    with pytest.raises(StorageError, match="environment"):
        retrying.retried("read", "s3://a/b", refused)


def test_a_name_that_no_store_takes_is_refused_at_once(bucket: Bucket, file: Path) -> None:
    with pytest.raises(StorageError, match="cannot be written"):
        store.put(file, "s3://Not_A_Bucket/file.bin")
    assert bucket.faulty.requests["PUT"] <= 1


@pytest.mark.parametrize(
    "url",
    [
        "s3://key:hunter2@bucket/a",
        "sftp://me:hunter2@host/a",
        "https://host/a.mp4?X-Amz-Signature=hunter2",
        "az://box/a?sv=1&sig=hunter2",
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(UsageError, match="credentials") as caught:
        store.checked(url)
    assert "hunter2" not in str(caught.value)


def test_a_missing_package_names_its_pip_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import fsspec

    def missing(*_: object, **__: object) -> None:
        raise ImportError("Install gcsfs")

    monkeypatch.setattr(fsspec, "filesystem", missing)
    store._system.cache_clear()
    with pytest.raises(MissingExtraError, match=r"pip install 'framesel\[gcs\]'"):
        store.entry("gs://bucket/a")
    store._system.cache_clear()
    monkeypatch.undo()
    with pytest.raises(FrameselError, match="no protocol"):
        store.entry("nonsense://bucket/a")


def test_other_file_systems_show_no_half_file(file: Path) -> None:
    written = store.put(file, "memory://somewhere/deep/file.bin")
    assert (written.size, written.folder) == (len(CONTENT), False)
    assert [e.url for e in store.listing("memory://somewhere")] == [
        "memory://somewhere/deep/file.bin"
    ]
    assert store.read("memory://somewhere/deep/file.bin", 5, 9) == CONTENT[5:9]
    store.remove(["memory://somewhere/deep/file.bin", "memory://somewhere/never"])
    assert store.listing("memory://somewhere") == []
