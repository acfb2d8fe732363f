"""The console command `putright`.  Commands share the embedded database unless told otherwise.

Each command opens only what it needs, and what it opened is closed however it ends.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from api.app import create_app
from api.bench import bench
from api.demo import PASSWORD, SIGN_INS, furnish
from api.passwords import hash_password
from api.releasing import SHIPPED, publish_shipped_first, read_release
from api.replaying import replay
from api.serving import serve_until_stopped, work_until_stopped
from api.settings import Settings
from api.wiring import Opened, opened, ready
from engine.errors import NotFound, PutrightError
from engine.queries.closures import closures_without_evidence
from engine.queries.ways_out import ways_out
from engine.store.guard import faults
from engine.store.migrate import is_current, migrate
from engine.usecases.publish import publish
from engine.usecases.timing import lateness


class _Commands(click.Group):
    """Says what is wrong in one sentence, and keeps tracebacks for faults of our own."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except PutrightError as error:
            raise click.ClickException(error.sentence) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="putright", prog_name="putright")
def main() -> None:
    """Putright handles incidents until the business is right again."""
    signal.signal(signal.SIGTERM, _leave)
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # what the engines say of each task, job and migration is of no interest to an operator
    for chatty in ("alembic", "procrastinate", "spiff"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _leave(number: int, frame: FrameType | None) -> None:
    """Close what was opened: by itself, SIGTERM would leave the embedded database running."""
    del frame
    raise SystemExit(128 + number)


@main.command()
def demo() -> None:
    """Serve a demonstration, with people and incidents at every stage."""
    with ready() as found:
        publish_shipped_first(found.handling.store)
        furnish(found.handling, hash_password)
        address = f"http://{found.settings.host}:{found.settings.port}"
        click.echo(f"\n  Putright is at {address}\n")
        for login, name, who in SIGN_INS:
            click.echo(f"  {login:<8}{name:<16}{who}")
        click.echo(f"\n  The password of all of them: {PASSWORD}")
        click.echo("\n  Ctrl-C ends it; nothing is lost.\n")
        serve_until_stopped(found, create_app(found.handling, found.settings))


@main.command()
@click.option("--worker/--no-worker", default=True, help="Do jobs in this process too.")
def serve(worker: bool) -> None:
    """Serve the pages and the API, and do jobs beside them."""
    with ready() as found:
        publish_shipped_first(found.handling.store)
        click.echo(f"Putright is at http://{found.settings.host}:{found.settings.port}")
        serve_until_stopped(found, create_app(found.handling, found.settings), with_worker=worker)


@main.command()
def worker() -> None:
    """Do jobs only: timers, and what happens later.  Run as many as you like."""
    with ready() as found:
        work_until_stopped(found)


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's tables, guard and grants."""
    with opened(Settings.from_environment(os.environ)) as found:
        migrate(found.owner_url)
        click.echo("The database is at this version's tables.")


@main.command()
def check() -> None:
    """Say what is wrong with the settings, the database, its guard and the diagrams."""
    with ready(require=False) as found:
        problems = list(_problems(found))
        for problem in problems:
            click.echo(f"- {problem}")
        if problems:
            raise click.ClickException("Putright is not in order.")
        click.echo("Settings, tables, guard and diagrams are in order.")


def _problems(found: Opened) -> Iterator[str]:
    with found.handling.store.read() as conn:
        if not is_current(conn):
            yield "the tables are not this version's: run putright migrate"
            return
        yield from faults(conn)
        if conn.exec_driver_sql(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).scalar():
            yield "DATABASE_URL is a superuser's: use the role putright_app"
        if conn.exec_driver_sql(
            "SELECT has_table_privilege(current_user, 'entry', 'UPDATE')"
        ).scalar():
            yield "DATABASE_URL may change the audit trail: use the role putright_app"
        try:
            found.handling.releases.in_force(conn)
        except NotFound as missing:
            yield missing.sentence
        late, longest = lateness(conn, found.handling.store.clock())
        if longest.total_seconds() > 60:
            yield f"{late} timers are late, the longest by {longest}: is a worker running?"


@main.command("publish")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--reason", default="published by an operator", help="Why, for the record.")
def publish_command(folders: tuple[Path, ...], reason: str) -> None:
    """Make the diagrams and forms in FOLDERS the release that new incidents start with.

    Without FOLDERS, what is shipped is published.
    """
    with ready() as found:
        files = read_release(folders or SHIPPED)
        _, number = publish(
            found.handling.store, files, by=os.environ.get("USER", "operator"), reason=reason
        )
        click.echo(f"Release {number} is in force: {len(files)} files.")


main.add_command(bench)
main.add_command(replay)


@main.group()
def audit() -> None:
    """What can be proved about what happened."""


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def closures(as_json: bool) -> None:
    """List every incident closed, set aside or merged whose evidence is not valid.

    Exit status 1 if there is one.
    """
    with ready() as found:
        key = found.handling.store.key
        with found.handling.store.read() as conn:
            closed, unproven = closures_without_evidence(conn, {key.id: key.secret})
            out = ways_out(conn, {key.id: key.secret})
    unproven += out.unproven
    counts = {"closed": closed, "set_aside": out.set_aside, "merged": out.merged}
    if as_json:
        without = [{"incident": one.number, "why": one.why} for one in unproven]
        click.echo(json.dumps(counts | {"without_evidence": without}))
    else:
        said = ", ".join(f"{count} {way.replace('_', ' ')}" for way, count in counts.items())
        click.echo(f"{said}, {len(unproven)} without valid evidence")
        for one in unproven:
            click.echo(f"- incident {one.number}: {one.why}")
    if unproven:
        sys.exit(1)
