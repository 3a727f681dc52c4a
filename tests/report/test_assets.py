"""Scripts and styles that ship: short, and nothing in them that the pages forbid."""

import re
from pathlib import Path

import pytest

import framesel

PACKAGE = Path(framesel.__file__).parent
ASSETS = sorted(
    path
    for folder in ("report", "desk")
    for path in (PACKAGE / folder / "assets").iterdir()
    if path.suffix in (".js", ".css")
)
SCRIPTS = [path for path in ASSETS if path.suffix == ".js"]
STYLES = [path for path in ASSETS if path.suffix == ".css"]
MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTMLUnsafe|DOMParser|"
    r"createContextualFragment|srcdoc\s*=|javascript:"
)
CODE_FROM_TEXT = re.compile(r"\beval\s*\(|new\s+Function|set(?:Timeout|Interval)\s*\(\s*[\"'`]")
ATTRIBUTES = re.compile(r"setAttribute\(\s*[\"'`](?:on|style)|cssText|\.on[a-z]+\s*=[^=>]")
UNFINISHED = re.compile(r"\b(?:TO[D]O|FIX[M]E|XX[X]|HAC[K])\b|console\.(?:log|debug)|debugger")
ELSEWHERE = re.compile(r"https?://(?!www\.w3\.org/)|//# sourceMappingURL")


@pytest.mark.parametrize("path", ASSETS, ids=lambda path: path.name)
def test_files_stay_short_and_are_finished(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) < 300
    assert not UNFINISHED.findall(text)
    assert not ELSEWHERE.findall(text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_scripts_make_nodes_and_nothing_else(path: Path) -> None:
    text = path.read_text("utf-8")
    for pattern in (MARKUP, CODE_FROM_TEXT, ATTRIBUTES):
        assert not pattern.findall(text)


@pytest.mark.parametrize("path", STYLES, ids=lambda path: path.name)
def test_styles_load_nothing(path: Path) -> None:
    assert not re.findall(r"@import|url\(|expression\(", path.read_text("utf-8"))


def test_what_is_forbidden_is_seen() -> None:
    assert MARKUP.search("node.innerHTML = x")
    assert CODE_FROM_TEXT.search("eval (x)")
    assert CODE_FROM_TEXT.search("setTimeout('x()')")
    assert ATTRIBUTES.search("node.setAttribute('onclick', x)")
    assert ATTRIBUTES.search("node.onclick = f")
    assert not ATTRIBUTES.search("node.once === f")
