"""`putright audit pack`: what happened in one file, for an inspector."""

import sys
from datetime import datetime
from pathlib import Path

import click

from api.pack.asking import PackAsked, Period, make_pack
from api.wiring import ready
from engine.errors import InvalidAnswers
from engine.queries.actors import load_actor
from engine.queries.sign_in import find_credentials

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--incident", "number", type=click.IntRange(min=1), help="This one, by its number.")
@click.option("--from", "since", type=_DAY, help="Those open at any time from this day on (UTC),")
@click.option("--to", "until", type=_DAY, help="until this day, which counts, too.")
@click.option("--process", help="Those of this business process alone, by its name.")
@click.option("--why", required=True, help="What it is for; stands in the pack.")
@click.option("--by", "login", required=True, help="The auditor who asks, by their sign-in name.")
def pack(
    file: Path,
    number: int | None,
    since: datetime | None,
    until: datetime | None,
    process: str | None,
    why: str,
    login: str,
) -> None:
    """Write entries, facts, diagrams, proofs and signed heads into FILE, a ZIP.

    It verifies without Putright: python3 verify.py FILE, with the verify.py that is in it or,
    better, one that you have from elsewhere.
    """
    if not file.parent.is_dir():
        raise click.UsageError(f"There is no folder {file.parent}.")
    asked = PackAsked(_about(number, since, until, process), why)
    with ready() as found:
        with found.handling.store.read() as conn:
            who = find_credentials(conn, login)
            actor = load_actor(conn, who.person_id) if who else None
        if actor is None:
            raise click.UsageError(f"Nobody signs in as {login}.")
        try:
            count = make_pack(found.handling, asked, file, actor=actor, tell=_show)
        except InvalidAnswers as refusal:
            raise click.ClickException(next(iter(refusal.fields.values()))) from refusal
    click.echo(
        f"{count} incident{'' if count == 1 else 's'} in {file},"
        f" {file.stat().st_size / 1_000_000:.1f} MB."
    )


def _about(
    number: int | None, since: datetime | None, until: datetime | None, process: str | None
) -> int | Period:
    if number is not None:
        return number
    if since is None or until is None:
        raise click.UsageError("Say --incident, or --from and --to.")
    return Period(since.date(), until.date(), process)


def _show(done: int, total: int) -> None:
    """Show how far it is, to somebody who watches."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {total}", nl=done == total, err=True)
