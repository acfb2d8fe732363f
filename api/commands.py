"""The commands that need the database.  They share the embedded one unless told otherwise.

Each opens only what it needs, and what it opened is closed however it ends.
"""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from secrets import randbelow

import click

from api.addresses import token_of
from api.anchors import heads_kept, places_of
from api.app import create_app
from api.auditing import AUDITING
from api.beginnings import first_token
from api.chain_commands import restored, sign, verify
from api.demo import PASSWORD, SIGN_INS, furnish, link_of_somebody
from api.incoming import LARGEST, read_message
from api.mining.command import export_mined
from api.pack.command import pack
from api.passwords import hash_password
from api.releasing import SHIPPED, publish_shipped_first, read_release, write_release
from api.serving import serve_until_stopped, work_until_stopped
from api.settings import Settings
from api.wiring import Opened, opened, ready, signing_of
from engine.errors import Busy, DiagramRefused, InvalidAnswers, NotFound, Unavailable
from engine.queries.closures import closures_without_evidence
from engine.queries.drafts import release_files
from engine.queries.library import release_id_of
from engine.queries.register import is_empty
from engine.queries.stranded import stranded
from engine.queries.way_out_sample import SampleLine, sample_ways_out
from engine.queries.ways_out import ways_out
from engine.store.guard import faults
from engine.store.migrate import is_current, masking_faults, migrate
from engine.usecases.anchoring import anchor_newest
from engine.usecases.auditing import check_and_keep
from engine.usecases.delivering import bounced
from engine.usecases.directory import enter_leaving
from engine.usecases.handling import Handling
from engine.usecases.mail_in import Bounce, Incoming, take_mail
from engine.usecases.publish import publish, unproven
from engine.usecases.signing_heads import sign_if_due
from engine.usecases.timing import lateness
from engine.usecases.verifying import verify_release


@click.command()
def demo() -> None:
    """Serve a demonstration, with people and incidents at every stage."""
    with ready() as found:
        publish_shipped_first(found.handling.store)
        furnish(found.handling, hash_password)
        found = _anchored(found)
        address = f"http://{found.settings.host}:{found.settings.port}"
        click.echo(f"\n  Putright is at {address}\n")
        for login, name, who in SIGN_INS:
            click.echo(f"  {login:<8}{name:<16}{who}")
        click.echo(f"\n  The password of all of them: {PASSWORD}")
        app = create_app(found.handling, found.settings)
        if (by_link := link_of_somebody(found.handling)) is not None:
            name, link = by_link
            click.echo(f"\n  {name} has no account and was mailed a link:")
            click.echo(f"  {address}/l/{token_of(link, app.config['SECRET_KEY'])}")
        click.echo("\n  Ctrl-C ends it; nothing is lost.\n")
        serve_until_stopped(found, app)


def _anchored(found: Opened) -> Opened:
    """Have signed heads leave to a folder beside the database, as long as nothing else is said."""
    settings = found.settings
    if settings.anchor_file is None:
        folder = settings.data_dir / "signed-heads"
        folder.mkdir(exist_ok=True)
        settings = replace(settings, anchor_file=folder)
    places = places_of(settings)
    handling = replace(found.handling, signing=signing_of(settings))
    if sign_if_due(handling):
        anchor_newest(handling, places)
        check_and_keep(handling, heads_kept(places))
    return replace(found, settings=settings, handling=handling)


@click.command()
@click.option("--worker/--no-worker", default=True, help="Do jobs in this process too.")
def serve(worker: bool) -> None:
    """Serve the pages and the API, and do jobs beside them."""
    with ready() as found:
        publish_shipped_first(found.handling.store)
        address = f"http://{found.settings.host}:{found.settings.port}"
        click.echo(f"Putright is at {address}")
        app = create_app(found.handling, found.settings)
        with found.handling.store.read() as conn:
            if is_empty(conn):
                begins = found.settings.public_url or address
                click.echo("Nobody is known here yet. Who sets it up begins, within three days, at")
                click.echo(f"{begins}/begin/{first_token(app.config['SECRET_KEY'])}")
        serve_until_stopped(found, app, with_worker=worker)


@click.command()
def worker() -> None:
    """Do jobs only: timers, and what happens later.  Run as many as you like."""
    with ready() as found:
        work_until_stopped(found)


@click.command("migrate")
def migrate_command() -> None:
    """Bring the database to this version's tables, guard and grants."""
    with opened(Settings.from_environment(os.environ)) as found:
        migrate(found.owner_url)
        click.echo("The database is at this version's tables.")


@click.command()
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
        yield from masking_faults(found.owner_url)
        if conn.exec_driver_sql(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).scalar():
            yield "DATABASE_URL is a superuser's: use the role putright_app"
        if conn.exec_driver_sql(
            "SELECT has_table_privilege(current_user, 'entry', 'UPDATE')"
        ).scalar():
            yield "DATABASE_URL may change the audit trail: use the role putright_app"
        try:
            release = found.handling.releases.in_force(conn)
        except NotFound as missing:
            yield missing.sentence
        else:
            # proved again: this version may know better than the one that published it
            for reason in unproven(verify_release(release.files)):
                yield f"the release in force is not proved: {reason}"
        now, ladder = found.handling.store.clock(), found.handling.ladder
        yield from stranded(conn, now, ladder=ladder)
        late, longest = lateness(conn, now)
        if longest.total_seconds() > 60:
            yield f"{late} timers are late, the longest by {longest}: is a worker running?"


@click.command()
@click.argument("login")
def left(login: str) -> None:
    """Say that whoever signs in as LOGIN has left for good.

    What waits for them is asked of who is next, as soon as a worker comes to it.
    """
    with ready() as found:
        with found.handling.store.begin() as work:
            enter_leaving(work, login)
        click.echo(f"“{login}” has left; what waits for them is asked of who is next.")


# how a mail server is told: the message is at fault, or it is to come again (sysexits.h)
_EX_DATAERR, _EX_TEMPFAIL = 65, 75


@click.command("receive-mail")
@click.option("--process", help="The business process that new messages are about, by its name.")
def receive_mail(process: str | None) -> None:
    """Take one e-mail from standard input, as a mail server pipes it.

    A reply becomes a comment, a new message an incident about --process, mail that came back ends
    the links of its address, and automatic answers are left alone.
    """
    raw = sys.stdin.buffer.read(LARGEST + 1)
    try:
        message = read_message(raw)
        with ready() as found:
            click.echo(_taken(found.handling, message, process))
    except InvalidAnswers as refusal:
        click.echo(next(iter(refusal.fields.values())), err=True)
        sys.exit(_EX_DATAERR)
    except (Busy, Unavailable) as refusal:
        click.echo(refusal.sentence, err=True)
        sys.exit(_EX_TEMPFAIL)


def _taken(handling: Handling, message: Incoming | Bounce | None, process: str | None) -> str:
    if message is None:
        return "An automatic message: left alone."
    if isinstance(message, Bounce):
        known = bounced(handling, message.address, message.why)
        return f"Mail to {message.address} came back ({known} known)."
    taken = take_mail(handling, message, process=process)
    return f"#{taken.number} {'opened' if taken.is_new else 'has a comment'}."


@click.command("publish")
@click.argument("folders", nargs=-1, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--reason", default="published by an operator", help="Why, for the record.")
def publish_command(folders: tuple[Path, ...], reason: str) -> None:
    """Make the diagrams and forms in FOLDERS the release that new incidents start with.

    Without FOLDERS, what is shipped is published.  What is not proved is refused.
    """
    files = read_release(folders or SHIPPED)
    by = os.environ.get("USER", "operator")
    with ready() as found:
        try:
            _, number = publish(found.handling.store, files, by=by, reason=reason)
        except DiagramRefused as refused:
            for finding in refused.findings:
                click.echo(f"- {finding}", err=True)
            raise click.ClickException("These files cannot be published.") from refused
        click.echo(f"Release {number} is in force: {len(files)} files.")


@click.command("export")
@click.argument(
    "folders", nargs=-1, required=True, type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--release", "number", type=click.IntRange(min=1), help="Instead of that in force.")
def export_command(folders: tuple[Path, ...], number: int | None) -> None:
    """Write the release in force into FOLDERS, byte for byte, as `publish` reads it from there.

    A file goes where one of its name is, or others of its kind are.  What the release does not
    have is named and left alone.
    """
    with ready() as found, found.handling.store.read() as conn:
        if number is None:
            release = found.handling.releases.in_force(conn)
            number, files = release.number, release.files
        else:
            files = release_files(conn, release_id_of(conn, number))
    done = write_release(files, folders)
    for file in done.left:
        click.echo(f"- not in the release: {file}")
    click.echo(f"Release {number}: {len(files)} files, {len(done.written)} written anew.")


@click.group()
def audit() -> None:
    """What can be proved about what happened."""


for command in (export_mined, pack, restored, sign, verify):
    audit.add_command(command)


@audit.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
def closures(as_json: bool) -> None:
    """List every incident closed, set aside or merged whose evidence is not valid.

    Exit status 1 if there is one.
    """
    with ready() as found:
        key = found.handling.store.key
        with found.handling.store.read() as conn:
            closed, unproven = closures_without_evidence(conn, key.known)
            out = ways_out(conn, key.known)
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


for _more in AUDITING:
    audit.add_command(_more)


@audit.command("ways-out")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option(
    "--sample",
    "most",
    type=click.IntRange(0, 1_000),
    default=5,
    show_default=True,
    help="At most so many set aside, and so many merged.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Draws the same ones again.")
def ways_out_command(as_json: bool, most: int, seed: int | None) -> None:
    """Count which way out incidents took, and draw some that were set aside or merged.

    Exit status 1 if one that was set aside or merged lacks its evidence.
    """
    seed = randbelow(2**31) if seed is None else seed
    with ready() as found:
        key = found.handling.store.key
        with found.handling.store.read() as conn:
            sampled = sample_ways_out(conn, most=most, seed=seed)
            unproven = ways_out(conn, key.known).unproven
    counts = asdict(sampled.counts)
    if as_json:
        lines = [asdict(one) for one in sampled.lines]
        without = [{"incident": one.number, "why": one.why} for one in unproven]
        said = counts | {"seed": seed, "sample": lines, "without_evidence": without}
        click.echo(json.dumps(said, default=str))
    else:
        said_of = ", ".join(f"{count} {way.replace('_', ' ')}" for way, count in counts.items())
        click.echo(f"{said_of}, {len(unproven)} set aside or merged without valid evidence")
        click.echo(f"drawn with --seed {seed}: {len(sampled.lines)}")
        for line in sampled.lines:
            click.echo(f"- {_drawn(line)}")
        for one in unproven:
            click.echo(f"- without evidence: incident {one.number}: {one.why}")
    if unproven:
        sys.exit(1)


def _drawn(line: SampleLine) -> str:
    where = f" into {line.into}" if line.into else ""
    about = f"incident {line.number}, {line.kind.replace('_', ' ')}{where} {line.left_at:%Y-%m-%d}"
    if line.title is None:
        return f"{about}, for named people only"
    return f"{about} by {line.by}: “{line.title}”, because “{line.reason}”"
