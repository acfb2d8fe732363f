"""How runs of a release come to stand, proved once for each content and kept.

A proof may take seconds, and the same is asked for each look at a dry run and again by the worker.
What was proved holds for the content of diagrams, tables and forms, whichever release has it: it is
kept under the hash of that.  A newcomer would keep what took too long, too: it is tried again.
"""

import hashlib
from collections.abc import Callable, Mapping
from importlib.metadata import version

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert

from engine.errors import DiagramRefused
from engine.proof.standing import NOT_KNOWN, Stands
from engine.store import schema as t
from engine.store.work import Store
from engine.usecases.handling import Release

Prover = Callable[[Mapping[str, bytes], str], Stands]
"""Says how runs of a diagram among files come to stand.

May raise Busy, or DiagramRefused for what takes too long.
"""
_HOW = "1"
"""Changes whenever the same content is proved otherwise."""


def proved_stands(store: Store, release: Release, diagram: str, prove: Prover) -> Stands:
    """Return how runs of the release's diagram come to stand, proving it where nobody has yet.

    Raises Busy while others are being proved; KeyError if there is no such diagram.
    """
    if diagram not in release.specs.diagrams():
        raise KeyError(diagram)
    files = {name: one for name, one in release.files.items() if not name.endswith(".yaml")}
    key = _key(files, diagram)
    known = t.release_standing.c
    with store.read() as conn:
        kept = conn.scalar(select(known.found).where(known.key == key))
    if kept is not None:
        return Stands.from_json(kept)
    try:
        found = prove(files, diagram)
    except DiagramRefused:
        return NOT_KNOWN
    if found.is_whole:
        with store.begin() as work:
            values = {
                "key": key,
                "diagram": diagram,
                "found": found.as_json(),
                "proved_with": version("putright"),
                "proved_at": work.now,
            }
            work.conn.execute(upsert(t.release_standing).values(values).on_conflict_do_nothing())
    return found


def _key(files: Mapping[str, bytes], diagram: str) -> str:
    digest = hashlib.sha256(f"{_HOW}:{version('putright')}:{diagram}:".encode())
    for name in sorted(files):
        digest.update(f"{len(name)}:{name}:".encode())
        digest.update(hashlib.sha256(files[name]).digest())
    return digest.hexdigest()
