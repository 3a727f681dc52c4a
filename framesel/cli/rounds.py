"""`rounds`: what the rounds came to, and whether another one is worth it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from framesel.cli.run import WorkspaceArgument
from framesel.cli.table import show
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.evaluation.results import Estimate
    from framesel.history.turn import History, Turn

HEAD = (
    "round", "picks", "labelled", "boxes", "hours", "mAP50", "mAP50-95", "than before",
    "picked/random", "AUROC", "agreement", "uncovered",
)  # fmt: skip
SAYS = {True: "stop", False: "go on", None: "?"}


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("rounds")(rounds)


def rounds(
    workspace: WorkspaceArgument,
    json_: Annotated[
        bool, typer.Option("--json", help="All numbers as JSON, for other programs.")
    ] = False,
) -> None:
    """Shows what each round cost and brought, and whether another one is worth it."""
    from framesel.exporting import last_recipe
    from framesel.history.history import history

    opened = Workspace.open(workspace)
    found = history(opened, last_recipe(opened))
    if json_:
        typer.echo(json.dumps(found.json(), indent=2, ensure_ascii=True, allow_nan=False))
        return
    if not found.turns:
        typer.echo(f"no round has picks yet: `framesel run --workspace {workspace}` chooses them")
        return
    show(HEAD, (list(_cells(found, turn)) for turn in found.turns))
    for line in _lines(found):
        typer.echo(line)


def _cells(found: History, turn: Turn) -> Iterator[str]:
    point = next((one for one in found.curve if one.round == turn.number), None)
    yield str(turn.number)
    yield f"{turn.picks:,}"
    yield f"{turn.labelled.frames:,}"
    yield f"{turn.labelled.boxes:,}"
    hours = turn.labelled.cost_s / 3600
    yield f"{hours:.1f}" if hours >= 1 else f"{hours:.2f}"
    yield "-" if point is None else _told(point.metrics.map50)
    yield "-" if point is None else _told(point.metrics.map50_95)
    yield _difference(turn)
    yield _number(None if turn.uncertainty is None else turn.uncertainty.ratio, 2)
    yield _number(None if turn.trust is None else turn.trust.auroc, 2)
    yield _number(None if turn.agreement is None else turn.agreement.f1, 2)
    yield "-" if turn.coverage is None else f"{turn.coverage.uncovered:.0%}"


def _lines(found: History) -> Iterator[str]:
    """What else is to be said, for a person."""
    last = found.turns[-1]
    if last.trust is not None:
        word = "trusted" if last.trust.trusted else "not trusted"
        yield f"scores of round {last.number}: {word}: {_printable(last.trust.why)}"
    for turn in found.turns:
        for line in turn.changed:
            yield f"round {turn.number} changed {_printable(line)}"
    for remark in found.remarks:
        yield _printable(remark)
    if found.advice is None:
        return
    number, verdicts = found.advice.newest
    if verdicts:
        yield f"stop rules, after round {number}:"
    for one in verdicts:
        yield f"  {one.rule:<13}{SAYS[one.stop]:<7}{_printable(one.sentence)}"
    yield found.advice.why


def _difference(turn: Turn) -> str:
    told: Any = None if turn.measured is None else turn.measured.difference
    return "-" if told is None else str(told.get("word", "-"))


def _told(found: Estimate) -> str:
    return str(found)


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None or value != value else f"{value:.{digits}f}"


def _printable(text: str) -> str:
    """Text from outside, without what would steer the terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)
