"""`putright bench`: the promised figures, measured in one run."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from api.bench.auditing import AUDIT
from api.bench.figures import FIGURES, Figure
from api.bench.place import Place, place
from api.bench.proofs import PROOFS
from api.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option("--proof", is_flag=True, help="What proving costs; no database is needed.")
@click.option("--audit", is_flag=True, help="What the auditor's desk costs.")
@click.option(
    "--replay",
    "log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replay this log, in place of one that is made up.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(sorted({*FIGURES, *PROOFS, *AUDIT})),
    help="Just this figure; repeatable.",
)
def bench(as_json: bool, proof: bool, audit: bool, only: tuple[str, ...], log: Path | None) -> None:
    """Measure the promised figures on a database of their own (some minutes)."""
    measured = {}
    figures = AUDIT if audit else FIGURES
    for name, figure in _proofs(only) if proof else _figures(figures, only, log):
        measured[name] = figure
        if not as_json:
            _show(name, figure)
    if as_json:
        click.echo(json.dumps(measured))


def _figures(
    figures: Mapping[str, Callable[[Place], Figure]], only: Sequence[str], log: Path | None
) -> Iterator[tuple[str, Figure]]:
    settings = Settings.from_environment(os.environ)
    with place(settings.pg_user, log) as found:
        for name, measure in figures.items():
            if not only or name in only:
                yield name, measure(found)


def _proofs(only: Sequence[str]) -> Iterator[tuple[str, Figure]]:
    for name, measure in PROOFS.items():
        if not only or name in only:
            yield name, measure()


def _show(name: str, figure: Figure) -> None:
    parts = {key: value for key, value in figure.items() if isinstance(value, dict)}
    for key, part in parts.items():
        _show(f"{name} {key}", part)
    if said := "  ".join(f"{key} {value}" for key, value in figure.items() if key not in parts):
        click.echo(f"{name}: {said}")
