"""``data.yaml`` of a YOLO dataset from outside: names and folders, and nothing else of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import yaml

from framesel.annotation.checks import checked_name
from framesel.annotation.outside.json_file import read_bytes
from framesel.annotation.outside.xml_file import whole_number
from framesel.errors import LabelsError

MOST_MB = 1
MOST_CLASSES = 20_000
DEEPEST = 8
SPLITS = {"train": "train", "val": "val", "validation": "val", "valid": "val", "test": "test"}


@dataclass(frozen=True, slots=True)
class Described:
    """What a dataset says of itself.

    Attributes:
        names: Of its classes, by number.
        splits: ``train``, ``val``, ``test`` to the paths that it names for it, as written.
    """

    names: tuple[str, ...]
    splits: dict[str, tuple[str, ...]]


def described(path: Path) -> Described:
    """Reads ``data.yaml``, or ``classes.txt`` with a name a line.

    Nothing is built from the YAML: its texts are taken as they stand, so that a class may be
    called ``no`` or ``1e3``.

    Raises:
        LabelsError: It is neither, or names no classes.
    """
    try:
        text = read_bytes(path, MOST_MB).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path} is no UTF-8 text (byte {error.start})") from None
    if path.suffix.lower() == ".txt":
        names = [line for line in (one.strip() for one in text.splitlines()) if line]
        return Described(_checked(names, path), {})
    return _described(_fields(text, path), path)


def _fields(text: str, path: Path) -> dict[str, yaml.Node]:
    try:
        _refuse_tricks(text, path)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise LabelsError(f"{path} is no YAML: {error}") from error
    except (ValueError, RecursionError) as error:
        raise LabelsError(f"{path} cannot be read as YAML: {error}") from error
    if not isinstance(root, yaml.MappingNode):
        raise LabelsError(f"{path} must map `names` to the names of classes")
    return {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}


def _refuse_tricks(text: str, path: Path) -> None:
    """Aliases multiply, and nesting breaks parsers: a list of names needs neither."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise LabelsError(f"{path} uses YAML aliases: write the names out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST:
            raise LabelsError(f"{path} is nested deeper than {DEEPEST} levels")


def _described(fields: dict[str, yaml.Node], path: Path) -> Described:
    if "kpt_shape" in fields:
        raise LabelsError(f"{path} describes key points, not boxes")
    if "names" not in fields:
        raise LabelsError(f"{path} has no `names`: the classes' names, in the order of numbers")
    names = _names(fields["names"], path)
    splits: dict[str, tuple[str, ...]] = {}
    for key, split in SPLITS.items():
        if key in fields:
            splits[split] = splits.get(split, ()) + _texts(fields[key])
    return Described(names, splits)


def _names(node: yaml.Node, path: Path) -> tuple[str, ...]:
    if isinstance(node, yaml.SequenceNode):
        found: list[str] = []
        for item in node.value:
            found.append(item.value if isinstance(item, yaml.ScalarNode) else "")
        return _checked(found, path)
    if not isinstance(node, yaml.MappingNode):
        raise LabelsError(f"{path}: `names` must be a list, or map numbers to names")
    by_number: dict[int, str] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise LabelsError(f"{path}: `names` must map numbers to names")
        number = whole_number(key.value, f"{path}: the number of {value.value[:40]!r}")
        if number in by_number:
            raise LabelsError(f"{path}: `names` has the number {number} twice")
        by_number[number] = value.value
    if sorted(by_number) != list(range(len(by_number))):
        raise LabelsError(f"{path}: the numbers in `names` must run from 0 without gaps")
    return _checked([by_number[number] for number in range(len(by_number))], path)


def _checked(names: list[str], path: Path) -> tuple[str, ...]:
    if not names or len(names) > MOST_CLASSES:
        raise LabelsError(f"{path} names {len(names)} classes")
    for name in names:
        checked_name(name, str(path))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise LabelsError(f"{path} names the class {twice!r} twice")
    return tuple(names)


def _texts(node: yaml.Node) -> tuple[str, ...]:
    items = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return tuple(item.value for item in items if isinstance(item, yaml.ScalarNode) and item.value)


def folder_within(entry: str) -> PurePosixPath | None:
    """A folder that a split names, from the dataset's folder on; None if it lies elsewhere.

    ``../train/images`` is taken for ``train/images``, as ultralytics does where the first one is
    missing: whoever exported it put data.yaml one folder too high.
    """
    plain = PurePosixPath(entry.replace("\\", "/").removeprefix("../"))
    if plain.is_absolute() or ".." in plain.parts or plain.suffix == ".txt":
        return None
    return plain
