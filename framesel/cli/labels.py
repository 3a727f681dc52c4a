"""`labels`: what people said of frames."""

from __future__ import annotations

import typer

labels = typer.Typer(help="Take labels back, and look at them.", no_args_is_help=True)
