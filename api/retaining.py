"""`putright retain --dry-run`: what has been kept longer than the rule says.

Nothing is erased from here: it is asked for and agreed to below *Setting up*, by two people who are
known by name.
"""

import json
from dataclasses import asdict

import click

from api.wiring import ready
from engine.domain.erasing import KEPT_BECAUSE
from engine.queries.erasures import DryRun, dry_run

_MOST = 100_000


@click.command()
@click.option(
    "--dry-run", "is_tried", is_flag=True, required=True, help="List only; there is nothing else."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def retain(is_tried: bool, as_json: bool) -> None:
    """List the incidents whose content would be erased by the rule `keep_for`.

    To have it erased, one person asks for it and another agrees, below Setting up.
    """
    del is_tried
    with ready() as found:
        keep_for = found.handling.rules.keep_for
        if keep_for is None:
            raise click.ClickException("No rule says how long incidents are kept: rules.keep_for.")
        store = found.handling.store
        with store.read() as conn:
            tried = dry_run(conn, store.clock() - keep_for, most=_MOST)
    if as_json:
        click.echo(json.dumps(asdict(tried), default=str))
    else:
        _say(tried)


def _say(tried: DryRun) -> None:
    click.echo(f"{tried.goes} incidents ended before {tried.ended_before:%Y-%m-%d %H:%M} and go.")
    for one in tried.by_process:
        click.echo(f"- {one.name}: {one.goes} go, {one.stays} stay")
    if tried.numbers:
        click.echo("Go: " + ", ".join(f"#{number}" for number in tried.numbers))
    for kept in tried.kept:
        click.echo(f"- incident {kept.number} stays: {KEPT_BECAUSE[kept.because]}")
