"""Scripts stay what they are inside a page, and do only what pages may do."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from framesel.report import scripts

PIECES = st.sampled_from(
    ["</script>", "</SCRIPT ", "<!--", "-->", "<script>", "\r\n", "\r", "\n", "a", "<", "/", "é"]
)
FORBIDDEN = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|"
    r"createContextualFragment|setHTMLUnsafe|srcdoc\s*=|javascript:"
)


class Body(HTMLParser):
    """Collects what stands inside the first script, and counts elements behind it."""

    text = ""
    elements = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements += 1

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.lists(PIECES).map("".join))
@example("x='</script><script>alert(1)</script>'")
def test_no_text_ends_its_script_element(text: str) -> None:
    inside = scripts.inlined(text)
    body = Body()
    body.feed(f"<script>{inside}</script>")
    body.close()
    assert body.elements == 1
    assert body.text == inside
    assert "<!--" not in inside
    assert "\r" not in inside
    assert inside.replace("\\x3c", "<") == text.replace("\r\n", "\n").replace("\r", "\n")


def test_what_is_shared_comes_first_and_all_that_ships_is_there() -> None:
    names = [name for name, _ in scripts.modules()]
    assert names[:2] == ["base.js", "thumbs.js"]
    assert len(names) == len(set(names)) > 2
    assert "@media print" in scripts.style()


@pytest.mark.parametrize(("name", "text"), scripts.modules())
def test_scripts_make_nodes_and_never_markup(name: str, text: str) -> None:
    assert not FORBIDDEN.findall(text), name
    assert scripts.inlined(text) == text
    assert not re.search(r"https?://(?!www\.w3\.org/)", text), name


def test_styles_load_nothing_and_end_nowhere() -> None:
    style = scripts.style()
    assert "</style" not in style.lower()
    assert not re.search(r"@import|url\((?!['\"]?data:)", style)


def test_the_policy_names_each_script_once_and_files_only_where_there_are_some() -> None:
    alone = scripts.policy(["a", "b"], beside=False)
    assert "script-src 'sha256-ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs='" in alone
    assert "unsafe-eval" not in alone
    assert not re.search(r"script-src[^;]*(unsafe-inline|file:|'self')", alone)
    assert re.search(r"script-src 'self' file: 'sha256-", scripts.policy(["a"], beside=True))
