"""`putright audit sign`, `verify` and `restored`: whether anything of the record was changed."""

import json
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import click

from api.anchors import heads_at, heads_kept, places_of
from api.wiring import Opened, plain_handling, ready
from engine.domain.audited import Audited, Question
from engine.domain.signed_head import SignedHead
from engine.store.jobs import defer_checking
from engine.usecases.anchoring import anchor_newest
from engine.usecases.auditing import check_and_keep
from engine.usecases.handling import Handling
from engine.usecases.signing_heads import say_restored, sign_heads

_HEAD = click.option(
    "--head",
    "files",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A signed head that was kept outside, or a folder of them; repeatable.",
)


@click.command()
def sign() -> None:
    """Sign where all chains stand now, and send the signed head out of the house."""
    with ready() as found:
        places = places_of(found.settings)
        head = sign_heads(found.handling)
        failed = anchor_newest(found.handling, places)
    click.echo(f"Signed head {head.number}: {head.entries} records in {head.chains} chains.")
    click.echo(f"Signed by {head.key_id}={head.public_key.hex()}")
    for place in places:
        click.echo(f"- {'not ' if place.name in failed else ''}sent to {place.name}")
    if not places:
        click.echo("It has left the house to nowhere: see PUTRIGHT_ANCHOR_FILE in the README.")
    if failed:
        sys.exit(1)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@_HEAD
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=os.cpu_count() or 1,
    show_default="one for each core",
    help="Processes that look.",
)
@click.option("--later", is_flag=True, help="Have a worker do it; the result is at the desk.")
def verify(as_json: bool, files: tuple[Path, ...], workers: int, later: bool) -> None:
    """Check that nothing was changed (integrity), cut off (completeness), or signed by others
    (authenticity).

    All chains and signed heads are held against each other, and against the signed heads that were
    kept outside: those of --head, and those at PUTRIGHT_ANCHOR_FILE.  Exit status 1 if anything is
    wrong.
    """
    with ready() as found:
        if later:
            with found.handling.store.begin() as work:
                defer_checking(work.conn)
            click.echo("A worker looks through everything; the result is at the desk.")
            return
        given = [*_read(files), *heads_kept(places_of(found.settings))]
        audited = check_and_keep(found.handling, given, opener(found), workers=workers)
    if as_json:
        click.echo(json.dumps(_as_json(audited)))
    else:
        for line in _as_text(audited):
            click.echo(line)
    if not audited.is_sound:
        sys.exit(1)


@click.command()
@click.option("--why", required=True, help="Why an older database was put back, for the record.")
@_HEAD
def restored(why: str, files: tuple[Path, ...]) -> None:
    """Say that this database was restored from a backup, and is an older one.

    What was signed meanwhile is lost with the newer one, and noted: the signed heads of --head, and
    those at PUTRIGHT_ANCHOR_FILE, that are not here any more.
    """
    with ready() as found:
        left = [*_read(files), *heads_kept(places_of(found.settings))]
        by = os.environ.get("USER", "operator")
        lost = say_restored(found.handling, why=why, by=by, left=left)
    click.echo("It is written down that an older database was put back.")
    if lost:
        click.echo(f"Signed heads {lost[0]} to {lost[-1]} went with the newer one.")


def opener(found: Opened) -> partial[Handling]:
    """Return what opens the database in a process of its own."""
    return partial(plain_handling, found.app_url, found.handling.store.key)


def _read(files: tuple[Path, ...]) -> Iterator[SignedHead]:
    for file in files:
        try:
            yield from heads_at(file)
        except (OSError, ValueError) as error:
            raise click.BadParameter(f"{file}: {error}", param_hint="--head") from error


def _as_json(audited: Audited) -> dict[str, object]:
    return {
        "sound": audited.is_sound,
        **{
            question.value: {
                "wrong": audited.wrong[question],
                "findings": [
                    {"where": one.where, "seq": one.seq, "what": one.what, "sentence": one.sentence}
                    for one in audited.findings
                    if one.question is question
                ],
            }
            for question in Question
        },
        "chains": audited.chains,
        "entries": audited.entries,
        "erased": audited.erased,
        "signed_heads": audited.heads,
        "from_outside": audited.given,
        "signed_by": [
            {"key_id": key_id, "public_key": public_key, "signed_heads": count}
            for (key_id, public_key), count in audited.signed_by.items()
        ],
        "notes": list(audited.notes),
        "seconds": round(audited.seconds, 2),
    }


_ASKED = {
    Question.INTEGRITY: "Integrity: is everything as it was written?",
    Question.COMPLETENESS: "Completeness: is nothing cut off or left out?",
    Question.AUTHENTICITY: "Authenticity: is it signed with our keys?",
}


def _as_text(audited: Audited) -> Iterator[str]:
    yield (
        f"{audited.entries} records in {audited.chains} chains, {audited.heads} signed heads,"
        f" {audited.given} from outside; {audited.seconds:.1f} s"
    )
    for question, asked in _ASKED.items():
        wrong = audited.wrong[question]
        yield f"{asked} {f'No: {wrong} findings' if wrong else 'Yes.'}"
        yield from (f"- {one}" for one in audited.findings if one.question is question)
    for (key_id, public_key), count in audited.signed_by.items():
        yield f"{count} signed by {key_id}={public_key}"
    if audited.erased:
        yield f"{audited.erased} records had something erased from them."
    yield from audited.notes
