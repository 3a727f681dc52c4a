"""Tables for people: in a terminal as wide as it is, in a pipe wide enough for grep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

PIPED_WIDTH = 160
"""Columns where nobody looks at a terminal."""


def show(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table; the first column is never broken."""
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(escape(column), no_wrap=not place, overflow="fold")
    for row in rows:
        table.add_row(*[escape(cell) for cell in row])
    console.print(table, highlight=False)
