"""Publishing: diagrams and forms become a release, proved and tried, whole or not at all."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.domain.permissions import Actor, Machine
from engine.domain.register import RELEASE
from engine.errors import DiagramRefused
from engine.proof import ProofFinding, Severity, Verdict
from engine.queries.library import in_force
from engine.runtime import Specs
from engine.store import schema as t
from engine.store.registering import lock_register, register
from engine.store.work import Store, Work
from engine.usecases.scenarios import Outcome, Tried, run_scenarios
from engine.usecases.verified import Verified
from engine.usecases.verifying import verify_release

# what use cases start and ask by name; a step's own form is asked for when diagrams are read
_DIAGRAMS = ("incident", "action")
_FORMS = ("report_incident", "propose_action")

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".json": "form", ".yaml": "scenarios"}
_STOPS = frozenset({Severity.REFUTED, Severity.UNKNOWN})


@dataclass(frozen=True)
class Signed:
    """Who published a release and why.

    `by` does it now.  `author` is whoever asked for it where another person agrees, or the name
    given with a command, which no sign-in vouches for; None: whoever does it.  `touches` says what
    changed about closing, and `waived` who signed that one person was enough for that.
    """

    by: Actor | Machine
    reason: str
    author: str | None = None
    agreed_by: str | None = None
    touches: tuple[str, ...] = ()
    waived: str | None = None


def publish(store: Store, files: Mapping[str, bytes], *, by: str, reason: str) -> tuple[UUID, int]:
    """Make the files a release that new runs start with; return its id and number.

    For who runs the installation: `by` is the name that they gave.  Publishing what is in force
    already returns that release.  Raises DiagramRefused with every finding if anything is refuted
    or could not be proved, also for files that are not a whole release; then nothing was changed.
    """
    checked = require_publishable(files)
    with store.begin() as work:
        signed = Signed(Machine("putright publish"), reason, author=by)
        return put_in_force(work, files, checked, signed)


@dataclass(frozen=True)
class Checked:
    """What was found about files that can be a release."""

    verified: Sequence[Verified]
    tried: Tried


def require_publishable(files: Mapping[str, bytes]) -> Checked:
    """Return what was found about the files; raises DiagramRefused if they cannot be a release."""
    verified = verify_release(files)
    known = {process.id for one in verified for process in one.processes}
    if refused := [*unproven(verified), *missing(files, known)]:
        raise DiagramRefused(refused)
    tried = run_scenarios(Specs.parse(files), files)
    if tried.failed:
        raise DiagramRefused([failed_line(one) for one in tried.failed])
    return Checked(verified, tried)


def failed_line(outcome: Outcome) -> str:
    """Return a line for a scenario that did not go as it says."""
    return f"{outcome.file}, “{outcome.name}”: {outcome.failed}"


def put_in_force(
    work: Work, files: Mapping[str, bytes], checked: Checked, signed: Signed
) -> tuple[UUID, int]:
    """Write down a release that was found publishable, unless it is in force already."""
    lock_register(work.conn)  # one release after the other
    hashes = {name: hashlib.sha256(content).digest() for name, content in files.items()}
    found = _newest(work.conn, hashes)
    if found is None:
        found = _add(work, files, hashes, signed)
    _keep_proof(work, found[0], checked)
    return found


def unproven(verified: Sequence[Verified]) -> Iterator[str]:
    """Yield a line for each reason not to run these files, with the path that leads there."""
    for one in verified:
        stopping = [found for found in one.all_findings() if found.severity in _STOPS]
        for finding in stopping:
            yield _line(one, finding)
        if not stopping:
            for process in one.processes:
                if process.verdict is not Verdict.SOUND:
                    yield f"{one.file}, {process.id}: It is {process.verdict}."


def _line(verified: Verified, finding: ProofFinding) -> str:
    where = f"{verified.file}, {finding.element}" if finding.element else verified.file
    way = " → ".join(verified.names.get(name, name) for name in finding.path)
    return f"{where}: {finding.message}" + (f" It goes like this: {way}." if way else "")


def missing(files: Collection[str], processes: Collection[str]) -> Iterator[str]:
    """Yield a line for each diagram and form without which nothing could begin."""
    yield from (f"the diagram “{name}” is missing" for name in _DIAGRAMS if name not in processes)
    yield from (
        f"the form {name}.json is missing" for name in _FORMS if f"{name}.json" not in files
    )


def _newest(conn: Connection, hashes: Mapping[str, bytes]) -> tuple[UUID, int] | None:
    """Return the release in force if it is made of just these files."""
    newest = conn.execute(
        select(t.release.c.id, t.release.c.number).order_by(t.release.c.number.desc()).limit(1)
    ).first()
    if newest is None:
        return None
    return (newest.id, newest.number) if _parts(conn, newest.id) == hashes else None


def _parts(conn: Connection, release_id: UUID | None) -> dict[str, bytes]:
    parts = conn.execute(
        select(t.release_part.c.name, t.release_part.c.hash).where(
            t.release_part.c.release_id == release_id
        )
    )
    return {row.name: bytes(row.hash) for row in parts}


def _add(
    work: Work, files: Mapping[str, bytes], hashes: Mapping[str, bytes], signed: Signed
) -> tuple[UUID, int]:
    before = _parts(work.conn, in_force(work.conn))
    versions = [
        {
            "hash": hashes[name],
            "kind": KINDS["." + name.rsplit(".", 1)[-1]],
            "name": name,
            "content": content,
        }
        for name, content in files.items()
    ]
    work.conn.execute(upsert(t.diagram_version).on_conflict_do_nothing(), versions)
    release_id = uuid4()
    number = work.conn.execute(
        insert(t.release).returning(t.release.c.number),
        {
            "id": release_id,
            "published_at": work.now,
            "published_by": signed.author or signed.by.name,
            "reason": signed.reason,
            "agreed_by": signed.agreed_by,
            "touches": list(signed.touches),
            "waived": signed.waived,
        },
    ).scalar_one()
    work.conn.execute(
        insert(t.release_part),
        [
            {"release_id": release_id, "name": name, "hash": digest}
            for name, digest in hashes.items()
        ],
    )
    differing = sorted(name for name in {*before, *hashes} if before.get(name) != hashes.get(name))
    content = {
        "number": number,
        "reason": signed.reason,
        "published_by": signed.author or signed.by.name,
        "agreed_by": signed.agreed_by,
        "touches": list(signed.touches),
        "waived": signed.waived,
        # what new incidents start with from now on, by content
        "files": {name: _hex(hashes.get(name)) for name in differing},
    }
    register(work, "release:published", RELEASE, release_id, content, signed.by)
    return release_id, number


def _hex(digest: bytes | None) -> str | None:
    return None if digest is None else digest.hex()


def _keep_proof(work: Work, release_id: UUID, checked: Checked) -> None:
    """Keep what was proved; a release from before there were proofs gets one, none gets two."""
    work.conn.execute(
        upsert(t.release_proof).on_conflict_do_nothing(),
        {
            "release_id": release_id,
            "proved_at": work.now,
            "proved_with": version("putright"),
            "elapsed_ms": round(sum(one.elapsed_ms for one in checked.verified)),
            "files": [one.as_json() for one in checked.verified],
            "scenarios": checked.tried.as_json(),
        },
    )
