"""The commands take URLs where they take folders."""

import re
import sys
from pathlib import Path

import pytest

from framesel.cli import main
from framesel.storage import store, working_copy
from framesel.workspace import Workspace, folder_of
from tests.storage.conftest import Bucket


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRAMESEL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(working_copy, "opened", [])
    working_copy._known.cache_clear()


def framesel(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Runs a command; returns its exit code."""
    monkeypatch.setattr(sys, "argv", ["framesel", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_what_a_command_leaves_outside_the_lock_is_sent_when_it_ends(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"{bucket.url}/ws"
    left = Workspace.create(folder_of(address)).root / "rounds/notes.txt"
    left.parent.mkdir()
    left.write_text("not by write_atomic")
    assert "rounds/notes.txt" not in bucket.objects("ws")
    assert framesel(monkeypatch, "labels", "list", address) == 0, capsys.readouterr().err
    assert bucket.objects("ws")["rounds/notes.txt"] == b"not by write_atomic"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("s3://key:hunter2@bucket/ws", "credentials"),
        ("s3://no-such-bucket/ws", "s3://no-such-bucket/ws .*(workspace|bucket)"),
        ("nonsense://a/b", "no protocol"),
    ],
)
def test_an_address_that_makes_no_sense_is_one_line(
    bucket: Bucket,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    address: str,
    told: str,
) -> None:
    assert framesel(monkeypatch, "status", address) in (1, 2)
    said = capsys.readouterr().err
    assert re.search(told, said)
    assert "hunter2" not in said


def test_what_must_not_be_listed_is_said_with_its_address(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(store._system("s3"), "find", refused)
    assert framesel(monkeypatch, "status", f"{bucket.url}/ws") == 1
    assert re.search(rf"{bucket.url}/ws must not be listed", capsys.readouterr().err)
