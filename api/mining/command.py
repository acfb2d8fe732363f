"""`putright audit export`: what happened, as a file for the tools of process mining."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from api.mining.writing import Format, write_mined
from api.wiring import ready
from engine.queries.mining import Mined, process_named

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--format", "kind", type=click.Choice([one.value for one in Format]), default="ocel-json"
)
@click.option("--from", "since", type=_DAY, help="Incidents first told of on this day or later.")
@click.option("--to", "until", type=_DAY, help="Incidents first told of before this day (UTC).")
@click.option("--process", help="Incidents of this business process alone, by its name.")
@click.option(
    "--with-names",
    "in_clear",
    is_flag=True,
    help="People and customers by name, and what people wrote; else pseudonyms, and no words.",
)
@click.option("--by-run", is_flag=True, help="XES: a trace for each run, not for each incident.")
def export_mined(
    file: Path,
    kind: str,
    since: datetime | None,
    until: datetime | None,
    process: str | None,
    in_clear: bool,
    by_run: bool,
) -> None:
    """Write what happened into FILE, as XES (1849-2016), XES 2.0 or OCEL 2.0.

    Of an incident for named people only there is its number and nothing else.
    """
    if by_run and kind not in (Format.XES, Format.XES2):
        raise click.UsageError("--by-run is for XES: OCEL knows several kinds of objects at once.")
    if not file.parent.is_dir():
        raise click.UsageError(f"There is no folder {file.parent}.")
    with ready() as found, found.handling.store.read() as conn:
        mined = Mined(
            found.handling.store.key.secret,
            _at_midnight(since),
            _at_midnight(until),
            process_named(conn, process) if process else None,
            in_clear,
        )
        count = write_mined(conn, mined, file, Format(kind), by_run=by_run, told=_show)
    size = os.stat(file).st_size / 1_000_000
    click.echo(f"{count} incident{'' if count == 1 else 's'} in {file}, {size:.1f} MB.")


def _at_midnight(day: datetime | None) -> datetime | None:
    return day.replace(tzinfo=UTC) if day else None


def _show(done: int, total: int) -> None:
    """Show how far it is, to somebody who watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total}", nl=done == total, err=True)
