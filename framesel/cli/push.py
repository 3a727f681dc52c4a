"""`push` and `labels pull`: straight into a running server and back."""

from __future__ import annotations

import typer

push = typer.Typer(help="Hand frames to a running annotation server.", no_args_is_help=True)
pull = typer.Typer(help="Take labels from a running annotation server.", no_args_is_help=True)
