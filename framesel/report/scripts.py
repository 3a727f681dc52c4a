"""The scripts and styles that ship with the page, and the policy that lets only them run."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

FIRST = ("base.js", "thumbs.js")
"""Everything else builds on these."""

_ENDS = re.compile(r"<(?=/script|!--)", re.IGNORECASE)


@cache
def modules() -> tuple[tuple[str, str], ...]:
    """(file name, text) of each script of the page, in the order in which they run."""
    found = _assets(".js")
    rest = sorted(found.keys() - set(FIRST))
    return tuple((name, inlined(found[name])) for name in (*FIRST, *rest))


@cache
def style() -> str:
    """All styles; the shared one first."""
    found = _assets(".css")
    names = sorted(found, key=lambda name: (name != "style.css", name))
    return "\n".join(found[name] for name in names)


@cache
def plotly() -> str:
    """The script that draws charts, as the installed wheel of plotly has it."""
    from plotly.offline import get_plotlyjs

    return inlined(str(get_plotlyjs()))


def inlined(script: str) -> str:
    r"""A script as it may stand inside a page: nothing in it ends it, and its hash stays true.

    What HTML would take for an end, or for the beginning of a comment, can stand in a script only
    inside a text or a pattern; there ``\x3c`` means the same. Line ends become what a browser
    makes of them.
    """
    return _ENDS.sub(r"\\x3c", script.replace("\r\n", "\n").replace("\r", "\n"))


def digest(script: str) -> str:
    """What a policy calls an inline script by."""
    sha = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(sha).decode('ascii')}'"


def policy(inline: Iterable[str], *, beside: bool) -> str:
    """The content-security policy of a page: these scripts run, nothing else, and nothing is sent.

    Args:
        inline: The scripts inside the page.
        beside: Whether scripts in files beside the page may run too.
    """
    allowed = [*(("'self'", "file:") if beside else ()), *map(digest, inline)]
    rules = {
        "default-src": "'none'",
        "script-src": " ".join(allowed),
        # plotly styles what it draws; a style cannot leak what it cannot load
        "style-src": "'unsafe-inline'",
        "img-src": "data: blob: 'self' file:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _assets(suffix: str) -> dict[str, str]:
    folder = files("framesel.report") / "assets"
    return {
        item.name: item.read_text("utf-8")
        for item in folder.iterdir()
        if item.name.endswith(suffix)
    }
