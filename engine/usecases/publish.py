"""Publishing: diagrams and forms become a release, proved, whole or not at all."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from uuid import UUID, uuid4

from sqlalchemy import Connection, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.errors import DiagramRefused
from engine.proof import ProofFinding, Severity, Verdict
from engine.store import schema as t
from engine.store.work import Store, Work
from engine.usecases.verified import Verified
from engine.usecases.verifying import verify_release

# what use cases start and ask by name; a step's own form is asked for when diagrams are read
_DIAGRAMS = ("incident", "action")
_FORMS = ("report_incident", "propose_action")

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".json": "form"}
_STOPS = frozenset({Severity.REFUTED, Severity.UNKNOWN})


def publish(store: Store, files: Mapping[str, bytes], *, by: str, reason: str) -> tuple[UUID, int]:
    """Make the files a release that new runs start with; return its id and number.

    Publishing what is in force already returns that release.  Raises DiagramRefused with every
    finding if anything is refuted or could not be proved, also for files that are not a whole
    release; then nothing was changed.
    """
    verified = verify_release(files)
    if refused := [*unproven(verified), *_missing(files, verified)]:
        raise DiagramRefused(refused)
    hashes = {name: hashlib.sha256(content).digest() for name, content in files.items()}
    with store.begin() as work:
        found = _in_force(work.conn, hashes)
        if found is None:
            found = _add(work, files, hashes, by=by, reason=reason)
        _keep_proof(work, found[0], verified)
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


def _missing(files: Mapping[str, bytes], verified: Sequence[Verified]) -> Iterator[str]:
    known = {process.id for one in verified for process in one.processes}
    yield from (f"the diagram “{name}” is missing" for name in _DIAGRAMS if name not in known)
    yield from (
        f"the form {name}.json is missing" for name in _FORMS if f"{name}.json" not in files
    )


def _in_force(conn: Connection, hashes: Mapping[str, bytes]) -> tuple[UUID, int] | None:
    """Return the release in force if it is made of just these files."""
    newest = conn.execute(
        select(t.release.c.id, t.release.c.number).order_by(t.release.c.number.desc()).limit(1)
    ).first()
    if newest is None:
        return None
    parts = conn.execute(
        select(t.release_part.c.name, t.release_part.c.hash).where(
            t.release_part.c.release_id == newest.id
        )
    )
    is_same = {row.name: row.hash for row in parts} == hashes
    return (newest.id, newest.number) if is_same else None


def _add(
    work: Work, files: Mapping[str, bytes], hashes: Mapping[str, bytes], *, by: str, reason: str
) -> tuple[UUID, int]:
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
        {"id": release_id, "published_at": work.now, "published_by": by, "reason": reason},
    ).scalar_one()
    work.conn.execute(
        insert(t.release_part),
        [
            {"release_id": release_id, "name": name, "hash": digest}
            for name, digest in hashes.items()
        ],
    )
    return release_id, number


def _keep_proof(work: Work, release_id: UUID, verified: Sequence[Verified]) -> None:
    """Keep what was proved; a release from before there were proofs gets one, none gets two."""
    work.conn.execute(
        upsert(t.release_proof).on_conflict_do_nothing(),
        {
            "release_id": release_id,
            "proved_at": work.now,
            "proved_with": version("putright"),
            "elapsed_ms": round(sum(one.elapsed_ms for one in verified)),
            "files": [one.as_json() for one in verified],
        },
    )
