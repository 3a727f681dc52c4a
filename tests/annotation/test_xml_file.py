"""XML is read element by element, and refused where it is an attack."""

import tracemalloc
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.annotation.outside import xml_file
from framesel.annotation.outside.xml_file import elements, number, root_of, text_at, whole_number
from framesel.errors import LabelsError


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "a.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_outermost_elements_come_whole_and_in_order(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "<r><meta><v> 1 </v></meta><other><image n='hidden'/></other>"
        "<image n='a'><box l='x'/><image n='inner'/></image> text <image n='b'/></r>",
    )
    found = []
    for element in elements(path, {"image", "meta"}):
        found.append((element.tag, element.get("n"), len(element), text_at(element, "v")))
    assert found == [
        ("meta", None, 1, "1"),
        ("image", "hidden", 0, ""),
        ("image", "a", 2, ""),
        ("image", "b", 0, ""),
    ]


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(images: int) -> int:
        image = "<image n='a'>" + "<box l='x' a='0'/>" * 20 + "</image>\n"
        path = written(tmp_path, "<r>" + image * images + "<junk/>" * images + "</r>")
        tracemalloc.start()
        try:
            assert sum(1 for _ in elements(path, {"image"})) == images
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(1)
    assert peak(1000) < 1.5 * peak(50)


BILLION = (
    '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {c} "{f"&{b};" * 10}">' for b, c in zip("abcdef", "bcdefg", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    "text",
    [
        BILLION + "<r><image>&g;</image></r>",
        '<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd"><r><image/></r>',
        '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><image>&x;</image></r>',
        '<!DOCTYPE r [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><r><image/></r>',
        "<!DOCTYPE r><r><image/></r>",
        "<r><image>&unknown;</image></r>",
        "<r><image></r>",
        "<r><image/>",
        "",
        "not xml",
        '<?xml version="1.0" encoding="klingon"?><r><image/></r>',
        b"<r><image n='\xff'/></r>",
        "<r>" + "<x>" * 200 + "</x>" * 200 + "</r>",
        "<r a='1' a='2'/>",
    ],
)
def test_attacks_and_damage_are_refused(tmp_path: Path, text: str | bytes) -> None:
    path = written(tmp_path, text)
    with pytest.raises(LabelsError, match=r"a\.xml"):
        list(elements(path, {"image"}))


def test_a_file_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "<r><image n='" + "x" * 300_000 + "'/></r>")
    assert len(list(elements(path, {"image"}))) == 1
    monkeypatch.setattr(xml_file, "LONGEST_PIECE", 100_000)
    with pytest.raises(LabelsError, match="piece of text"):
        list(elements(path, {"image"}))


def test_one_element_with_too_much_inside_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xml_file, "MOST_INSIDE", 10)
    ten = "<image>" + "<box/>" * 10 + "</image>"
    assert len(list(elements(written(tmp_path, f"<r>{ten * 5}</r>"), {"image"}))) == 5
    with pytest.raises(LabelsError, match="beyond sense"):
        list(elements(written(tmp_path, f"<r><image>{'<box/>' * 11}</image></r>"), {"image"}))


def test_large_files_and_missing_ones_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "<r/>")
    with pytest.raises(LabelsError, match="larger than 0 MB"):
        list(elements(path, {"r"}, most_mb=0))
    with pytest.raises(LabelsError, match="no file"):
        list(elements(tmp_path / "none.xml", {"r"}))


def test_an_error_of_who_reads_is_not_taken_for_one_of_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "<r><image/></r>")
    with pytest.raises(ValueError, match="mine"):
        refuse_all(elements(path, {"image"}))


def refuse_all(found: Iterator[Element]) -> None:
    for _ in found:
        raise ValueError("mine")


def test_the_root_tells_formats_apart(tmp_path: Path) -> None:
    root = root_of(written(tmp_path, "<?xml version='1.0'?><!-- x --><annotations v='1'><im"))
    assert root is not None
    assert (root.tag, root.get("v")) == ("annotations", "1")
    for text in ("", "{}", b"\xff\xd8\xff", BILLION + "<r/>"):
        assert root_of(written(tmp_path, text)) is None
    assert root_of(tmp_path) is None
    assert root_of(tmp_path / "none") is None


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_come_back(value: float) -> None:
    assert number(repr(value), "here") == value


@given(st.text(max_size=12))
def test_what_is_no_number_is_refused_or_finite(text: str) -> None:
    with suppress(LabelsError):
        assert number(text, "here") == float(text)


@pytest.mark.parametrize(
    "text", ["nan", "inf", "1_0", "0x1", "", "1e9999", "1e999", "1" * 70, "٣", "1 2"]
)
def test_numbers_that_python_would_take_are_refused(text: str) -> None:
    with pytest.raises(LabelsError, match="here is"):
        number(text, "here")


@pytest.mark.parametrize("text", ["-1", "1.0", "", "٣", "1_0", "9" * 16, "²"])
def test_whole_numbers_are_plain_digits(text: str) -> None:
    assert whole_number(" 12 ", "here") == 12
    with pytest.raises(LabelsError, match="here is"):
        whole_number(text, "here")


@settings(max_examples=60)
@given(st.data())
def test_mutated_files_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    good = b'<?xml version="1.0" encoding="utf-8"?><r><image n="a"><box l="x">y</box></image></r>'
    at = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(at, min(len(good), at + 4)))
    path = written(
        tmp_path_factory.mktemp("x"), good[:at] + data.draw(st.binary(max_size=6)) + good[end:]
    )
    with suppress(LabelsError):
        assert all(element.tag == "image" for element in elements(path, {"image"}))
