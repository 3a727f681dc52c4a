"""The declared classes of formats whose files name only those in use."""

import json
from pathlib import Path
from typing import Any

import pytest

from framesel.annotation.dataset_meta import FILE, all_classes, write_classes
from framesel.annotation.split_words import split_word
from framesel.errors import LabelsError
from tests.annotation.conftest import CLASSES, MakeSheet


def test_declared_classes_come_first(sheet: MakeSheet, tmp_path: Path) -> None:
    write_classes(sheet(), tmp_path)
    assert all_classes([tmp_path, tmp_path], {"zebra", "car", "bird"}) == (
        *CLASSES,
        "bird",
        "zebra",
    )


def test_without_the_file_the_used_ones_are_all(tmp_path: Path) -> None:
    assert all_classes([tmp_path], {"b", "a"}) == ("a", "b")


def test_the_map_of_numbers_is_read_too(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps({"label_map": {"0": "sky", "1": "car"}}))
    assert all_classes([tmp_path], set()) == ("sky", "car")


@pytest.mark.parametrize(
    "content",
    [[], {"labels": "car"}, {"labels": [1]}, {"labels": ["a", "a"]}, {"label_map": ["a"]}],
)
def test_what_makes_no_sense_is_refused(content: Any, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(LabelsError):
        all_classes([tmp_path], set())


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train", "train"),
        ("instances_val2017", "val"),
        ("valid", "val"),
        ("Testing", "test"),
        ("default", ""),
        ("trainer", ""),
        ("instances_default", ""),
    ],
)
def test_the_words_of_others_for_parts_of_a_dataset(name: str, split: str) -> None:
    assert split_word(name) == split
