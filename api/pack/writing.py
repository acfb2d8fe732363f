"""Writing a pack: one ZIP of everything that stands for what happened, listed and signed.

    README.txt               what is in it, and how to verify it
    report.html, report.pdf  the same in words
    verify.py                the verifier (`verifier.py`)
    incidents/N/entries.jsonl, facts.json, files.json, inclusion.json
    people.json              who the ids are
    releases/N.json          what runs ran on: parts by hash, and their proof
    contents/HASH            diagrams, tables, forms
    heads.jsonl              every signed head, as they left the house
    consistency.json         that what each was signed over is how the newest begins
    manifest.json            each file's SHA-256, and what was asked for
    manifest.signature.json  Ed25519 over `["putright pack 1", SHA-256 of manifest.json]`

Everything is read as it stood at one instant.  A newcomer would keep it in memory: a period can
hold more than fits there, so each incident is written as it is read.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy import Connection

from api.languages import current
from api.pack import verifier
from api.pack.printed import print_report
from api.pack.report import Chapter, Report, chapter_of, versions
from engine.domain.canonical import canonical, instant_text
from engine.domain.permissions import Actor
from engine.domain.signed_head import SigningKey, as_line
from engine.errors import Conflict
from engine.language import in_words, say
from engine.queries import pack as rows
from engine.queries.incident import incident_page
from engine.queries.ledger import incident_ledger
from engine.queries.paging import MOST, Page
from engine.queries.signed_heads import Log
from engine.queries.trail import TrailLine, trail
from engine.store.chains import at_one_instant
from engine.store.signed_heads import signed_heads

_HERE = Path(__file__).parent
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# a report of more incidents than that is read by nobody; their records are all in the pack
_MOST_IN_REPORT = 200


@dataclass(frozen=True)
class Asked:
    """What a pack is about: incidents, who asked for it and why, and what that is called."""

    scope: str
    why: str
    by: Actor
    at: datetime


@dataclass
class _Written:
    """The ZIP so far: what is written is hashed on the way and listed."""

    zip: ZipFile
    at: datetime
    files: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, content: bytes | str) -> None:
        self.stream(name, [content])

    def stream(self, name: str, parts: Iterable[bytes | str]) -> None:
        digest = hashlib.sha256()
        with self.zip.open(self._info(name), "w") as opened:
            for part in parts:
                content = part.encode() if isinstance(part, str) else part
                digest.update(content)
                opened.write(content)
        self.files[name] = digest.hexdigest()

    def _info(self, name: str) -> ZipInfo:
        info = ZipInfo(name, self.at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        return info


def write_pack(
    read: AbstractContextManager[Connection],
    asked: Asked,
    incidents: Sequence[rows.Packed],
    to: Path,
    *,
    key: SigningKey,
    tell: Callable[[int], None],
) -> None:
    """Write the pack of these incidents to a file; `tell` is told how many are done.

    `read` opens the database, as it was written; it is closed before the report is laid out, which
    takes a while.  Raises Conflict if nothing was signed so far: then nothing could
    show that the pack is whole.
    """
    with ZipFile(to, "w") as opened:
        pack = _Written(opened, asked.at)
        with read as conn:
            at_one_instant(conn)
            chapters = _facts(conn, pack, asked, incidents, tell)
        _report(pack, asked, incidents, chapters)
        pack.add("verify.py", Path(verifier.__file__).read_bytes())
        pack.add("README.txt", _readme(asked, incidents))
        _manifest(pack, asked, incidents, key)


def _facts(
    conn: Connection,
    pack: _Written,
    asked: Asked,
    incidents: Sequence[rows.Packed],
    tell: Callable[[int], None],
) -> list[Chapter]:
    """Write all that is read from the database; return what is said of it."""
    heads = list(signed_heads(conn))
    if not heads:
        raise Conflict(say("No signed head exists yet: sign one first (putright audit sign)."))
    log = Log(conn, heads[-1])
    chapters = list(_incidents(conn, pack, asked, incidents, log, tell))
    ran_on = _releases(conn, pack, [one.id for one in incidents])
    pack.stream("heads.jsonl", (as_line(one) + "\n" for one in heads))
    continued = {one.number: [hashed.hex() for hashed in log.consistency(one)] for one in heads}
    pack.add("consistency.json", _json(continued))
    return [*chapters, versions(ran_on)]


def _incidents(
    conn: Connection,
    pack: _Written,
    asked: Asked,
    incidents: Sequence[rows.Packed],
    log: Log,
    tell: Callable[[int], None],
) -> Iterator[Chapter]:
    people: set[UUID] = set()
    for done, one in enumerate(incidents, start=1):
        folder = f"incidents/{one.number}"
        entries = list(rows.entries(conn, one.id))
        pack.stream(f"{folder}/entries.jsonl", (f"{line}\n" for line in entries))
        told = dict(rows.facts(conn, one.id))
        facts = ",\n".join(f"{json.dumps(name)}: {value}" for name, value in told.items())
        pack.add(f"{folder}/facts.json", "{" + facts + "}\n")
        pack.add(f"{folder}/files.json", _json(rows.files(conn, one.id)))
        pack.add(f"{folder}/inclusion.json", _json(_inclusion(log, one.id)))
        people |= {UUID(found) for found in _ID.findall("".join([*entries, *told.values()]))}
        if done <= _MOST_IN_REPORT:
            yield _chapter(conn, one.id, asked)
        tell(done)
    pack.add("people.json", _json(rows.people(conn, sorted(people))))


def _inclusion(log: Log, chain_id: UUID) -> dict[str, Any]:
    found = log.proof(chain_id)
    if found is None:
        raise Conflict(say("An incident is newer than the last signed head: sign one first."))
    return {
        "index": found.position,
        "seq": found.seq,
        "hash": found.hash.hex(),
        "path": [one.hex() for one in found.path],
    }


def _chapter(conn: Connection, incident_id: UUID, asked: Asked) -> Chapter:
    page = incident_page(conn, incident_id, asked.by, asked.at)
    ledger = incident_ledger(conn, incident_id, asked.at)
    return chapter_of(page, ledger, list(_records(conn, incident_id, asked.by)))


def _records(conn: Connection, incident_id: UUID, actor: Actor) -> Iterator[TrailLine]:
    after = None
    while True:
        found = trail(conn, incident_id, actor, Page(MOST, after))
        yield from found.lines
        after = found.next
        if after is None:
            return


def _releases(
    conn: Connection, pack: _Written, ids: Sequence[UUID]
) -> Sequence[rows.PackedRelease]:
    found = rows.releases(conn, ids)
    for one in found:
        about = {"id": one.id, "number": one.number, "about": one.about}
        about |= {"parts": one.parts, "proof": one.proof}
        pack.add(f"releases/{one.number}.json", _json(about))
    for digest, content in rows.contents(
        conn, sorted({h for one in found for h in one.parts.values()})
    ):
        pack.add(f"contents/{digest}", content)
    return found


def _report(
    pack: _Written, asked: Asked, incidents: Sequence[rows.Packed], chapters: Sequence[Chapter]
) -> None:
    left_out = max(0, len(incidents) - _MOST_IN_REPORT)
    about = [
        (in_words(say("About")), asked.scope),
        (in_words(say("Asked for by")), asked.by.name),
        (in_words(say("Why")), asked.why),
        (in_words(say("Made")), instant_text(asked.at)),
        (in_words(say("Incidents")), str(len(incidents))),
    ]
    if left_out:
        about.append((in_words(say("In the records only")), str(left_out)))
    title = in_words(say("Inspector's pack of Putright"))
    report = Report(title, current().code, about, chapters)
    environment = Environment(
        loader=FileSystemLoader(_HERE.parent / "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("pack_report.html")
    style = Markup((_HERE / "report.css").read_text(encoding="utf-8"))  # noqa: S704 - our own
    pack.stream("report.html", page.generate(report=report, style=style))
    with TemporaryDirectory() as folder:
        printed = Path(folder) / "report.pdf"
        print_report(report, printed)
        pack.add("report.pdf", printed.read_bytes())


def _readme(asked: Asked, incidents: Sequence[rows.Packed]) -> str:
    return f"""Inspector's pack of Putright: {asked.scope}
Made {instant_text(asked.at)} for {asked.by.name}: {asked.why}
{len(incidents)} incident{"" if len(incidents) == 1 else "s"}.

Read report.html or report.pdf.  Verify it all, without Putright:

    pip install cryptography
    python3 verify.py THIS-FILE.zip --head A-SIGNED-HEAD-THAT-YOU-HAD-BEFORE

Take verify.py from a source that you trust, not from the pack that you verify: whoever changes
one can change the other.  verify.py --help says what is checked, and what cannot be.
"""


def _manifest(
    pack: _Written, asked: Asked, incidents: Sequence[rows.Packed], key: SigningKey
) -> None:
    listed = {
        "format": verifier.FORMAT,
        "scope": asked.scope,
        "made_at": instant_text(asked.at),
        "made_by": asked.by.name,
        "why": asked.why,
        "incidents": [one.number for one in incidents],
        "files": dict(sorted(pack.files.items())),
    }
    content = _json(listed).encode()
    pack.add("manifest.json", content)
    message = canonical([verifier.FORMAT, hashlib.sha256(content).hexdigest()])
    signature = {
        "key_id": key.id,
        "public_key": key.public_key.hex(),
        "signature": key.sign(message).hex(),
    }
    pack.add("manifest.signature.json", _json(signature))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
