"""`list`: what can be named in a recipe or a command."""

from __future__ import annotations

import typer

from framesel.cli.table import show

app = typer.Typer(help="What can be named in a recipe or a command.", no_args_is_help=True)


@app.command("scores")
def scores() -> None:
    """Every score: family, range, what a high value means, what it needs, where it is from."""
    from framesel.uncertainty.registry import NEEDS, SCORES

    show(
        ("score", "family", "range", "high when", "needs", "reference"),
        [
            (s.name, s.family, s.range, s.summary, ", ".join(s.needs), s.reference)
            for s in SCORES.values()
        ],
    )
    typer.echo("\nIn every score, more means that a label would teach more. What they need:")
    for name, cure in NEEDS.items():
        typer.echo(f"  {name}: {cure}")


@app.command("detectors")
def detectors() -> None:
    """Families of detectors, how they are named, and what they give."""
    from framesel.detectors.families import FAMILIES

    show(
        ("name", "models", "runs on", "features", "sides", "licence"),
        [(f.name, f.models, f.runs_on, f.features, f.sides, f.licence) for f in FAMILIES],
    )


@app.command("backbones")
def backbones() -> None:
    """Sources of backbones."""
    from framesel.backbones.registry import KINDS

    show(("name", "what it is"), list(KINDS.items()))


@app.command("strategies")
def strategies() -> None:
    """Every strategy, with its settings."""
    from framesel.selection.registry import STRATEGIES

    show(
        ("strategy", "what it does", "nested", "settings"),
        [
            (name, _first_line(kind), "yes" if kind.nested else "no", _settings(kind))
            for name, kind in STRATEGIES.items()
        ],
    )


@app.command("decoders")
def decoders() -> None:
    """Every decoder."""
    from framesel.video.decoders import DECODERS

    show(
        ("decoder", "what it does"),
        [(name, _first_line(type(make(1)))) for name, make in DECODERS.items()],
    )


@app.command("formats")
def formats() -> None:
    """Every format of labels, and which way it goes."""
    from framesel.annotation.formats import FORMATS

    show(
        ("format", "what it is", "written", "read"),
        [
            (f.name, f.says, "yes" if f.writes else "no", "yes" if f.reads else "no")
            for f in FORMATS.values()
        ],
    )


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _settings(kind: type) -> str:
    fields = getattr(kind, "model_fields", {})
    return ", ".join(
        n if f.is_required() else f"{n}={f.default}" for n, f in fields.items() if n != "name"
    )
