"""What to say about a name that nothing has."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from framesel.errors import SelectionError


def unknown(where: str, what: str, name: str, known: Sequence[str]) -> SelectionError:
    """An error that names the closest known name, or all of them.

    Args:
        where: The setting that holds the name.
        what: What it should be one of: "class", "metadata column".
        name: As it was given.
        known: What there is.
    """
    cure = closest(name, known) if known else "there is none"
    return SelectionError(f"{where}: there is no {what} {name!r}; {cure}")


def closest(name: str, known: Sequence[str]) -> str:
    """Advice that names the closest known name, or all of them."""
    if not known:
        return "it has none"
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else f"choose from {', '.join(known)}"
