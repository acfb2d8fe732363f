"""`putright bench`: the promised figures, measured in one run."""

import json
import os
from pathlib import Path

import click

from api.bench.figures import FIGURES
from api.bench.place import place
from api.settings import Settings


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option(
    "--replay",
    "log",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Replay this log, in place of one that is made up.",
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(sorted(FIGURES)),
    help="Just this figure; repeatable.",
)
def bench(as_json: bool, only: tuple[str, ...], log: Path | None) -> None:
    """Measure the promised figures on a database of their own (some minutes)."""
    settings = Settings.from_environment(os.environ)
    measured = {}
    with place(settings.pg_user, log) as found:
        for name, measure in FIGURES.items():
            if only and name not in only:
                continue
            measured[name] = measure(found)
            if not as_json:
                said = "  ".join(f"{key} {value}" for key, value in measured[name].items())
                click.echo(f"{name}: {said}")
    if as_json:
        click.echo(json.dumps(measured))
