"""Publishing: diagrams and forms become a release, whole or not at all."""

import hashlib
from collections.abc import Mapping
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.errors import DiagramRefused
from engine.store import schema as t
from engine.store.work import Store
from engine.usecases.handling import Release, parse_release

# what use cases start and ask by name; a step's own form is asked for when diagrams are read
_DIAGRAMS = ("incident", "action")
_FORMS = ("report_incident", "propose_action")

KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".json": "form"}


def publish(store: Store, files: Mapping[str, bytes], *, by: str, reason: str) -> tuple[UUID, int]:
    """Make the files a release that new runs start with; return its id and number.

    Publishing what is in force already returns that release.  Raises DiagramRefused with every
    finding, also for files that are not a whole release; then nothing was changed.
    """
    _require_whole(parse_release(uuid4(), 0, files))
    hashes = {name: hashlib.sha256(content).digest() for name, content in files.items()}
    with store.begin() as work:
        conn = work.conn
        newest = conn.execute(
            select(t.release.c.id, t.release.c.number).order_by(t.release.c.number.desc()).limit(1)
        ).first()
        if newest is not None:
            parts = conn.execute(
                select(t.release_part.c.name, t.release_part.c.hash).where(
                    t.release_part.c.release_id == newest.id
                )
            )
            if {row.name: row.hash for row in parts} == hashes:
                return newest.id, newest.number
        versions = [
            {
                "hash": hashes[name],
                "kind": KINDS["." + name.rsplit(".", 1)[-1]],
                "name": name,
                "content": content,
            }
            for name, content in files.items()
        ]
        conn.execute(upsert(t.diagram_version).on_conflict_do_nothing(), versions)
        release_id = uuid4()
        number = conn.execute(
            insert(t.release).returning(t.release.c.number),
            {"id": release_id, "published_at": work.now, "published_by": by, "reason": reason},
        ).scalar_one()
        conn.execute(
            insert(t.release_part),
            [
                {"release_id": release_id, "name": name, "hash": digest}
                for name, digest in hashes.items()
            ],
        )
        return release_id, number


def _require_whole(release: Release) -> None:
    known = release.specs.diagrams()
    missing = [f"the diagram “{name}” is missing" for name in _DIAGRAMS if name not in known]
    missing += [f"the form {name}.json is missing" for name in _FORMS if name not in release.forms]
    if missing:
        raise DiagramRefused(missing)
