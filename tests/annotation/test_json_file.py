"""JSON from outside is taken whole or refused; long JSON is written a line at a time."""

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from framesel.annotation.outside import json_values
from framesel.annotation.outside.json_file import (
    DEEPEST,
    load_json,
    parse_json,
    write_lines,
    write_streamed,
)
from framesel.errors import LabelsError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18) + 1, 10**18 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc \U0001f600"), inner),
    max_leaves=20,
)


@given(value=VALUES, ascii_only=st.booleans())
def test_what_is_json_is_read_as_it_is(value: Any, ascii_only: bool) -> None:
    assert parse_json(json.dumps(value, ensure_ascii=ascii_only), "here") == value


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON"),
        (b'{"a": ', "line 1"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b"[%s]" % (b"9" * 5000), "too large"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' twice"),
        (b'{"a": "\xff"}', "no UTF-8"),
        (b'["\\ud800"]', "halves"),
        (b"[" * 100_000 + b"]" * 100_000, "nests deeper"),
        (b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1), "nests deeper"),
        (b'{"a":' * (DEEPEST + 1) + b"1" + b"}" * (DEEPEST + 1), "nests deeper"),
    ],
)
def test_what_no_honest_tool_writes_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(LabelsError, match=said) as caught:
        parse_json(content, "labels.json")
    assert "labels.json" in str(caught.value)
    assert len(str(caught.value)) < 200


def test_what_is_just_deep_enough_is_read() -> None:
    assert parse_json(b"[" * DEEPEST + b"]" * DEEPEST, "here")


@given(st.binary() | VALUES.map(lambda v: json.dumps(v).encode()).map(lambda b: b[: len(b) // 2]))
@example(b"\xef\xbb\xbf{}")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        found = parse_json(content, "here")
    except LabelsError:
        return
    assert found == json.loads(content.decode("utf-8-sig"))


def test_files_are_read_up_to_a_size(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(b"\xef\xbb\xbf[1, 2]")
    assert load_json(path) == [1, 2]
    path.write_bytes(b" " * 2**20 + b"1")
    with pytest.raises(LabelsError, match="more than 1 MB"):
        load_json(path, most_mb=1)
    for missing in (tmp_path, tmp_path / "no.json"):
        with pytest.raises(LabelsError, match="is no file"):
            load_json(missing)


@settings(max_examples=20)  # each writes three files and waits for the disk
@given(rows=st.lists(VALUES, max_size=5), other=VALUES)
def test_streamed_lists_are_json(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Any], other: Any
) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    write_streamed(path, iter(rows))
    assert load_json(path) == rows
    write_streamed(path, {"other": other, "rows": iter(rows)})
    assert load_json(path) == {"other": other, "rows": rows}
    write_lines(path, rows)
    lines = path.read_text("utf-8").split("\n")
    assert [json.loads(line) for line in lines[:-1]] == rows
    assert lines[-1] == ""


def test_streaming_holds_one_row_at_a_time(tmp_path: Path) -> None:
    def rows() -> Iterator[dict[str, str]]:
        for number in range(2_000):
            yield {"a": f"{number:05d}" * 200}

    tracemalloc.start()
    write_streamed(tmp_path / "a.json", {"rows": rows()})
    write_lines(tmp_path / "b.json", rows())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tmp_path / "a.json").stat().st_size > 2_000_000
    assert peak < 500_000


def test_a_killed_write_leaves_the_old_file(tmp_path: Path) -> None:
    def broken() -> Iterator[int]:
        yield 1
        raise KeyboardInterrupt

    path = tmp_path / "a.json"
    write_streamed(path, iter([1, 2]))
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        write_streamed(path, broken())
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_no_numbers_that_are_none_are_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_streamed(tmp_path / "a.json", iter([float("nan")]))
    assert list(tmp_path.iterdir()) == []


def test_values_are_of_their_kind() -> None:
    assert json_values.mapping({"a": 1}, "x") == {"a": 1}
    assert json_values.listed([1], "x") == [1]
    assert json_values.text("", "x") == ""
    assert json_values.number(2, "x") == 2.0
    assert json_values.whole(3.0, "x") == 3
    for wrong in (
        lambda: json_values.mapping([], "x.y"),
        lambda: json_values.listed({}, "x.y"),
        lambda: json_values.text(None, "x.y"),
        lambda: json_values.number(True, "x.y"),
        lambda: json_values.number(float("inf"), "x.y"),
        lambda: json_values.whole(2.5, "x.y"),
    ):
        with pytest.raises(LabelsError, match=r"^x\.y must be"):
            wrong()
