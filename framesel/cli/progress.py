"""What a person, or a machine, sees while work goes on."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from framesel.task import Outcome
from framesel.workspace import Workspace

log = logging.getLogger("framesel")


class Display:
    """Progress bars on a terminal, lines otherwise, and a log file in the workspace."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.task: Any = None
        self.rows = 0
        self.errors = 0

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        """A stage starts."""
        self.rows = self.errors = 0
        reason = f" ({why})" if why else ""
        event("begin", f"{stage}: {todo} of {total} to do{reason}", stage=stage, todo=todo, why=why)
        if self.progress:
            self.task = self.progress.add_task(stage, total=todo, rate="", done=0)

    def wrote(self, key: str, rows: int) -> None:
        """Rows were finished."""
        del key
        self.rows += rows
        if self.progress:
            elapsed = self.progress.tasks[self.task].elapsed or 1e-9
            self.progress.update(
                self.task, rate=f"{self.rows:,} rows, {self.rows / elapsed:,.0f}/s"
            )

    def finished(self, outcome: Outcome) -> None:
        """A piece of work is done."""
        self.errors += len(outcome.errors)
        event(
            "done",
            f"{outcome.key}: {outcome.rows} rows, {len(outcome.errors)} errors",
            level=logging.DEBUG,
            key=outcome.key,
            rows=outcome.rows,
            errors=len(outcome.errors),
            seconds=round(outcome.seconds, 3),
        )
        for row in outcome.errors:
            event("error", f"{row['path']}: {row['error']}", level=logging.WARNING, **row)
        if self.progress:
            self.progress.advance(self.task)

    def end(self, stage: str, seconds: float) -> None:
        """A stage is done."""
        rate = f", {self.rows / seconds:,.0f}/s" if self.rows and seconds > 0 else ""
        count = f"{self.rows:,} rows{rate}, " if self.rows else ""
        event(
            "end",
            f"{stage}: {count}{self.errors} errors, {seconds:.1f} s",
            stage=stage,
            rows=self.rows,
            errors=self.errors,
            seconds=round(seconds, 3),
        )
        if self.progress:
            self.progress.update(self.task, completed=self.progress.tasks[self.task].total)

    def note(self, remark: str) -> None:
        """Something that a person should hear."""
        event("note", f"  {remark}", remark=remark)
        if self.progress:
            self.progress.console.print(f"  {remark}", markup=False, highlight=False)


def event(kind: str, message: str, *, level: int = logging.INFO, **fields: Any) -> None:
    """One thing that happened, for every log there is."""
    log.log(level, message, extra={"event": {"event": kind, **fields}})


@contextmanager
def display(workspace: Workspace, log_format: str) -> Iterator[Display]:
    """Sets up the log file, the log on stderr, and bars where stderr is a terminal."""
    terminal = sys.stderr.isatty() and log_format == "text"
    handlers: list[logging.Handler] = [_LogFile(workspace.log, encoding="utf-8")]
    handlers[0].setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handlers[0].setLevel(logging.DEBUG)
    if not terminal:
        screen = logging.StreamHandler(sys.stderr)
        screen.setLevel(logging.DEBUG if log_format == "json" else logging.INFO)
        screen.setFormatter(_Json() if log_format == "json" else logging.Formatter("%(message)s"))
        handlers.append(screen)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    for handler in handlers:
        log.addHandler(handler)
    try:
        if terminal:
            with _bars() as progress:
                yield Display(progress)
        else:
            yield Display(None)
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()


def _bars() -> Progress:
    return Progress(
        TextColumn("{task.description:<11}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )


class _LogFile(logging.FileHandler):
    """The log of all runs. A full disk is told of by what cannot be written, not by the log."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Loses the line."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError(record)

    def close(self) -> None:
        """Closes it; what there is no room for is lost."""
        with suppress(OSError):
            super().close()


class _Json(logging.Formatter):
    """One JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = getattr(record, "event", {})
        content = {"time": time.time(), "level": record.levelname, "message": record.getMessage()}
        return json.dumps({**content, **fields}, ensure_ascii=False)
