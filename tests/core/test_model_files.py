"""Digests of files of weights."""

import hashlib
from pathlib import Path

import pytest

from framesel.errors import WeightsError
from framesel.model_files import file_digest


def test_a_digest_is_taken_once_and_again_when_the_file_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, read = tmp_path / "weights.pt", []
    plain = hashlib.file_digest

    def counted(file: object, name: str) -> object:
        read.append(name)
        return plain(file, name)  # type: ignore[arg-type, type-var]

    monkeypatch.setattr(hashlib, "file_digest", counted)
    path.write_bytes(b"one")
    assert file_digest(path) == file_digest(path) == hashlib.sha256(b"one").hexdigest()
    assert len(read) == 1
    other = tmp_path / "other.pt"
    other.write_bytes(b"two")
    other.replace(path)
    assert file_digest(path) == hashlib.sha256(b"two").hexdigest()
    path.unlink()
    with pytest.raises(WeightsError, match="cannot read the weights"):
        file_digest(path)
